// Rule files evaluated over a fleet's samples as the daemon does it, in this process.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rules/alerting/group.h"
#include "rules/window/window.h"
#include "tests/bench/fleet.h"

namespace hitwatch::bench {

class RulesAtWork {
 public:
  // Of all files *.yaml of a folder. Keeps what they read, or with `everything` an hour of all.
  RulesAtWork(const std::string& folder, bool everything);

  void take_in(const Fleet& fleet, std::size_t polls);

  struct Round {
    double cpu_ms = 0;
    double wall_ms = 0;
    double query_ms = 0;   // CPU, of evaluating expressions
    double append_ms = 0;  // CPU, of storing what rules made
    std::size_t samples_read = 0;
    std::size_t errors = 0;
    std::map<std::string, double> group_ms;
  };
  Round evaluate(std::int64_t time);

  window::Window::Figures figures() const { return window_.figures(); }
  // The values of an instant query, by the value of one label.
  std::map<std::string, double> query(const std::string& expr, const std::string& label,
                                      std::int64_t time) const;

 private:
  void append(std::span<const alerting::Sample> samples);

  window::Window window_;
  std::vector<alerting::Group> groups_;
  alerting::Surroundings surroundings_;
  std::vector<metrics::LabelView> labels_;
  double query_ms_ = 0;
  double append_ms_ = 0;
};

}  // namespace hitwatch::bench
