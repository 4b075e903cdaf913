#include "agent/cli/top_layout.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

constexpr std::size_t kFrameLines = 4;  // title, order and filters, heading, keys
constexpr std::string_view kKeys =
    "q quit  s < > sort  r reverse  w window  / tenant  t type  arrows scroll  h help";

constexpr std::array<std::string_view, 19> kHelp = {
    "s >       sort by the next column",
    "<         sort by the column before",
    "r         the other way round",
    "w         window: 1m, 5m, 15m",
    "/         only tenants that match a pattern (ac*); an empty one shows all",
    "t         only types that match a pattern",
    "arrows    scroll; also page up, page down, home, end",
    "q Ctrl-C  quit",
    "",
    "LOOKUPS/s hits and misses in a second, on average over the window",
    "HIT%      of these, the hits",
    "±         half of the 95 % interval of HIT%: large where there was little traffic",
    "MISSES    in the window",
    "ERR       lookups that failed, in the window",
    "p50 p95 p99  latency that half, 95 % and 99 % of the lookups stayed below",
    "",
    "Red: below 80 % beyond doubt. Yellow: below 80 %, but that may be chance.",
    "",
    "Any key goes back."};

std::string_view window_word(const TopQuery& query) {
  return kWindowWords[static_cast<std::size_t>(query.window)];
}

std::string row_count(const TopAnswer& answer) {
  if (answer.rows.size() < answer.total_rows) {
    return fmt::format("{}/{} rows", answer.rows.size(), answer.total_rows);
  }
  return fmt::format("{} row{}", answer.rows.size(), answer.rows.size() == 1 ? "" : "s");
}

std::string order_text(const TopQuery& query) {
  std::string text =
      fmt::format("{} by {}", ascending(query) ? "ascending" : "descending", sort_word(query.sort));
  if (!query.tenant.empty()) text += "  tenant " + printable(query.tenant);
  if (!query.type.empty()) text += "  type " + printable(query.type);
  if (!query.layer.empty()) text += "  layer " + printable(query.layer);
  if (!query.source.empty()) text += "  source " + printable(query.source);
  return text;
}

// After a start the window is longer than what was seen of it.
std::string window_text(const TopAnswer& answer, const TopQuery& query) {
  constexpr std::array kSeconds = {60.0, 300.0, 900.0};
  const auto window = static_cast<std::size_t>(query.window);
  const double covered = answer.covered_seconds[window];
  if (covered >= kSeconds[window] - 1) return fmt::format("last {}", window_word(query));
  return fmt::format("last {} ({:.0f} s so far)", window_word(query), covered);
}

Line title_line(const TopView& view) {
  std::string text = "hitwatch " + printable(view.url);
  if (view.answer) {
    text += fmt::format("  {}  {:.0f} s ago  {}", window_text(*view.answer, view.state.query),
                        view.age_seconds, row_count(*view.answer));
  }
  return {{text, Style::kTitle}};
}

Line status_line(const TopView& view) {
  switch (view.state.mode) {
    case TopMode::kTenantInput:
    case TopMode::kTypeInput: {
      const bool tenant = view.state.mode == TopMode::kTenantInput;
      return {{fmt::format("{} pattern, such as ac*: {}_", tenant ? "Tenant" : "Type",
                           printable(view.state.input))}};
    }
    default:
      break;
  }
  if (!view.problem.empty()) {
    return {{printable(view.problem) + "; trying again", Style::kWarning}};
  }
  if (!view.answer) return {{"Asking the daemon."}};
  return {{order_text(view.state.query)}};
}

Line header_line(const std::vector<PlacedColumn>& columns, const TopQuery& query) {
  Line line;
  for (const auto& [column, width, rank] : columns) {
    if (!line.empty()) line.push_back({" ", Style::kHeader});
    const bool sorted = column->sort == query.sort;
    line.push_back(
        {column->is_name ? fill_right(column->title, width) : fill_left(column->title, width),
         sorted ? Style::kSortedHeader : Style::kHeader});
  }
  return line;
}

Line row_line(const std::vector<PlacedColumn>& columns, const RowView& row) {
  Line line;
  for (const auto& [column, width, rank] : columns) {
    if (!line.empty()) line.push_back({" "});
    const std::string text = column->text(row);
    line.push_back(
        {column->is_name ? fill_right(text, width) : fill_left(text, width), column->style(row)});
  }
  return line;
}

std::vector<Line> table_lines(const TopAnswer& answer, const TopQuery& query, std::size_t first,
                              std::size_t count, std::size_t width) {
  // All rows have their say in the widths, so that scrolling moves no column.
  const std::vector<PlacedColumn> columns = place_columns(answer.rows, width);
  std::vector<Line> lines = {header_line(columns, query)};
  const auto window = static_cast<std::size_t>(query.window);
  first = std::min(first, answer.rows.size());
  count = std::min(count, answer.rows.size() - first);
  for (const TenantRow& row : std::span(answer.rows).subspan(first, count)) {
    lines.push_back(row_line(columns, {row, row.windows[window], answer.covered_seconds[window]}));
  }
  return lines;
}

Line cut_line(const Line& line, std::size_t width) {
  Line result;
  for (const Span& span : line) {
    std::string text = cut(span.text, width);
    width -= columns_of(text);
    if (!text.empty()) result.push_back({std::move(text), span.style});
  }
  return result;
}

std::vector<Line> help_lines() {
  std::vector<Line> lines;
  for (const std::string_view line : kHelp) lines.push_back({{std::string(line)}});
  return lines;
}

std::vector<Line> body_lines(const TopView& view, const ScreenSize& size) {
  if (view.state.mode == TopMode::kHelp) return help_lines();
  if (!view.answer) return {};
  const std::size_t visible = visible_rows(size);
  const std::size_t first =
      std::min(view.state.first_row, last_first_row({view.answer->rows.size(), visible}));
  std::vector<Line> lines =
      table_lines(*view.answer, view.state.query, first, visible, size.columns);
  if (view.answer->rows.empty()) lines.push_back({{"No lookups yet that match."}});
  return lines;
}

}  // namespace

std::size_t visible_rows(const ScreenSize& size) {
  return size.rows > kFrameLines ? size.rows - kFrameLines : 1;
}

std::vector<Line> lay_out(const TopView& view, const ScreenSize& size) {
  std::vector<Line> lines = {title_line(view), status_line(view)};
  for (Line& line : body_lines(view, size)) lines.push_back(std::move(line));
  const std::size_t room = size.rows > 0 ? size.rows - 1 : 0;
  lines.resize(room);  // blank lines keep the keys at the bottom
  if (size.rows > 0) lines.push_back({{std::string(kKeys), Style::kTitle}});
  for (Line& line : lines) line = cut_line(line, size.columns);
  return lines;
}

std::string plain_table(const TopAnswer& answer, const TopQuery& query,
                        std::optional<std::size_t> columns) {
  std::string text =
      fmt::format("{}, {}, {}\n", window_text(answer, query), row_count(answer), order_text(query));
  constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max() / 2;
  for (const Line& line :
       table_lines(answer, query, 0, answer.rows.size(), columns.value_or(kUnlimited))) {
    std::string whole;
    for (const Span& span : line) whole += span.text;
    whole.erase(whole.find_last_not_of(' ') + 1);
    text += whole + '\n';
  }
  return text;
}

}  // namespace hitwatch::cli
