#include "agent/yaml/fault.h"

#include <fmt/format.h>

namespace hitwatch::yaml {

std::string to_string(const Fault& fault) {
  if (fault.line == 0) return fmt::format("{}: {}", fault.file, fault.text);
  return fmt::format("{}:{}:{}: {}", fault.file, fault.line, fault.column, fault.text);
}

std::string to_string(std::span<const Fault> faults) {
  std::string lines;
  for (const Fault& fault : faults) {
    if (!lines.empty()) lines += '\n';
    lines += to_string(fault);
  }
  return lines;
}

}  // namespace hitwatch::yaml
