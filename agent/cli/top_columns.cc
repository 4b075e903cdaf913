#include "agent/cli/top_columns.h"

#include <algorithm>
#include <array>

#include "agent/cli/terminal_text.h"
#include "agent/cli/top_figures.h"

namespace hitwatch::cli {
namespace {

constexpr double kBadHitRatio = 0.8;
constexpr std::size_t kNarrowestName = 8;  // before other columns go
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
    Column{"LAYER", 0, 11, std::nullopt, true,
           [](const RowView& view) { return name(view.row.layer); }, plain},
    Column{"SOURCE", 0, 10, std::nullopt, true,
           [](const RowView& view) { return name(view.row.source); }, plain},
    Column{"LOOKUPS/s", 9, 5, SortKey::kLookups, false, lookups_text, plain},
    Column{"HIT%", 5, 1, SortKey::kMissRatio, false,
           [](const RowView& view) { return percent_text(view.figures.hit_ratio); }, ratio_style},
    Column{"±", 5, 4, std::nullopt, false,
           [](const RowView& view) {
             return margin_text(view.figures.hit_ratio_low, view.figures.hit_ratio_high);
           },
           plain},
    Column{"MISSES", kMissesWidth, 3, SortKey::kMisses, false,
           [](const RowView& view) { return count_text(view.figures.misses, kMissesWidth); },
           plain},
    Column{"ERR", kErrorsWidth, 8, SortKey::kErrors, false,
           [](const RowView& view) { return count_text(view.figures.errors, kErrorsWidth); },
           error_style},
    Column{"p50", 5, 9, SortKey::kP50, false,
           [](const RowView& view) { return latency_text(view.figures.p50_seconds); }, plain},
    Column{"p95", 5, 7, SortKey::kP95, false,
           [](const RowView& view) { return latency_text(view.figures.p95_seconds); }, plain},
    Column{"p99", 5, 6, SortKey::kP99, false,
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

// What a column must have. Layer and source are worth no cutting.
std::size_t least_width(const PlacedColumn& placed) {
  const bool may_shrink = placed.column->is_name && placed.column->sort.has_value();
  return may_shrink ? std::min(placed.width, kNarrowestName) : placed.width;
}

std::size_t least_total(const std::vector<PlacedColumn>& columns) {
  std::size_t total = columns.size() - 1;
  for (const PlacedColumn& placed : columns) total += least_width(placed);
  return total;
}

// Takes columns away from the widest name until all fit.
void shrink_names(std::vector<PlacedColumn>& columns, std::size_t width) {
  std::size_t total = columns.size() - 1;
  for (const PlacedColumn& placed : columns) total += placed.width;
  while (total > width) {
    const auto widest = std::ranges::max_element(columns, {}, [](const PlacedColumn& placed) {
      return placed.column->is_name && placed.column->sort ? placed.width : 0;
    });
    if (widest->width == 0) return;
    --widest->width;
    --total;
  }
}

}  // namespace

std::vector<PlacedColumn> place_columns(std::span<const TenantRow> rows, std::size_t width) {
  std::vector<PlacedColumn> columns;
  for (const Column& column : kColumns) columns.push_back({&column, natural_width(column, rows)});
  while (columns.size() > 1 && least_total(columns) > width) {
    columns.erase(std::ranges::max_element(
        columns, {}, [](const PlacedColumn& placed) { return placed.column->rank; }));
  }
  shrink_names(columns, width);
  return columns;
}

}  // namespace hitwatch::cli
