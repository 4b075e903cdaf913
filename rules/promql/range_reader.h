// The series of a range vector at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/promql/query.h"
#include "rules/promql/range_math.h"
#include "rules/promql/rows.h"
#include "rules/window/series.h"

namespace hitwatch::promql {

// What is kept of a range vector between moments.
struct RangeStore {
  // Of a subquery, and of a selector that many overlapping ranges are read of: points of all
  // moments, decoded once.
  std::optional<std::vector<Row>> rows;
  // Of a selector of which one range is read, or too much to keep.
  std::vector<window::Point> points;
  bool looked = false;  // whether it is worth keeping rows has been decided
};

struct RangeSeries {
  const window::LabelSet* labels;
  bool drop_name;
  Points points;  // valid until the next one
};

class RangeReader {
 public:
  // Of rows that `store` has.
  void read_rows(Query& query, RangeStore& store, Range range);
  // Of a selector's series.
  void read_series(Query& query, RangeStore& store,
                   const std::vector<const window::Series*>& series, Range range);

  Range range() const { return range_; }
  // The next series that has points in the range. False at the end, and if the query has failed.
  bool next(RangeSeries& out);
  bool failed() const { return failed_; }

 private:
  bool next_row(RangeSeries& out);
  bool next_series(RangeSeries& out);

  Query* query_ = nullptr;
  RangeStore* store_ = nullptr;
  const std::vector<const window::Series*>* series_ = nullptr;
  Range range_{};
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace hitwatch::promql
