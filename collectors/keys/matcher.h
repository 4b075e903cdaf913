// Finds the first of many key patterns that matches a key, reading the key once whatever their
// number.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keys/pattern.h"

namespace hitwatch::keys {

constexpr std::size_t kMaxPatterns = 2000;

// An entry of `keys.patterns`.
struct Rule {
  Pattern pattern;
  // The type of keys that match; "" where `{type}` captures it.
  std::string type;
  // Keys of this rule must carry a tenant: one whose `{tenant}` is empty matches too (and only
  // with this), and is marked, as is every key if the template captures no tenant.
  bool tenant_required = false;

  bool operator==(const Rule& other) const {
    return pattern.text() == other.pattern.text() && type == other.type &&
           tenant_required == other.tenant_required;
  }
};

// What a key is. The views point into the key and into the rules.
struct Match {
  const Rule* rule = nullptr;  // nullptr: no pattern matches
  std::string_view tenant;     // "" if the pattern captures none
  std::string_view type;
  bool tenant_missing = false;

  explicit operator bool() const { return rule != nullptr; }
};

// All rules as one automaton, whose states are made when keys first lead to them; their number is
// bounded, past the bound the automaton starts over. Not thread-safe: one for each thread.
class Matcher {
 public:
  explicit Matcher(std::vector<Rule> rules);
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  // The first rule that matches.
  Match match(std::string_view key);
  // The whole of one rule against a key, slow and obvious.
  static Match match_one(const Rule& rule, std::string_view key);
  // The bytes that `element` of `pattern` takes of a text that the pattern matches.
  static std::string_view captured(const Pattern& pattern, std::string_view text,
                                   std::size_t element);

  const std::vector<Rule>& rules() const;

 private:
  class Automaton;
  std::unique_ptr<Automaton> automaton_;
};

// Why a rule does not match a key, for people: "'package' does not begin here" and the like; ""
// if it matches.
std::string explain(const Rule& rule, std::string_view key);

// What is wrong with an order of rules.
struct RuleFinding {
  enum class Kind : std::uint8_t {
    kUnreachable,  // every key that matches it matches an earlier rule: `other`, or several (-1)
    kAmbiguous,    // some keys match it and the earlier `other`, each also matches keys that the
                   // other does not, and they disagree about tenant or type
  };
  Kind kind;
  std::size_t rule;
  int other;
  std::string example;  // of kAmbiguous: a key that both match
};

// All unreachable rules and ambiguous pairs, in the order of the rules; bounded work (what cannot
// be settled within the bound is not reported).
std::vector<RuleFinding> examine(std::span<const Rule> rules);

}  // namespace hitwatch::keys
