#include "agent/cli/test_rules.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "rules/alerting/unit_test_run.h"

namespace hitwatch::cli {
namespace {

constexpr const char* kTestRulesExamples = R"(
The format is that of 'promtool test rules', and so are output and exit code: "SUCCESS" per file, or,
on the standard error, "FAILED" and what was expected and what came instead.
https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/

Native histograms cannot be evaluated: tests with them fail.

Example:
  hitwatch test rules tests/*_test.yaml
)";

}  // namespace

CLI::App* add_test_rules_command(CLI::App& test, TestRulesOptions& options) {
  CLI::App* command = test.add_subcommand("rules", "Run unit tests of rules");
  command->footer(kTestRulesExamples);
  command->add_option("FILE", options.files, "Files with unit tests (YAML)")->required();
  return command;
}

int test_rules(const TestRulesOptions& options) {
  bool passed = true;
  for (const std::string& file : options.files) {
    fmt::print("Unit Testing:  {}\n", file);
    std::fflush(stdout);  // so that both outputs are in order
    const alerting::UnitTestReport report = alerting::run_unit_tests(file);
    for (const std::string& warning : report.warnings) {
      fmt::print(stderr, "  WARNING: {}\n", warning);
    }
    if (report.passed()) {
      fmt::print("  SUCCESS\n\n");
      continue;
    }
    passed = false;
    fmt::print(stderr, "  FAILED:\n");
    for (const std::string& failure : report.failures) fmt::print(stderr, "{}\n", failure);
    fmt::print("\n");
  }
  return passed ? 0 : 1;
}

}  // namespace hitwatch::cli
