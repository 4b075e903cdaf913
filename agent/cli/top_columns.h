// The columns of `hitwatch top`: which of them there is room for, and what they say of a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/top_answer.h"
#include "agent/cli/top_query.h"

namespace hitwatch::cli {

enum class Style : std::uint8_t {
  kPlain,
  kTitle,
  kHeader,
  kSortedHeader,
  kBad,       // a ratio below 80 % beyond doubt
  kDoubtful,  // one below 80 % that may be chance; errors
  kWarning    // what went wrong
};

// One row's figures in the window that is shown.
struct RowView {
  const TenantRow& row;
  const WindowFigures& figures;
  double covered_seconds;
};

struct Column {
  std::string_view title;
  std::size_t width;  // of figures; names get what is left
  int rank;           // the higher, the earlier it goes when there is no room
  std::optional<SortKey> sort;
  bool is_name;
  std::string (*text)(const RowView&);
  Style (*style)(const RowView&);
};

// A column on the screen.
struct PlacedColumn {
  const Column* column;
  std::size_t width;
  int rank;  // the column's, or a lower one where it tells these rows apart
};

// The columns that fit beside each other in `width`, with one blank between them; names get no more
// than the longest needs. Layer and source are left out before a name is cut, unless they differ
// among the rows: then figures go before them. At least the tenant, however narrow.
std::vector<PlacedColumn> place_columns(std::span<const TenantRow> rows, std::size_t width);

}  // namespace hitwatch::cli
