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

}  // namespace

std::string suggested_keys(const tap::Report& report) {
  const auto rules = tap::proposed_rules(report.rows);
  std::string text = "# Proposed by hitwatch tap from " +
                     count_of(static_cast<double>(report.total.commands), "command") +
                     ": look at the tenants and at the names of types before you use it.\nkeys:\n";
  if (rules.empty()) return text + "  patterns: []\n";
  text += "  patterns:\n";
  for (const keys::Rule& rule : rules) {
    text += fmt::format("    - match: {}  # {}\n", in_quotes(rule.pattern.text()),
                        count_of(commands_of(report, rule), "command"));
    const bool is_implied = rule.pattern.leading_segment() == rule.type;
    if (!is_implied) text += fmt::format("      type: {}\n", in_quotes(rule.type));
  }
  return text;
}

}  // namespace hitwatch::cli
