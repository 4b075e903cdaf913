// Places in the text of an expression, and what is wrong there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hitwatch::promql {

// Bytes of the expression's text: begin <= x < end.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct ParseError {
  Span at;
  std::string text;  // without the position
};

// `1:5`: line and column count from 1, columns in bytes.
std::string position_text(std::uint32_t place, std::string_view expression);
// `1:5: unexpected …`. As Prometheus words it, `parse error` excepted.
std::string describe(const ParseError& error, std::string_view expression);
// The same, and below it the line at fault with a caret under the place. A long line is cut around
// the place, with `…` where something is left out; control characters are shown as spaces, and what
// is not UTF-8 as `?`.
std::string describe_with_caret(const ParseError& error, std::string_view expression);
// ` (1:5)`, as annotations end.
std::string position_suffix(Span at, std::string_view expression);

}  // namespace hitwatch::promql
