// Code points, as far as templates look at them: Go's idea of letters, spaces and cases, with the
// tables of the C library's C.UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hitwatch::templates {

inline constexpr char32_t kReplacement = 0xFFFD;  // what an invalid byte is read as

struct Rune {
  char32_t code;
  std::size_t size;  // bytes that it takes; 1 for an invalid one
  bool valid;
};

// The first of a text that is not empty.
Rune first_rune(std::string_view text);
void append_rune(std::string& out, char32_t code);
// As many as text/template and fmt would count: an invalid byte is one.
std::size_t count_runes(std::string_view text);

bool is_letter_or_digit(char32_t code);
bool is_space(char32_t code);
bool is_printable(char32_t code);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
// The first letter of each word in upper case, the others as they are (Go's strings.Title).
std::string to_title(std::string_view text);

// Go's syntax of a quoted string. `ascii`: everything else is escaped.
std::string quote(std::string_view text, bool ascii = false);
// The same for a character in single quotes.
std::string quote_rune(char32_t code, bool ascii = false);

}  // namespace hitwatch::templates
