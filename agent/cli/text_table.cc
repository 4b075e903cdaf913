#include "agent/cli/text_table.h"

#include <algorithm>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

constexpr std::size_t kNarrowestName = 8;  // before other columns go

struct Placed {
  std::size_t index;  // among the columns
  std::size_t width;
  bool is_name;
  int rank;
};

std::vector<Placed> natural_columns(std::span<const TextColumn> columns,
                                    std::span<const TextRow> rows) {
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_empty =
        std::ranges::all_of(rows, [i](const TextRow& row) { return row[i].empty(); });
    if (is_empty && !rows.empty()) continue;
    std::size_t width = columns_of(columns[i].title);
    for (const TextRow& row : rows) width = std::max(width, columns_of(row[i]));
    placed.push_back({i, width, columns[i].is_name, columns[i].rank});
  }
  return placed;
}

std::size_t least_width(const Placed& column) {
  return column.is_name ? std::min(column.width, kNarrowestName) : column.width;
}

std::size_t full_width(const Placed& column) { return column.width; }

// With a blank between columns.
std::size_t total(const std::vector<Placed>& columns, std::size_t (*width_of)(const Placed&)) {
  std::size_t sum = columns.empty() ? 0 : columns.size() - 1;
  for (const Placed& column : columns) sum += width_of(column);
  return sum;
}

void drop_columns(std::vector<Placed>& columns, std::size_t width) {
  while (total(columns, least_width) > width) {
    const auto last = std::ranges::max_element(columns, {}, &Placed::rank);
    if (last == columns.end() || last->rank == 0) return;
    columns.erase(last);
  }
}

void shrink_names(std::vector<Placed>& columns, std::size_t width) {
  for (std::size_t sum = total(columns, full_width); sum > width; --sum) {
    const auto widest = std::ranges::max_element(
        columns, {}, [](const Placed& column) { return column.is_name ? column.width : 0; });
    if (widest == columns.end() || !widest->is_name || widest->width <= 1) return;
    --widest->width;
  }
}

std::string line(const std::vector<Placed>& columns, std::span<const std::string> texts,
                 std::optional<std::size_t> width) {
  std::string text;
  for (const Placed& column : columns) {
    if (column.index != columns.front().index) text += ' ';
    const std::string& cell = texts[column.index];
    text += column.is_name ? fill_right(cell, column.width) : fill_left(cell, column.width);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  if (width) text = cut(text, *width);
  return text + '\n';
}

}  // namespace

std::string text_table(std::span<const TextColumn> columns, std::span<const TextRow> rows,
                       std::optional<std::size_t> width) {
  std::vector<Placed> placed = natural_columns(columns, rows);
  if (width) {
    drop_columns(placed, *width);
    shrink_names(placed, *width);
  }
  TextRow titles;
  for (const TextColumn& column : columns) titles.push_back(column.title);
  std::string text = line(placed, titles, width);
  for (const TextRow& row : rows) text += line(placed, row, width);
  return text;
}

std::string folded(std::string_view printable_text, std::optional<std::size_t> width) {
  std::string text;
  std::size_t used = 0;
  while (!printable_text.empty()) {
    const std::size_t end = std::min(printable_text.find(' '), printable_text.size());
    const std::string_view word = printable_text.substr(0, end);
    const std::size_t columns = columns_of(word);
    if (!text.empty()) {
      const bool fits = !width || used + 1 + columns <= *width;
      text += fits ? ' ' : '\n';
      used = fits ? used + 1 : 0;
    }
    text += word;
    used += columns;
    printable_text.remove_prefix(std::min(end + 1, printable_text.size()));
  }
  return text + '\n';
}

}  // namespace hitwatch::cli
