#include "agent/cli/tap_suggestion.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "agent/cli/keys_figures.h"
#include "collectors/tap/shapes.h"

namespace hitwatch::cli {
namespace {

// As a text of YAML in single quotes: only a quote itself means something there.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

double commands_of(const tap::Report& report, const keys::Rule& rule) {
  const auto row = std::ranges::find(report.rows, rule.pattern.text(), &tap::Row::pattern);
  return row == report.rows.end() ? 0 : static_cast<double>(row->figures.commands);
}

// What was seen of keys and no rule stands for.
std::string left_out(const tap::Report& report, const std::vector<keys::Rule>& rules) {
  std::string text;
  for (const tap::Row& row : report.rows) {
    const bool has_rule = std::ranges::any_of(
        rules, [&](const keys::Rule& rule) { return rule.pattern.text() == row.pattern; });
    if (has_rule || row.figures.commands == 0) continue;
    const std::string commands = count_of(static_cast<double>(row.figures.commands), "command");
    text += row.pattern.empty()
                ? fmt::format("# left out, since there are too many patterns: {}\n", commands)
                : fmt::format("# left out, since others match its keys: {}, {}\n",
                              in_quotes(row.pattern), commands);
  }
  return text;
}

}  // namespace

std::string suggested_keys(const tap::Report& report) {
  const auto rules = tap::proposed_rules(report.rows);
  std::string text = "# Proposed by hitwatch tap from " +
                     count_of(static_cast<double>(report.total.commands), "command") +
                     ": look at the tenants and at the names of types before you use it.\nkeys:\n";
  text += rules.empty() ? "  patterns: []\n" : "  patterns:\n";
  for (const keys::Rule& rule : rules) {
    text += fmt::format("    - match: {}  # {}\n", in_quotes(rule.pattern.text()),
                        count_of(commands_of(report, rule), "command"));
    const bool is_implied = rule.pattern.leading_segment() == rule.type;
    if (!is_implied) text += fmt::format("      type: {}\n", in_quotes(rule.type));
  }
  return text + left_out(report, rules);
}

}  // namespace hitwatch::cli
