#include "collectors/keys/captures.h"

namespace hitwatch::keys {

using Kind = Pattern::Element::Kind;

Captures::Captures(std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    begins_.push_back(static_cast<std::uint32_t>(parts_.size()));
    const auto& elements = rule.pattern.elements();
    std::size_t needed = parts_.size();
    std::uint16_t literal_bytes = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (elements[i].kind == Kind::kLiteral) {
        literal_bytes = static_cast<std::uint16_t>(elements[i].text.size());
      } else if (elements[i].kind == Kind::kPlaceholder) {
        Part part{literal_bytes, rule.pattern.separator(), Role::kOther};
        literal_bytes = 0;
        if (i + 1 < elements.size() && elements[i + 1].kind == Kind::kLiteral) {
          part.stop = elements[i + 1].text.front();
        }
        if (elements[i].text == "tenant") part.role = Role::kTenant;
        if (elements[i].text == "type" && rule.type.empty()) part.role = Role::kType;
        parts_.push_back(part);
        if (part.role != Role::kOther) needed = parts_.size();
      }
    }
    parts_.resize(needed);
  }
  begins_.push_back(static_cast<std::uint32_t>(parts_.size()));
}

Match Captures::find(std::span<const Rule> rules, std::size_t rule, std::string_view key) const {
  Match match;
  match.rule = &rules[rule];
  match.type = rules[rule].type;
  std::size_t at = 0;
  for (std::size_t i = begins_[rule]; i < begins_[rule + 1]; ++i) {
    const Part part = parts_[i];
    at += part.literal_bytes;
    // Placeholders are short: this beats a call of memchr.
    std::size_t end = at;
    while (end < key.size() && key[end] != part.stop) ++end;
    const std::string_view text = key.substr(at, end - at);
    if (part.role == Role::kTenant) match.tenant = text;
    if (part.role == Role::kType) match.type = text;
    at = end;
  }
  match.tenant_missing = match.rule->tenant_required && match.tenant.empty();
  return match;
}

}  // namespace hitwatch::keys
