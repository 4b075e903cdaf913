// One rule against one key, element by element: what every faster way is compared with.
#include "collectors/keys/matcher.h"

namespace hitwatch::keys {
namespace {

using Element = Pattern::Element;

// Where the placeholder at `element` ends that begins at `at`.
std::size_t placeholder_end(const Pattern& pattern, std::string_view text, std::size_t element,
                            std::size_t at) {
  const auto& elements = pattern.elements();
  char stop = pattern.separator();
  if (element + 1 < elements.size() && elements[element + 1].kind == Element::Kind::kLiteral) {
    stop = elements[element + 1].text.front();
  }
  while (at < text.size() && text[at] != stop && text[at] != pattern.separator()) ++at;
  return at;
}

bool may_be_empty(const Rule& rule, const Element& element) {
  return rule.tenant_required && element.text == "tenant";
}

bool matches(const Rule& rule, std::string_view key) {
  const auto& elements = rule.pattern.elements();
  std::size_t at = 0;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.kind == Element::Kind::kRest) return true;
    if (element.kind == Element::Kind::kLiteral) {
      if (!key.substr(at).starts_with(element.text)) return false;
      at += element.text.size();
    } else {
      const std::size_t end = placeholder_end(rule.pattern, key, i, at);
      if (end == at && !may_be_empty(rule, element)) return false;
      at = end;
    }
  }
  return at == key.size();
}

}  // namespace

std::string_view Matcher::captured(const Pattern& pattern, std::string_view text,
                                   std::size_t element) {
  std::size_t at = 0;
  for (std::size_t i = 0;; ++i) {
    const Element& current = pattern.elements()[i];
    std::size_t end = text.size();
    if (current.kind == Element::Kind::kLiteral) {
      end = at + current.text.size();
    } else if (current.kind == Element::Kind::kPlaceholder) {
      end = placeholder_end(pattern, text, i, at);
    }
    if (i == element) return text.substr(at, end - at);
    at = end;
  }
}

Match Matcher::match_one(const Rule& rule, std::string_view key) {
  if (!matches(rule, key)) return {};
  Match match;
  match.rule = &rule;
  if (const auto tenant = rule.pattern.placeholder("tenant")) {
    match.tenant = captured(rule.pattern, key, *tenant);
  }
  match.type = rule.type;
  const auto type = rule.pattern.placeholder("type");
  if (rule.type.empty() && type) match.type = captured(rule.pattern, key, *type);
  match.tenant_missing = rule.tenant_required && match.tenant.empty();
  return match;
}

}  // namespace hitwatch::keys
