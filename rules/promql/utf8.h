// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hitwatch::promql {

struct DecodedRune {
  char32_t value = 0;
  std::size_t size = 1;  // bytes; 1 if they are not UTF-8
  bool valid = false;
};

// The first character of a text that is not empty. Overlong forms and surrogates are not valid.
DecodedRune decode_rune(std::string_view text);
// Bytes of the last character of a text that is not empty.
std::size_t last_rune_size(std::string_view text);
std::size_t count_runes(std::string_view text);
bool is_utf8(std::string_view text);
void append_rune(std::string& out, char32_t value);

}  // namespace hitwatch::promql
