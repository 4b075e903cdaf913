#include "rules/promql/position.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/promql/utf8.h"

namespace hitwatch::promql {

namespace {

// Characters shown to the left and to the right of the place.
constexpr std::size_t kBefore = 50;
constexpr std::size_t kAfter = 30;
constexpr std::string_view kCut = "…";

// What takes one column on a terminal.
void append_shown(std::string& out, std::string_view text, std::size_t limit) {
  while (!text.empty() && limit-- > 0) {
    const DecodedRune rune = decode_rune(text);
    if (!rune.valid) {
      out += '?';
    } else if (rune.value < 0x20 || (rune.value >= 0x7f && rune.value < 0xa0)) {
      out += ' ';
    } else {
      out += text.substr(0, rune.size);
    }
    text.remove_prefix(rune.size);
  }
  if (!text.empty()) out += kCut;
}

std::string_view line_around(std::string_view expression, std::size_t place) {
  const std::size_t break_before =
      place == 0 ? std::string_view::npos : expression.rfind('\n', place - 1);
  const std::size_t begin = break_before == std::string_view::npos ? 0 : break_before + 1;
  std::string_view line = expression.substr(begin, expression.find('\n', place) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string position_text(std::uint32_t place, std::string_view expression) {
  if (expression.empty()) return "unknown position";
  const std::string_view before = expression.substr(0, place);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t last_break = before.rfind('\n');
  const std::size_t column =
      last_break == std::string_view::npos ? before.size() + 1 : before.size() - last_break;
  return fmt::format("{}:{}", line, column);
}

std::string describe(const ParseError& error, std::string_view expression) {
  return fmt::format("{}: {}", position_text(error.at.begin, expression), error.text);
}

std::string describe_with_caret(const ParseError& error, std::string_view expression) {
  std::string out = describe(error, expression);
  const std::size_t place = std::min<std::size_t>(error.at.begin, expression.size());
  const std::string_view line = line_around(expression, place);
  if (line.empty()) return out;
  // The place may be the line's end, behind which a carriage return was left out.
  const std::size_t column =
      std::min(static_cast<std::size_t>(expression.data() + place - line.data()), line.size());

  std::size_t begin = column;
  for (std::size_t shown = 0; begin > 0 && shown < kBefore; ++shown) {
    begin -= last_rune_size(line.substr(0, begin));
  }
  std::string left = begin > 0 ? std::string(kCut) : std::string();
  append_shown(left, line.substr(begin, column - begin), kBefore);
  std::string right;
  append_shown(right, line.substr(column), kAfter);
  out += fmt::format("\n  {}{}\n  {:{}}^", left, right, "", count_runes(left));
  return out;
}

std::string position_suffix(Span at, std::string_view expression) {
  return fmt::format(" ({})", position_text(at.begin, expression));
}

}  // namespace hitwatch::promql
