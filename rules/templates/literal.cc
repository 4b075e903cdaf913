#include "rules/templates/literal.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "rules/templates/float_text.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

enum class Whole : std::uint8_t { kYes, kNo, kTooLarge };

Whole read_whole(std::string_view text, std::int64_t& out) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  bool prefixed = false;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    prefixed = true;
    text.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  if (!underscores_fit(text, prefixed)) return Whole::kNo;
  const auto digits = without_underscores(text);
  std::uint64_t size = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, size, base);
  if (digits.empty() || stop != end || error == std::errc::invalid_argument) return Whole::kNo;
  const std::uint64_t largest = negative ? 1ULL << 63 : (1ULL << 63) - 1;
  if (error != std::errc() || size > largest) return Whole::kTooLarge;
  out = static_cast<std::int64_t>(negative ? ~size + 1 : size);
  return Whole::kYes;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// One character of a quoted text after its backslash. Bytes are written as they are.
bool append_escape(std::string_view& rest, char quotes, std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  if (rest.empty()) return false;
  const char letter = rest[0];
  if (const auto known = kLetters.find(letter); known != std::string_view::npos) {
    out += kMeanings[known];
    rest.remove_prefix(1);
    return true;
  }
  if (letter == quotes) {
    out += letter;
    rest.remove_prefix(1);
    return true;
  }
  std::size_t size = 3;
  int base = 8;
  if (!is_octal(letter)) {
    size = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    base = 16;
    rest.remove_prefix(1);
  }
  if (size == 0 || rest.size() < size) return false;
  std::uint32_t code = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + size, code, base);
  if (stop != rest.data() + size || error != std::errc()) return false;
  rest.remove_prefix(size);
  if (size < 4) {
    if (code > 0xFF) return false;
    out += static_cast<char>(code);
    return true;
  }
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  append_rune(out, code);
  return true;
}

}  // namespace

std::expected<NumberLiteral, std::string> read_number(std::string_view text) {
  NumberLiteral out;
  std::int64_t whole = 0;
  const auto kind = read_whole(text, whole);
  const auto overflow = [&] {
    return std::unexpected(fmt::format("integer overflow: {}", quote(text)));
  };
  if (kind == Whole::kTooLarge) return overflow();
  if (kind == Whole::kYes) {
    out.whole = whole;
    out.number = static_cast<double>(whole);
    out.value = Value::integer(whole);
    return out;
  }
  const auto number = parse_float(text);
  if (!number) return std::unexpected(fmt::format("illegal number syntax: {}", quote(text)));
  // It is no number of its base (`09`), and Go calls that an overflow as well.
  if (text.find_first_of(".eEpP") == std::string_view::npos) return overflow();
  out.number = *number;
  out.value = Value::number(*number);
  if (std::trunc(*number) == *number && std::fabs(*number) < 0x1p63) {
    out.whole = static_cast<std::int64_t>(*number);
  }
  return out;
}

std::expected<NumberLiteral, std::string> read_character(std::string_view text) {
  const auto malformed = [&] {
    return std::unexpected(fmt::format("malformed character constant: {}", text));
  };
  auto inside = text.substr(1, text.size() - 2);
  if (inside.empty()) return malformed();
  std::int64_t code = 0;
  if (inside[0] == '\\') {
    const bool byte = inside.size() > 1 && (inside[1] == 'x' || is_octal(inside[1]));
    std::string character;
    inside.remove_prefix(1);
    if (!append_escape(inside, '\'', character) || !inside.empty()) return malformed();
    code = byte ? static_cast<unsigned char>(character[0])
                : static_cast<std::int64_t>(first_rune(character).code);
  } else {
    const auto rune = first_rune(inside);
    if (rune.size != inside.size()) return malformed();
    code = static_cast<std::int64_t>(rune.code);
  }
  return NumberLiteral{Value::integer(code), code, static_cast<double>(code)};
}

std::expected<std::string, std::string> read_string(std::string_view text) {
  const char quotes = text[0];
  auto inside = text.substr(1, text.size() - 2);
  std::string out;
  if (quotes == '`') {
    for (const char character : inside) {
      if (character != '\r') out += character;
    }
    return out;
  }
  while (!inside.empty()) {
    const char character = inside[0];
    inside.remove_prefix(1);
    if (character != '\\') {
      out += character;
    } else if (!append_escape(inside, quotes, out)) {
      return std::unexpected("invalid syntax");
    }
  }
  return out;
}

}  // namespace hitwatch::templates
