#include "rules/templates/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

constexpr std::int64_t kPatternMemory = 2 << 20;  // bytes
constexpr std::size_t kCompilingCost = 1 << 20;   // bytes of text that could be read instead

// Go's words for RE2's complaints.
std::string_view complaint(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

// What a $ refers to, and how many bytes of the replacement say so; no bytes: it is a mere $.
struct Reference {
  std::string_view name;
  std::size_t size;
};

Reference reference(std::string_view after_dollar) {
  const bool braced = after_dollar.starts_with('{');
  const auto text = after_dollar.substr(braced ? 1 : 0);
  std::size_t size = 0;
  while (size < text.size()) {
    const auto rune = first_rune(text.substr(size));
    if (rune.code != '_' && !is_letter_or_digit(rune.code)) break;
    size += rune.size;
  }
  if (size == 0 || (braced && !text.substr(size).starts_with('}'))) return {"", 0};
  return {text.substr(0, size), size + (braced ? 2 : 0)};
}

// The number of the group that is meant, or -1.
int group_of(const re2::RE2& pattern, std::string_view name) {
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (end == name.data() + name.size() && error == std::errc() && number >= 0) {
    const bool plain = name.size() == 1 || name[0] != '0';
    return plain && number <= pattern.NumberOfCapturingGroups() ? number : -1;
  }
  const auto& names = pattern.NamedCapturingGroups();
  const auto found = names.find(std::string(name));
  return found == names.end() ? -1 : found->second;
}

void append_expanded(std::string& out, const re2::RE2& pattern, std::string_view replacement,
                     const std::vector<re2::StringPiece>& groups) {
  while (!replacement.empty() && out.size() <= kLongestOutput) {
    const auto dollar = std::min(replacement.find('$'), replacement.size());
    out += replacement.substr(0, dollar);
    replacement.remove_prefix(dollar);
    if (replacement.empty()) return;
    replacement.remove_prefix(1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const auto [name, size] = reference(replacement);
    replacement.remove_prefix(size);
    if (size == 0) {
      out += '$';
    } else if (const int group = group_of(pattern, name); group >= 0) {
      const auto& match = groups[static_cast<std::size_t>(group)];
      if (match.data() != nullptr) out.append(match.data(), match.size());
    }
  }
}

}  // namespace

std::expected<const re2::RE2*, std::string> compiled(Call& call, const std::string& pattern) {
  auto found = call.patterns.find(pattern);
  if (found == call.patterns.end()) {
    if (!call.budget.spend_bytes(kCompilingCost)) {
      return std::unexpected("too many regular expressions");
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    found = call.patterns.emplace(pattern, std::make_unique<re2::RE2>(pattern, options)).first;
  }
  const auto& regex = *found->second;
  if (regex.ok()) return &regex;
  const auto& part = regex.error_code() == re2::RE2::ErrorBadUTF8 ? pattern : regex.error_arg();
  return std::unexpected(
      fmt::format("error parsing regexp: {}: `{}`", complaint(regex.error_code()), part));
}

std::expected<std::string, std::string> replace_all(Call& call, const re2::RE2& pattern,
                                                    std::string_view replacement,
                                                    std::string_view text) {
  std::string out;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) +
                                       1);
  std::size_t copied = 0;
  std::size_t from = 0;
  while (from <= text.size()) {
    // A search may read all that is left.
    if (!call.budget.spend_bytes(16 + (text.size() - from) / 8)) {
      return std::unexpected("too much text to search");
    }
    if (!pattern.Match(re2::StringPiece(text.data(), text.size()), from, text.size(),
                       re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
      break;
    }
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    const auto end = start + groups[0].size();
    out += text.substr(copied, start - copied);
    // An empty match right after another one is none.
    if (end > copied || start == 0) append_expanded(out, pattern, replacement, groups);
    if (out.size() > kLongestOutput) return std::unexpected("the result is too large");
    copied = end;
    const auto width = from < text.size() ? first_rune(text.substr(from)).size : 1;
    from = std::max(from + width, end);
  }
  return out += text.substr(copied);
}

}  // namespace hitwatch::templates
