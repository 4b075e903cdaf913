// Keys of anybody, one a line: all of them count in some shape, and what is proposed for them is
// patterns that match the keys they were made of and stand in an order without faults.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/tap/shapes.h"

namespace {

using namespace hitwatch;

constexpr std::size_t kLongestExample = 127;  // longer ones may be cut

void require(bool holds) {
  if (!holds) std::abort();
}

void check_row(const tap::Row& row) {
  const auto pattern = keys::Pattern::parse(row.pattern);
  if (row.pattern.empty()) return;
  require(pattern.has_value());
  const keys::Rule rule{*pattern, row.type, false};
  for (const std::string& example : row.examples) {
    if (example.size() > kLongestExample) continue;
    require(static_cast<bool>(keys::Matcher::match_one(rule, example)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view lines(reinterpret_cast<const char*>(data), size);
  tap::Shapes shapes;
  std::uint64_t keys_seen = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view key = lines.substr(0, end);
    shapes.of(key).count({.key = key}, ++keys_seen);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  const auto rows = shapes.rows();
  std::uint64_t commands = 0;
  for (const tap::Row& row : rows) {
    commands += row.figures.commands;
    check_row(row);
  }
  require(commands == keys_seen);
  for (const keys::RuleFinding& finding : keys::examine(tap::proposed_rules(rows))) {
    require(finding.kind == keys::RuleFinding::Kind::kAmbiguous);
  }
  return 0;
}
