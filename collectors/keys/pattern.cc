#include "collectors/keys/pattern.h"

#include <algorithm>
#include <utility>

namespace hitwatch::keys {
namespace {

using Element = Pattern::Element;
using Kind = Element::Kind;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name_character(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) &&
         std::ranges::all_of(text, is_name_character);
}

// Reads a template from left to right. After a fault, `fault` is set and the elements are void.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<std::vector<Element>, PatternFault> parse() {
    if (text_.empty()) return std::unexpected(PatternFault{0, "is empty"});
    if (text_.size() > kMaxPatternBytes) {
      return std::unexpected(PatternFault{
          kMaxPatternBytes, "is longer than " + std::to_string(kMaxPatternBytes) + " bytes"});
    }
    while (at_ < text_.size() && !fault_) read_next();
    if (fault_) return std::unexpected(*std::move(fault_));
    return std::move(elements_);
  }

 private:
  void read_next() {
    switch (text_[at_]) {
      case '{':
        return read_placeholder();
      case '*':
        return read_rest();
      case '}':
        return fail(at_, "has a '}' without a '{'; a brace of the key itself is written \\}");
      case '\\':
        return read_escape();
      default:
        add_literal(text_[at_++]);
    }
  }

  void read_escape() {
    constexpr std::string_view kEscaped = "{}*\\";
    if (at_ + 1 >= text_.size() || !kEscaped.contains(text_[at_ + 1])) {
      return fail(at_, "has a '\\' before something else than {, }, * and \\");
    }
    add_literal(text_[at_ + 1]);
    at_ += 2;
  }

  void read_rest() {
    if (at_ + 1 != text_.size()) {
      return fail(at_, "has a '*' before its end; a star of the key itself is written \\*");
    }
    elements_.push_back({Kind::kRest, "*"});
    ++at_;
  }

  void read_placeholder() {
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) {
      return fail(at_, "has a '{' without a '}'; a brace of the key itself is written \\{");
    }
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    if (!is_name(name)) {
      return fail(at_ + 1,
                  "has a placeholder whose name is not made of a to z, 0 to 9 and '_', the first "
                  "of them no digit");
    }
    if (!elements_.empty() && elements_.back().kind == Kind::kPlaceholder) {
      return fail(at_, "has two placeholders with nothing between them: where does the first end?");
    }
    if (is_taken(name)) {
      return fail(at_, "has the placeholder {" + std::string(name) + "} twice");
    }
    if (++placeholders_ > kMaxPlaceholders) {
      return fail(at_, "has more than " + std::to_string(kMaxPlaceholders) + " placeholders");
    }
    elements_.push_back({Kind::kPlaceholder, std::string(name)});
    at_ = end + 1;
  }

  bool is_taken(std::string_view name) const {
    return std::ranges::any_of(elements_, [&](const Element& element) {
      return element.kind == Kind::kPlaceholder && element.text == name;
    });
  }

  void add_literal(char byte) {
    if (elements_.empty() || elements_.back().kind != Kind::kLiteral) {
      elements_.push_back({Kind::kLiteral, ""});
    }
    elements_.back().text += byte;
  }

  void fail(std::size_t offset, std::string text) {
    fault_ = PatternFault{offset, std::move(text)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t placeholders_ = 0;
  std::vector<Element> elements_;
  std::optional<PatternFault> fault_;
};

char separator_of(const std::vector<Element>& elements) {
  for (const char candidate : {':', '/', '.'}) {
    for (const Element& element : elements) {
      if (element.kind == Kind::kLiteral && element.text.contains(candidate)) return candidate;
    }
  }
  return ':';
}

}  // namespace

std::expected<Pattern, PatternFault> Pattern::parse(std::string_view text) {
  auto elements = Parser(text).parse();
  if (!elements) return std::unexpected(std::move(elements.error()));
  Pattern pattern;
  pattern.text_ = text;
  pattern.elements_ = *std::move(elements);
  pattern.separator_ = separator_of(pattern.elements_);
  return pattern;
}

std::optional<std::size_t> Pattern::placeholder(std::string_view name) const {
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    if (elements_[i].kind == Kind::kPlaceholder && elements_[i].text == name) return i;
  }
  return std::nullopt;
}

std::string Pattern::leading_segment() const {
  if (elements_.empty() || elements_.front().kind != Kind::kLiteral) return "";
  const std::string& text = elements_.front().text;
  const std::size_t end = text.find(separator_);
  if (end != std::string::npos) return text.substr(0, end);
  return elements_.size() == 1 ? text : "";
}

bool is_special_case(const Pattern& earlier, const Pattern& later) {
  const auto beginning = [](const Pattern& pattern) -> std::string_view {
    const Element& first = pattern.elements().front();
    if (first.kind != Kind::kLiteral) return {};
    return first.text;
  };
  return beginning(earlier).size() > beginning(later).size() &&
         beginning(earlier).starts_with(beginning(later));
}

}  // namespace hitwatch::keys
