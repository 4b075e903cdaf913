// Points of many moments, gathered step by step: the result of a range query or of a subquery.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/promql/flat_index.h"
#include "rules/promql/query.h"
#include "rules/promql/vector.h"

namespace hitwatch::promql {

struct Row {
  const window::LabelSet* labels;
  bool drop_name;
  std::vector<window::Point> points;  // in order of time
  // What a reader of a moving range saw last: [begin, end) of `points`.
  std::size_t begin = 0;
  std::size_t end = 0;
};

class RowCollector {
 public:
  explicit RowCollector(Query& query) : query_(query) {}
  // The vector of the next moment. False: the query has failed.
  bool add(const Vector& vector, std::int64_t time);
  std::vector<Row> take() { return std::move(rows_); }

 private:
  Row& row_of(const Element& element);

  Query& query_;
  std::vector<Row> rows_;
  FlatIndex index_;
  std::size_t next_ = 0;  // where the next element would be if this step were like the last one
};

}  // namespace hitwatch::promql
