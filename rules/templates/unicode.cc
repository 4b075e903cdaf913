#include "rules/templates/unicode.h"

#include <fmt/format.h>
#include <locale.h>
#include <wctype.h>

#include <cstdint>
#include <iterator>

namespace hitwatch::templates {
namespace {

// Part of every C library from glibc 2.35 on, and of Debian 12. Null (ASCII only) elsewhere.
locale_t utf8() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

bool is_ascii_letter_or_digit(char32_t code) {
  return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
         (code >= 'A' && code <= 'Z');
}

char32_t upper(char32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 'a' + 'A' : code;
  return utf8() == nullptr ? code : static_cast<char32_t>(towupper_l(code, utf8()));
}

char32_t lower(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code - 'A' + 'a' : code;
  return utf8() == nullptr ? code : static_cast<char32_t>(towlower_l(code, utf8()));
}

template <typename Change>
std::string changed(std::string_view text, Change change) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto rune = first_rune(text);
    append_rune(out, change(rune.code));
    text.remove_prefix(rune.size);
  }
  return out;
}

// Whether a word ends here, as strings.Title sees it.
bool separates(char32_t code) {
  if (code < 0x80) return !is_ascii_letter_or_digit(code) && code != '_';
  return !is_letter_or_digit(code) && is_space(code);
}

void append_escaped(std::string& out, Rune rune, unsigned char byte, char quotes, bool ascii) {
  if (!rune.valid) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    return;
  }
  const auto code = rune.code;
  if (code == static_cast<char32_t>(quotes) || code == '\\') {
    out += '\\';
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x80 ? code >= 0x20 && code < 0x7f : !ascii && is_printable(code)) {
    append_rune(out, code);
    return;
  }
  constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
  constexpr std::string_view kLetters = "abfnrtv";
  const auto control =
      code < 0x80 ? kControls.find(static_cast<char>(code)) : std::string_view::npos;
  if (control != std::string_view::npos) {
    out += '\\';
    out += kLetters[control];
  } else if (code < 0x80) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint32_t>(code));
  } else if (code < 0x10000) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
  } else {
    fmt::format_to(std::back_inserter(out), "\\U{:08x}", static_cast<std::uint32_t>(code));
  }
}

}  // namespace

Rune first_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Rune invalid{kReplacement, 1, false};
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return invalid;
  char32_t code = lead & (0x7F >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    code = code << 6 | (byte(i) & 0x3F);
  }
  const char32_t smallest = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
  if (code < smallest || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return invalid;
  return {code, size, true};
}

void append_rune(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t count_runes(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_rune(text).size);
  return count;
}

bool is_letter_or_digit(char32_t code) {
  if (code < 0x80) return is_ascii_letter_or_digit(code);
  return utf8() != nullptr && iswalnum_l(code, utf8()) != 0;
}

bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  return code == 0x85 || code == 0xA0 || (utf8() != nullptr && iswspace_l(code, utf8()) != 0);
}

bool is_printable(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code < 0x7f;
  return code == kReplacement || (!is_space(code) && utf8() != nullptr && iswprint_l(code, utf8()));
}

std::string to_upper(std::string_view text) { return changed(text, upper); }

std::string to_lower(std::string_view text) { return changed(text, lower); }

std::string to_title(std::string_view text) {
  char32_t before = ' ';
  return changed(text, [&](char32_t code) {
    const auto out = separates(before) ? upper(code) : code;
    before = code;
    return out;
  });
}

std::string quote(std::string_view text, bool ascii) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto rune = first_rune(text);
    append_escaped(out, rune, static_cast<unsigned char>(text[0]), '"', ascii);
    text.remove_prefix(rune.size);
  }
  return out += '"';
}

std::string quote_rune(char32_t code, bool ascii) {
  std::string out = "'";
  const bool exists = code <= 0x10FFFF && (code < 0xD800 || code >= 0xE000);
  append_escaped(out, {exists ? code : kReplacement, 1, true}, 0, '\'', ascii);
  return out += '\'';
}

}  // namespace hitwatch::templates
