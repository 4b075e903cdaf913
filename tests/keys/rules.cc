#include "tests/keys/rules.h"

#include <array>
#include <stdexcept>
#include <utility>

namespace hitwatch::keys::test {

Rule rule(std::string_view text, std::string type, bool tenant_required) {
  auto pattern = Pattern::parse(text);
  if (!pattern) throw std::invalid_argument(std::string(text) + " " + pattern.error().text);
  return {*std::move(pattern), std::move(type), tenant_required};
}

std::vector<Rule> rules(const std::vector<std::string>& texts) {
  std::vector<Rule> made;
  for (const std::string& text : texts) {
    Rule& one = made.emplace_back(rule(text));
    if (!one.pattern.placeholder("type")) one.type = one.pattern.leading_segment();
  }
  return made;
}

Rule random_rule(std::mt19937& random) {
  constexpr auto kLiterals =
      std::to_array<std::string_view>({"a", "b", ":", "ab", ":a", "a:", ":b:", "-", "/", "aab:"});
  std::vector<std::string> names{"tenant", "type", "x", "y"};
  std::string text;
  bool may_be_placeholder = true;
  for (std::size_t parts = 1 + random() % 5; parts > 0; --parts) {
    if (may_be_placeholder && !names.empty() && random() % 2 == 0) {
      const auto pick = static_cast<std::ptrdiff_t>(random() % names.size());
      text += "{" + names[static_cast<std::size_t>(pick)] + "}";
      names.erase(names.begin() + pick);
      may_be_placeholder = false;
    } else {
      text += kLiterals[random() % kLiterals.size()];
      may_be_placeholder = true;
    }
  }
  if (random() % 4 == 0) text += "*";
  return rule(text, random() % 2 == 0 ? "a" : "", random() % 4 == 0);
}

std::vector<Rule> random_rules(std::mt19937& random, std::size_t count) {
  std::vector<Rule> made;
  while (made.size() < count) made.push_back(random_rule(random));
  return made;
}

std::string random_key(std::mt19937& random, std::size_t max_size) {
  constexpr std::string_view kAlphabet = "aaabbb:::-/z";
  std::string key;
  for (std::size_t size = random() % (max_size + 1); size > 0; --size) {
    key += kAlphabet[random() % kAlphabet.size()];
  }
  return key;
}

Match plain_match(const std::vector<Rule>& rules, std::string_view key) {
  for (const Rule& rule : rules) {
    if (const Match match = Matcher::match_one(rule, key)) return match;
  }
  return {};
}

bool same(const Match& one, const Match& other) {
  if (!one || !other) return !one && !other;
  return *one.rule == *other.rule && one.tenant == other.tenant && one.type == other.type &&
         one.tenant_missing == other.tenant_missing;
}

}  // namespace hitwatch::keys::test
