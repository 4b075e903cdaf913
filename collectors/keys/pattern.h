// Key patterns: templates such as `catalog:{tenant}:*` that turn a key into tenant and type.
//
// A template is literal text with placeholders. `{tenant}` captures the tenant, `{type}` the type,
// `{any_name}` something else; each takes one or more bytes, up to the byte that follows it in the
// template, and never crosses the template's separator: `:` where its literal text has one, else
// `/`, else `.`, else `:`. A `*` at the end takes the rest, which may be empty. A backslash makes
// the byte after it literal: `\{`, `\}`, `\*`, `\\`. Keys are bytes, not text.
//
// So every template matches a key in one way only, without trying alternatives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::keys {

// Bounds of a single template.
constexpr std::size_t kMaxPatternBytes = 512;
constexpr std::size_t kMaxPlaceholders = 16;

// What is wrong with a template: a sentence that completes "'…' " and where, in bytes.
struct PatternFault {
  std::size_t offset;
  std::string text;
};

// One compiled template. Immutable.
class Pattern {
 public:
  struct Element {
    enum class Kind : std::uint8_t { kLiteral, kPlaceholder, kRest };
    Kind kind;
    std::string text;  // the literal bytes, or the placeholder's name
  };

  // Placeholder names are [a-z_][a-z0-9_]*, each at most once; two placeholders need a literal
  // between them.
  static std::expected<Pattern, PatternFault> parse(std::string_view text);

  const std::string& text() const { return text_; }  // as written
  const std::vector<Element>& elements() const { return elements_; }
  char separator() const { return separator_; }
  // The index in elements() of the placeholder of that name.
  std::optional<std::size_t> placeholder(std::string_view name) const;
  // The literal text before the first separator, if the template begins with that much literal
  // text: "catalog" of `catalog:{tenant}:*`, "" of `{type}:x`.
  std::string leading_segment() const;

 private:
  std::string text_;
  std::vector<Element> elements_;
  char separator_ = ':';
};

// Whether the earlier of two patterns begins with the other's literal text and more: the special
// case before the general rule, as in `session:*` before `{type}:{tenant}:{id}`.
bool is_special_case(const Pattern& earlier, const Pattern& later);

}  // namespace hitwatch::keys
