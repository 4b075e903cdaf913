#include "agent/notify/matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "agent/notify/alert.h"
#include "rules/window/quote.h"

namespace hitwatch::notify {
namespace {

constexpr std::string_view kMatcherSpaces = " \t\n\v\f\r";

// A matcher's text in a message: what a person needs of it to find it.
std::string shown_matcher(std::string_view text) {
  constexpr std::size_t kEnough = 100;
  if (text.size() <= kEnough) return fmt::format("'{}'", text);
  return fmt::format("'{}…'", text.substr(0, kEnough));
}

std::string_view without_spaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kMatcherSpaces);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kMatcherSpaces) - first + 1);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = metrics::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_name_letter(char c, bool first) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return is_letter || (!first && c >= '0' && c <= '9');
}

std::size_t classic_name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_name_letter(text[length], length == 0)) ++length;
  return length;
}

// Where the first quote from `begin` on stands that no backslash escapes, or npos.
std::size_t find_quote(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '"') return i;
    if (text[i] == '\\') ++i;
  }
  return text.npos;
}

// A backslash that begins no escape is one.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view next = text.substr(i + 1, 1);
    if (text[i] != '\\' || next.find_first_of("n\"\\") == next.npos) {
      out += text[i];
      continue;
    }
    ++i;
    out += next == "n" ? '\n' : next.front();
  }
  return out;
}

// Removes the text in quotes with which `text` begins; nothing if the quote is not closed.
std::optional<std::string> take_quoted(std::string_view& text) {
  const std::size_t end = find_quote(text, 1);
  if (end == text.npos) return std::nullopt;
  std::string out = unescaped(text.substr(1, end - 1));
  text.remove_prefix(end + 1);
  return out;
}

std::expected<std::string, std::string> take_name(std::string_view& text) {
  if (text.starts_with('"')) {
    auto name = take_quoted(text);
    if (!name) return std::unexpected("the quote of the label's name is not closed");
    if (name->empty()) return std::unexpected("the label's name is empty");
    return *std::move(name);
  }
  const std::size_t length = classic_name_length(text);
  if (length == 0) return std::unexpected("a label's name is expected at its beginning");
  std::string name(text.substr(0, length));
  text.remove_prefix(length);
  return name;
}

std::optional<Matcher::Kind> take_kind(std::string_view& text) {
  text = without_spaces(text);
  // Longer ones first.
  for (const auto kind : {Matcher::Kind::kMatches, Matcher::Kind::kNotEqual,
                          Matcher::Kind::kDoesNotMatch, Matcher::Kind::kEqual}) {
    const std::string_view operation = kind_text(kind);
    if (!text.starts_with(operation)) continue;
    text = without_spaces(text.substr(operation.size()));
    return kind;
  }
  return std::nullopt;
}

std::expected<std::string, std::string> read_value(std::string_view text) {
  if (!text.starts_with('"')) {
    if (find_quote(text, 0) == text.npos) return unescaped(text);
    return std::unexpected("a quote in the value must be written \\\"");
  }
  auto value = take_quoted(text);
  if (!value) return std::unexpected("the quote of the value is not closed");
  if (!text.empty()) return std::unexpected("something stands behind the quoted value");
  return *std::move(value);
}

std::expected<Matcher, std::string> parse_trimmed(std::string_view text) {
  std::string_view rest = text;
  auto name = take_name(rest);
  if (!name) return std::unexpected(std::move(name.error()));
  const auto kind = take_kind(rest);
  if (!kind) return std::unexpected("one of =, !=, =~ and !~ is expected behind the label's name");
  auto value = read_value(rest);
  if (!value) return std::unexpected(std::move(value.error()));
  return Matcher::make(*kind, *std::move(name), *std::move(value));
}

// At commas outside of quotes.
std::vector<std::string_view> split_matchers(std::string_view text) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (!without_spaces(text.substr(begin)).empty()) parts.push_back(text.substr(begin));
  return parts;
}

// As OpenMetrics escapes values of labels.
std::string escaped_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::expected<Matcher, std::string> parse_matcher(std::string_view text) {
  if (!is_utf8(text)) return std::unexpected("the matcher is not valid UTF-8");
  auto matcher = parse_trimmed(without_spaces(text));
  if (matcher) return matcher;
  return std::unexpected(
      fmt::format("{} is no matcher: {}", shown_matcher(text), std::move(matcher.error())));
}

std::expected<Matchers, std::string> parse_matchers(std::string_view text) {
  text = without_spaces(text);
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  Matchers matchers;
  for (const std::string_view part : split_matchers(text)) {
    auto matcher = parse_matcher(part);
    if (!matcher) return std::unexpected(std::move(matcher.error()));
    matchers.push_back(*std::move(matcher));
  }
  return matchers;
}

std::string to_string(const Matcher& matcher) {
  const std::string& name = matcher.name();
  const bool is_classic = classic_name_length(name) == name.size();
  return fmt::format("{}{}\"{}\"", is_classic ? name : window::quoted(name),
                     kind_text(matcher.kind()), escaped_value(matcher.value()));
}

std::string to_string(const Matchers& matchers) {
  std::vector<const Matcher*> sorted;
  for (const Matcher& matcher : matchers) sorted.push_back(&matcher);
  std::ranges::sort(sorted, {}, [](const Matcher* matcher) {
    return std::tuple<std::string_view, std::string_view, Matcher::Kind>(
        matcher->name(), matcher->value(), matcher->kind());
  });
  std::string out = "{";
  for (const Matcher* matcher : sorted) {
    if (out.size() > 1) out += ',';
    out += to_string(*matcher);
  }
  return out + '}';
}

bool match(const Matchers& matchers, const metrics::Labels& labels) {
  return std::ranges::all_of(matchers, [&](const Matcher& matcher) {
    return matcher.matches(label_value(labels, matcher.name()));
  });
}

}  // namespace hitwatch::notify
