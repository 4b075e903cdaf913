// `hitwatch check rules`: what is wrong with rule files.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace hitwatch::cli {

struct CheckRulesOptions {
  enum class Lint { kDuplicateRules, kNone };
  std::vector<std::string> files;  // none, or "-": the standard input
  Lint lint = Lint::kDuplicateRules;
  bool lint_fatal = false;
};

// Adds the subcommand to `hitwatch check`; parsing fills `options`.
CLI::App* add_check_rules_command(CLI::App& check, CheckRulesOptions& options);

// The exit code, promtool's: 0; 1 if a file has faults; 3 if there is nothing worse than what
// linting finds, and that is fatal.
int check_rules(const CheckRulesOptions& options);

}  // namespace hitwatch::cli
