// A table of text in as many columns of a terminal as there are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::cli {

struct TextColumn {
  std::string title;
  bool is_name = false;  // set flush left and cut if there is no room; figures never are
  int rank = 0;          // the higher, the earlier it goes when there is no room; 0: it stays
};

using TextRow = std::vector<std::string>;  // a printable text for each column

// A line of titles and one for each row, each with a newline. Columns in which no row has anything
// are left out. Without `width` names are as long as they are.
std::string text_table(std::span<const TextColumn> columns, std::span<const TextRow> rows,
                       std::optional<std::size_t> width);

// Lines of at most `width` columns, broken at blanks; what has no blank where it should is cut
// nowhere. Ends with a newline.
std::string folded(std::string_view printable_text, std::optional<std::size_t> width);

}  // namespace hitwatch::cli
