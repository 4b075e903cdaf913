// The lines that `hitwatch top` shows, apart from any terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/top_answer.h"
#include "agent/cli/top_columns.h"
#include "agent/cli/top_keys.h"

namespace hitwatch::cli {

struct Span {
  std::string text;
  Style style = Style::kPlain;
};
using Line = std::vector<Span>;

// All there is to show.
struct TopView {
  std::string url;  // without user and password
  TopState state;
  std::optional<TopAnswer> answer;  // nothing before the first
  double age_seconds = 0;           // of the answer
  std::string problem;              // why there is no newer one; "" if all is well
};

struct ScreenSize {
  std::size_t rows;
  std::size_t columns;
};

// At most `size.rows` lines of at most `size.columns` columns, for screens however small.
std::vector<Line> lay_out(const TopView& view, const ScreenSize& size);

// The rows of the table that fit on such a screen, at least one.
std::size_t visible_rows(const ScreenSize& size);

// The table with a heading, as text without any escape sequence; each line ends with a newline.
// Without `columns` names are as long as they are.
std::string plain_table(const TopAnswer& answer, const TopQuery& query,
                        std::optional<std::size_t> columns);

}  // namespace hitwatch::cli
