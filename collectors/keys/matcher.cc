#include "collectors/keys/matcher.h"

#include <utility>

#include "collectors/keys/automaton.h"

namespace hitwatch::keys {

Matcher::Matcher(std::vector<Rule> rules)
    : automaton_(std::make_unique<Automaton>(std::move(rules))) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

Match Matcher::match(std::string_view key) { return automaton_->match(key); }

const std::vector<Rule>& Matcher::rules() const { return automaton_->rules(); }

}  // namespace hitwatch::keys
