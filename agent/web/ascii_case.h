// Comparing the words of HTTP, whose case does not matter and which are ASCII (RFC 9110, 5.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace hitwatch::web {

inline char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

}  // namespace hitwatch::web
