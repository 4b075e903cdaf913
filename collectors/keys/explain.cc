#include <cstddef>
#include <string>
#include <string_view>

#include "collectors/keys/matcher.h"

namespace hitwatch::keys {
namespace {

using Element = Pattern::Element;
using Kind = Element::Kind;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string place(std::size_t at) {
  return at == 0 ? "at the beginning" : "after byte " + std::to_string(at);
}

// The literal text after an element; "" if there is none.
std::string_view literal_after(const Pattern& pattern, std::size_t element) {
  const auto& elements = pattern.elements();
  if (element + 1 >= elements.size() || elements[element + 1].kind != Kind::kLiteral) return "";
  return elements[element + 1].text;
}

// Why a placeholder that takes the bytes from `at` to `end` is not followed by what it should be.
std::string after_placeholder(const Pattern& pattern, std::string_view key, std::size_t element,
                              std::size_t end) {
  const std::string name = "{" + pattern.elements()[element].text + "}";
  const std::string_view literal = literal_after(pattern, element);
  if (end == key.size()) {
    return "the key ends within " + name + ", before " + quoted(literal);
  }
  if (key[end] == pattern.separator() && (literal.empty() || literal.front() != key[end])) {
    return name + " ends at the " + quoted({&key[end], 1}) + " after byte " + std::to_string(end) +
           (literal.empty() ? ", and the key goes on" : ", before " + quoted(literal));
  }
  return "";
}

}  // namespace

std::string explain(const Rule& rule, std::string_view key) {
  if (Matcher::match_one(rule, key)) return "";
  const auto& elements = rule.pattern.elements();
  std::size_t at = 0;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.kind == Kind::kLiteral) {
      if (!key.substr(at).starts_with(element.text)) {
        return quoted(element.text) + " does not stand " + place(at);
      }
      at += element.text.size();
      continue;
    }
    if (element.kind == Kind::kRest) break;
    // As far as the placeholder gets.
    const std::string_view literal = literal_after(rule.pattern, i);
    const char stops[] = {rule.pattern.separator(),
                          literal.empty() ? rule.pattern.separator() : literal.front()};
    const std::size_t end =
        std::min(key.find_first_of(std::string_view(stops, sizeof stops), at), key.size());
    const bool may_be_empty = rule.tenant_required && element.text == "tenant";
    if (end == at && !may_be_empty) return "{" + element.text + "} is empty " + place(at);
    const bool rest_follows = i + 1 < elements.size() && elements[i + 1].kind == Kind::kRest;
    const bool ends_well = end == key.size() && i + 1 == elements.size();
    if (!rest_follows && !ends_well) {
      if (std::string why = after_placeholder(rule.pattern, key, i, end); !why.empty()) return why;
    }
    at = end;
  }
  return "the key goes on after byte " + std::to_string(at);
}

}  // namespace hitwatch::keys
