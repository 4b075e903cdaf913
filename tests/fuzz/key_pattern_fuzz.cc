// Any lines are templates or faults, and the matcher of those that are templates says of any key
// what one rule after another says. The input: templates, one a line ("!" before one makes its
// tenant required), an empty line, keys, one a line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"

namespace hitwatch::keys {
namespace {

constexpr std::size_t kMaxRules = 40;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<Rule> take_rules(std::string_view& text) {
  std::vector<Rule> rules;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.empty()) break;
    const bool tenant_required = line.starts_with('!');
    if (tenant_required) line.remove_prefix(1);
    auto pattern = Pattern::parse(line);
    if (!pattern) {
      require(pattern.error().offset <= line.size() && !pattern.error().text.empty());
    } else if (rules.size() < kMaxRules) {
      require(pattern->text() == line && !pattern->elements().empty());
      std::string type = pattern->leading_segment();
      rules.push_back({*std::move(pattern), std::move(type), tenant_required});
    }
  }
  return rules;
}

Match match_plainly(const std::vector<Rule>& rules, std::string_view key) {
  for (const Rule& rule : rules) {
    const Match match = Matcher::match_one(rule, key);
    require(explain(rule, key).empty() == static_cast<bool>(match));
    if (match) return match;
  }
  return {};
}

// `wins`: which rules matched a key first.
void check_findings(const std::vector<Rule>& rules, const std::vector<bool>& wins) {
  for (const RuleFinding& finding : examine(rules)) {
    require(finding.rule < rules.size() && finding.other < static_cast<int>(finding.rule));
    if (finding.kind == RuleFinding::Kind::kUnreachable) {
      require(!wins[finding.rule]);
      continue;
    }
    const Rule& other = rules[static_cast<std::size_t>(finding.other)];
    const Match one = Matcher::match_one(rules[finding.rule], finding.example);
    const Match two = Matcher::match_one(other, finding.example);
    require(one && two && (one.tenant != two.tenant || one.type != two.type));
  }
}

}  // namespace
}  // namespace hitwatch::keys

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hitwatch::keys;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<Rule> rules = take_rules(text);
  Matcher matcher(rules);
  std::vector<bool> wins(rules.size());
  while (!text.empty()) {
    const std::string_view key = take_line(text);
    const Match match = matcher.match(key);
    const Match plain = match_plainly(rules, key);
    require(static_cast<bool>(match) == static_cast<bool>(plain));
    if (!match) continue;
    const auto winner = static_cast<std::size_t>(match.rule - matcher.rules().data());
    require(winner == static_cast<std::size_t>(plain.rule - rules.data()));
    require(match.tenant == plain.tenant && match.type == plain.type);
    require(match.tenant_missing == plain.tenant_missing);
    wins[winner] = true;
  }
  check_findings(rules, wins);
  return 0;
}
