// `hitwatch test rules`: runs unit tests of rules, in promtool's format.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace hitwatch::cli {

struct TestRulesOptions {
  std::vector<std::string> files;
};

// Adds the subcommand to `hitwatch test`; parsing fills `options`.
CLI::App* add_test_rules_command(CLI::App& test, TestRulesOptions& options);

// The exit code: 1 if a test of any file fails, or a file cannot be read.
int test_rules(const TestRulesOptions& options);

}  // namespace hitwatch::cli
