// The words of HTTP headers, which are ASCII and whose case does not matter (RFC 9110, 5.1 and
// 5.6).
#pragma once

#include <algorithm>
#include <string_view>

namespace hitwatch::net {

inline char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

// A token (RFC 9110, 5.6.2), as the names of headers are.
bool is_header_name(std::string_view text);

// An element of a list by which a client says what it prefers, such as
// `text/plain;version=0.0.4;q=0.5`.
struct Preference {
  std::string_view name;        // "text/plain"
  std::string_view parameters;  // "version=0.0.4;q=0.5"
  int weight = 1000;            // q in thousandths (section 12.4.2); 0 if it is malformed
};

// Cuts the first element off a header's value that is not empty.
Preference take_preference(std::string_view& list);

// The value of a parameter, without surrounding blanks; "" if there is none.
std::string_view parameter_of(const Preference& preference, std::string_view name);

}  // namespace hitwatch::net
