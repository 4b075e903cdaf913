// Rules for tests, from texts, and random ones.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"

namespace hitwatch::keys::test {

// The template must be valid. The type is `type`, else what `{type}` captures.
Rule rule(std::string_view text, std::string type = "", bool tenant_required = false);
// Where no `{type}` captures it, the type is the leading segment.
std::vector<Rule> rules(const std::vector<std::string>& texts);

// Templates over a small alphabet, so that random keys often match and rules often overlap.
Rule random_rule(std::mt19937& random);
std::vector<Rule> random_rules(std::mt19937& random, std::size_t count);
// Made of the same alphabet.
std::string random_key(std::mt19937& random, std::size_t max_size);

// The first rule that matches, one after another.
Match plain_match(const std::vector<Rule>& rules, std::string_view key);

// Equal in all that users see.
bool same(const Match& one, const Match& other);

}  // namespace hitwatch::keys::test
