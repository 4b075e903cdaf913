// Reads rule files: Prometheus' format, as of 3.x, strictly.
// https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ and /alerting_rules/
//
// Different from Prometheus: a second document is a fault, not ignored; so are files of more than
// 1 MiB (agent/yaml/document.h) and groups or rules past the bounds below.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/yaml/fault.h"
#include "rules/alerting/rule.h"

namespace hitwatch::alerting {

struct FileLimits {
  std::size_t groups = 1'000;
  std::size_t rules = 10'000;  // of the whole file
};

// All faults of a file, in order, at most 100 and then how many more there are. Those of a rule
// begin with `group "g", rule 2, "name": `. A fault in an expression stands at its line and column
// in the file where these can be told, says line and column within the expression, and shows the
// place with a caret.
using Faults = std::vector<yaml::Fault>;

std::expected<std::vector<GroupSpec>, Faults> load_rule_text(std::string_view text,
                                                             const std::string& file,
                                                             FileLimits limits = {});
std::expected<std::vector<GroupSpec>, Faults> load_rule_file(const std::string& path,
                                                             FileLimits limits = {});

}  // namespace hitwatch::alerting
