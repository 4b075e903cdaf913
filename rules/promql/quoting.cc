#include "rules/promql/quoting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "rules/promql/utf8.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

struct Escape {
  char letter;
  char value;
};
constexpr Escape kEscapes[] = {{'a', '\a'}, {'b', '\b'}, {'f', '\f'}, {'n', '\n'},
                               {'r', '\r'}, {'t', '\t'}, {'v', '\v'}, {'\\', '\\'}};

// The character itself is shown as it is.
std::string name_rune(char32_t value) {
  std::string rune;
  append_rune(rune, value);
  const bool shown = window::quoted(rune).substr(1, rune.size()) == rune || value == U'"';
  return fmt::format("U+{:04X}{}", static_cast<std::uint32_t>(value),
                     shown ? fmt::format(" '{}'", rune) : std::string());
}

int digit_value(char32_t letter) {
  if (letter >= '0' && letter <= '9') return static_cast<int>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<int>(letter - 'a' + 10);
  if (letter >= 'A' && letter <= 'F') return static_cast<int>(letter - 'A' + 10);
  return 16;
}

// `\x41`, `\101`, `é`, `\U0001F600`.
struct NumericForm {
  int digits;
  int base;
  bool byte;
};

NumericForm numeric_form(char letter) {
  switch (letter) {
    case 'x':
      return {.digits = 2, .base = 16, .byte = true};
    case 'u':
      return {.digits = 4, .base = 16, .byte = false};
    case 'U':
      return {.digits = 8, .base = 16, .byte = false};
    default:
      return {.digits = 3, .base = 8, .byte = true};
  }
}

// Takes the digits from the front of `rest`.
std::expected<void, std::string> append_numeric(std::string& out, NumericForm form,
                                                std::string_view& rest) {
  std::uint64_t value = 0;
  for (int i = 0; i < form.digits; ++i) {
    if (rest.empty()) return std::unexpected("escape sequence not terminated");
    const DecodedRune rune = decode_rune(rest);
    const int digit = digit_value(rune.value);
    if (digit >= form.base) {
      return std::unexpected(
          fmt::format("illegal character {} in escape sequence", name_rune(rune.value)));
    }
    value = value * static_cast<unsigned>(form.base) + static_cast<unsigned>(digit);
    rest.remove_prefix(1);
  }
  const std::uint64_t most = form.byte ? 255 : 0x10ffff;
  if (value > most || (value >= 0xd800 && value < 0xe000)) {
    return std::unexpected("escape sequence is an invalid Unicode code point");
  }
  if (form.byte) {
    out += static_cast<char>(static_cast<unsigned char>(value));
  } else {
    append_rune(out, static_cast<char32_t>(value));
  }
  return {};
}

// Takes one escape from the front of `rest`, which stands behind its backslash.
std::expected<void, std::string> append_escape(std::string& out, char mark,
                                               std::string_view& rest) {
  if (rest.empty()) return std::unexpected("escape sequence not terminated");
  const char letter = rest.front();
  const auto* escape = std::ranges::find(kEscapes, letter, &Escape::letter);
  if (escape != std::end(kEscapes) || letter == mark) {
    out += letter == mark ? mark : escape->value;
    rest.remove_prefix(1);
    return {};
  }
  if (letter == 'x' || letter == 'u' || letter == 'U') {
    rest.remove_prefix(1);
    return append_numeric(out, numeric_form(letter), rest);
  }
  if (letter >= '0' && letter <= '7') return append_numeric(out, numeric_form(letter), rest);
  return std::unexpected(
      fmt::format("unknown escape sequence {}", name_rune(decode_rune(rest).value)));
}

}  // namespace

std::string quote_rune(char32_t value) {
  if (value == U'\'') return "'\\''";
  if (value == U'"') return "'\"'";
  std::string rune;
  append_rune(rune, value);
  std::string out = window::quoted(rune);
  out.front() = '\'';
  out.back() = '\'';
  return out;
}

std::expected<std::string, std::string> unquote(std::string_view literal) {
  const char mark = literal.front();
  std::string_view rest = literal.substr(1, literal.size() - 2);
  if (mark == '`') return std::string(rest);
  std::string out;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (const auto escaped = append_escape(out, mark, rest); !escaped) {
      return std::unexpected(escaped.error());
    }
  }
  return out;
}

}  // namespace hitwatch::promql
