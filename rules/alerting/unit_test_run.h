// Runs unit tests of rules, as promtool does.
//
// For each test, time goes from its start in steps of the file's evaluation interval: samples up to
// that moment are loaded, all groups are evaluated (their own intervals do not matter), and the
// firing alerts are compared where a test looks at them. Expressions are evaluated at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/alerting/unit_test_file.h"

namespace hitwatch::alerting {

struct UnitTestReport {
  std::vector<std::string> failures;  // each of one or several lines, as promtool prints them
  std::vector<std::string> warnings;
  bool passed() const { return failures.empty(); }
};

UnitTestReport run_unit_tests(const std::string& path);

}  // namespace hitwatch::alerting
