#include "agent/cli/check_rules.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <expected>
#include <map>

#include "agent/yaml/document.h"
#include "rules/alerting/check_rules.h"
#include "rules/alerting/rule_file.h"

namespace hitwatch::cli {
namespace {

using alerting::Faults;
using alerting::GroupSpec;

constexpr int kFailure = 1;
constexpr int kLintFailure = 3;

constexpr const char* kCheckRulesExamples = R"(
Prints what promtool prints: per file "SUCCESS" and how many rules there are, or, on the standard
error, "FAILED" and what is wrong, each with its place. Exits with 1 if something is. Rules with the
same name and labels are told, too; with --lint-fatal they are worth the exit code 3.

Without a FILE, or if it is '-', the standard input is checked.

Examples:
  hitwatch check rules /etc/hitwatch/rules/*.yaml
  generate-rules | hitwatch check rules --lint-fatal
)";

std::expected<std::vector<GroupSpec>, Faults> load_input() {
  std::string text;
  char buffer[4096];
  std::size_t count = 0;
  // One byte more than is allowed, which loading then says.
  while (text.size() <= yaml::kMaxDocumentBytes &&
         (count = std::fread(buffer, 1, sizeof(buffer), stdin)) > 0) {
    text.append(buffer, count);
  }
  return alerting::load_rule_text(text, "standard input");
}

enum class Verdict { kGood, kLint, kBad };

// Prints the report on one file.
Verdict check_file(const std::string& file, const CheckRulesOptions& options) {
  const bool is_input = file == "-";
  fmt::print("Checking {}\n", is_input ? "standard input" : file);
  std::fflush(stdout);  // so that both outputs are in order
  const auto groups = is_input ? load_input() : alerting::load_rule_file(file);
  if (!groups) {
    fmt::print(stderr, "  FAILED:\n");
    for (const yaml::Fault& fault : groups.error()) {
      fmt::print(stderr, "{}\n", yaml::to_string(fault));
    }
    fmt::print("\n");
    return Verdict::kBad;
  }
  if (options.lint == CheckRulesOptions::Lint::kDuplicateRules) {
    const auto duplicates = alerting::find_duplicates(*groups);
    if (!duplicates.empty()) {
      fmt::print(stderr, "  FAILED:\n{}\n", alerting::describe(duplicates));
      fmt::print("\n");
      return Verdict::kLint;
    }
  }
  fmt::print("  SUCCESS: {} rules found\n\n", alerting::count_rules(*groups));
  return Verdict::kGood;
}

}  // namespace

CLI::App* add_check_rules_command(CLI::App& check, CheckRulesOptions& options) {
  const std::map<std::string, CheckRulesOptions::Lint> lints{
      {"all", CheckRulesOptions::Lint::kDuplicateRules},
      {"duplicate-rules", CheckRulesOptions::Lint::kDuplicateRules},
      {"none", CheckRulesOptions::Lint::kNone}};
  CLI::App* command = check.add_subcommand("rules", "Check rule files");
  command->footer(kCheckRulesExamples);
  command->add_option("--lint", options.lint, "all, duplicate-rules or none")
      ->transform(CLI::CheckedTransformer(lints).description(""));
  command->add_flag("--lint-fatal", options.lint_fatal, "Exit with 3 for what linting finds");
  command->add_option("FILE", options.files, "Rule files (YAML)");
  return command;
}

int check_rules(const CheckRulesOptions& options) {
  const std::vector<std::string> input{"-"};
  Verdict worst = Verdict::kGood;
  for (const std::string& file : options.files.empty() ? input : options.files) {
    worst = std::max(worst, check_file(file, options));
  }
  if (worst == Verdict::kBad) return kFailure;
  return worst == Verdict::kLint && options.lint_fatal ? kLintFailure : 0;
}

}  // namespace hitwatch::cli
