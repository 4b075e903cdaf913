#include "rules/window/matcher.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace hitwatch::window {
namespace {

constexpr std::size_t kMaxText = 64U << 10;
constexpr std::int64_t kMaxCompiled = 1 << 20;
constexpr std::string_view kOperators = "\\.+*?()|[]{}^$";

// The alternatives of `pattern` if it is made of literal texts and `|` alone, perhaps with one pair
// of parentheses around all of it.
std::optional<std::vector<std::string>> literal_alternatives(std::string_view pattern) {
  if (pattern.starts_with('(') && pattern.ends_with(')')) {
    pattern.remove_prefix(pattern.starts_with("(?:") ? 3 : 1);
    pattern.remove_suffix(1);
  }
  std::vector<std::string> found(1);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char letter = pattern[i];
    if (letter == '|') {
      found.emplace_back();
      continue;
    }
    if (letter == '\\') {
      // Escaped letters and digits have meanings; an escaped operator stands for itself.
      if (++i == pattern.size()) return std::nullopt;
      letter = pattern[i];
      if (letter != '-' && kOperators.find(letter) == std::string_view::npos) return std::nullopt;
    } else if (kOperators.find(letter) != std::string_view::npos || letter == '\0') {
      return std::nullopt;
    }
    found.back() += letter;
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

// The words of Go's regexp/syntax, which people know from Prometheus.
std::string_view error_text(re2::RE2::ErrorCode code) {
  using re2::RE2;
  static constexpr auto kTexts = std::to_array<std::pair<RE2::ErrorCode, std::string_view>>(
      {{RE2::ErrorBadEscape, "invalid escape sequence"},
       {RE2::ErrorBadCharClass, "invalid character class"},
       {RE2::ErrorBadCharRange, "invalid character class range"},
       {RE2::ErrorMissingBracket, "missing closing ]"},
       {RE2::ErrorMissingParen, "missing closing )"},
       {RE2::ErrorUnexpectedParen, "unexpected )"},
       {RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
       {RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
       {RE2::ErrorRepeatSize, "invalid repeat count"},
       {RE2::ErrorRepeatOp, "invalid nested repetition operator"},
       {RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
       {RE2::ErrorBadUTF8, "invalid UTF-8"},
       {RE2::ErrorBadNamedCapture, "invalid named capture"},
       {RE2::ErrorPatternTooLarge, "expression too large"}});
  const auto* const found =
      std::ranges::find(kTexts, code, [](const auto& row) { return row.first; });
  return found == kTexts.end() ? "invalid expression" : found->second;
}

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_never_capture(true);
  options.set_log_errors(false);
  options.set_max_mem(kMaxCompiled);
  return options;
}

// No user should have to read a page of expression back.
std::string shortened(std::string_view text) {
  constexpr std::size_t kEnough = 200;
  if (text.size() <= kEnough) return std::string(text);
  return std::string(text.substr(0, kEnough)) + "…";
}

}  // namespace

struct Matcher::Pattern {
  std::vector<std::string> literals;  // if there are any, nothing is compiled
  bool anything = false;              // `.*`
  bool something = false;             // `.+`
  std::unique_ptr<const re2::RE2> compiled;

  bool matches(std::string_view value) const {
    if (!literals.empty()) return std::ranges::binary_search(literals, value, std::less<>());
    if (anything) return true;
    if (something) return !value.empty();
    return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *compiled);
  }
};

std::expected<Matcher, std::string> Matcher::make(Kind kind, std::string name, std::string value) {
  Matcher made;
  made.kind_ = kind;
  made.name_ = std::move(name);
  made.value_ = std::move(value);
  if (kind == Kind::kEqual || kind == Kind::kNotEqual) return made;
  const std::string& text = made.value_;
  if (text.size() > kMaxText) {
    return std::unexpected(fmt::format(
        "error parsing regexp: {} bytes are more than the {} allowed", text.size(), kMaxText));
  }
  auto pattern = std::make_shared<Pattern>();
  pattern->anything = text == ".*";
  pattern->something = text == ".+";
  if (!pattern->anything && !pattern->something) {
    if (auto literals = literal_alternatives(text)) {
      pattern->literals = std::move(*literals);
    } else {
      auto compiled = std::make_unique<re2::RE2>(text, options());
      if (!compiled->ok()) {
        return std::unexpected(fmt::format("error parsing regexp: {}: `{}`",
                                           error_text(compiled->error_code()),
                                           shortened(compiled->error_arg())));
      }
      pattern->compiled = std::move(compiled);
    }
  }
  made.pattern_ = std::move(pattern);
  return made;
}

bool Matcher::matches(std::string_view value) const {
  switch (kind_) {
    case Kind::kEqual:
      return value == value_;
    case Kind::kNotEqual:
      return value != value_;
    case Kind::kMatches:
      return pattern_->matches(value);
    case Kind::kDoesNotMatch:
      return !pattern_->matches(value);
  }
  return false;
}

std::span<const std::string> Matcher::literals() const {
  if (pattern_ == nullptr) return {};
  return pattern_->literals;
}

std::string_view kind_text(Matcher::Kind kind) {
  constexpr auto kTexts = std::to_array<std::string_view>({"=", "!=", "=~", "!~"});
  return kTexts[static_cast<std::size_t>(kind)];
}

}  // namespace hitwatch::window
