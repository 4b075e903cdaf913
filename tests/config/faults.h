// What is wrong with a configuration, as people read it.
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.h"

namespace hitwatch::config {

// All faults of a text; none if it is valid.
inline std::vector<std::string> faults_of(const std::string& text,
                                          const std::string& name = "h.yaml") {
  const auto config = load_text(text, name);
  std::vector<std::string> faults;
  if (config) return faults;
  for (const Fault& fault : config.error()) faults.push_back(to_string(fault));
  return faults;
}

}  // namespace hitwatch::config
