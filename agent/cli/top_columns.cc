#include "agent/cli/top_columns.h"

#include <algorithm>
#include <array>

#include "agent/cli/terminal_text.h"
#include "agent/cli/top_figures.h"

namespace hitwatch::cli {
namespace {

constexpr double kBadHitRatio = 0.8;
constexpr std::size_t kNarrowestName = 8;  // before other columns go
constexpr int kExtraRank = 20;             // columns of this rank or more are nice to have,
constexpr int kApartRank = 3;              // unless they tell rows apart: then from this rank on
constexpr std::size_t kMissesWidth = 6;
constexpr std::size_t kErrorsWidth = 5;

std::string name(const std::string& text) { return text.empty() ? "-" : printable(text); }

Style plain(const RowView&) { return Style::kPlain; }

Style ratio_style(const RowView& view) {
  const WindowFigures& figures = view.figures;
  if (!figures.hit_ratio || *figures.hit_ratio >= kBadHitRatio) return Style::kPlain;
  return figures.hit_ratio_high.value_or(1) < kBadHitRatio ? Style::kBad : Style::kDoubtful;
}

Style error_style(const RowView& view) {
  return view.figures.errors > 0 ? Style::kDoubtful : Style::kPlain;
}

std::string lookups_text(const RowView& view) {
  return view.covered_seconds > 0 ? rate_text(view.figures.lookups / view.covered_seconds) : "";
}

constexpr std::array kColumns = {
    Column{"TENANT", 0, 0, SortKey::kTenant, true,
           [](const RowView& view) { return name(view.row.tenant); }, plain},
    Column{"TYPE", 0, 2, SortKey::kType, true,
           [](const RowView& view) { return name(view.row.type); }, plain},
    Column{"LAYER", 0, 21, std::nullopt, true,
           [](const RowView& view) { return name(view.row.layer); }, plain},
    Column{"SOURCE", 0, 20, std::nullopt, true,
           [](const RowView& view) { return name(view.row.source); }, plain},
    Column{"LOOKUPS/s", 9, 7, SortKey::kLookups, false, lookups_text, plain},
    Column{"HIT%", 5, 1, SortKey::kMissRatio, false,
           [](const RowView& view) { return percent_text(view.figures.hit_ratio); }, ratio_style},
    Column{"±", 5, 5, std::nullopt, false,
           [](const RowView& view) {
             return margin_text(view.figures.hit_ratio_low, view.figures.hit_ratio_high);
           },
           plain},
    Column{"MISSES", kMissesWidth, 6, SortKey::kMisses, false,
           [](const RowView& view) { return count_text(view.figures.misses, kMissesWidth); },
           plain},
    Column{"ERR", kErrorsWidth, 10, SortKey::kErrors, false,
           [](const RowView& view) { return count_text(view.figures.errors, kErrorsWidth); },
           error_style},
    Column{"p50", 5, 11, SortKey::kP50, false,
           [](const RowView& view) { return latency_text(view.figures.p50_seconds); }, plain},
    Column{"p95", 5, 9, SortKey::kP95, false,
           [](const RowView& view) { return latency_text(view.figures.p95_seconds); }, plain},
    Column{"p99", 5, 8, SortKey::kP99, false,
           [](const RowView& view) { return latency_text(view.figures.p99_seconds); }, plain},
};

// As wide as its longest name needs.
std::size_t natural_width(const Column& column, std::span<const TenantRow> rows) {
  std::size_t width = columns_of(column.title);
  if (!column.is_name) return std::max(width, column.width);
  for (const TenantRow& row : rows) {
    width = std::max(width, columns_of(column.text({row, row.windows[0], 0})));
  }
  return width;
}

int rank_among(const Column& column, std::span<const TenantRow> rows) {
  if (column.rank < kExtraRank) return column.rank;
  const auto differs = [&](const TenantRow& row) {
    return column.text({row, row.windows[0], 0}) !=
           column.text({rows.front(), rows.front().windows[0], 0});
  };
  const bool tells_apart = std::ranges::any_of(rows, differs);
  return tells_apart ? column.rank - kExtraRank + kApartRank : column.rank;
}

bool is_extra(const PlacedColumn& placed) { return placed.rank >= kExtraRank; }

bool may_shrink(const PlacedColumn& placed) { return placed.column->is_name && !is_extra(placed); }

std::size_t least_width(const PlacedColumn& placed) {
  return may_shrink(placed) ? std::min(placed.width, kNarrowestName) : placed.width;
}

// Of columns that have `width_of` each, with the blanks between them.
std::size_t total_width(const std::vector<PlacedColumn>& columns,
                        std::size_t (*width_of)(const PlacedColumn&)) {
  std::size_t total = columns.size() - 1;
  for (const PlacedColumn& placed : columns) total += width_of(placed);
  return total;
}

std::size_t full_width(const PlacedColumn& placed) { return placed.width; }

void shrink_names(std::vector<PlacedColumn>& columns, std::size_t width) {
  for (std::size_t total = total_width(columns, full_width); total > width; --total) {
    const auto widest = std::ranges::max_element(columns, {}, [](const PlacedColumn& placed) {
      return may_shrink(placed) ? placed.width : 0;
    });
    if (widest->width == 0) return;
    --widest->width;
  }
}

}  // namespace

std::vector<PlacedColumn> place_columns(std::span<const TenantRow> rows, std::size_t width) {
  std::vector<PlacedColumn> columns;
  for (const Column& column : kColumns) {
    columns.push_back({&column, natural_width(column, rows), rank_among(column, rows)});
  }
  while (columns.size() > 1) {
    const auto last = std::ranges::max_element(columns, {}, &PlacedColumn::rank);
    // For an extra no name is cut, for another column some are.
    const auto needed = is_extra(*last) ? full_width : least_width;
    if (total_width(columns, needed) <= width) break;
    columns.erase(last);
  }
  shrink_names(columns, width);
  return columns;
}

}  // namespace hitwatch::cli
