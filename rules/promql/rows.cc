#include "rules/promql/rows.h"

namespace hitwatch::promql {

Row& RowCollector::row_of(const Element& element) {
  if (next_ < rows_.size() && rows_[next_].labels == element.labels &&
      rows_[next_].drop_name == element.drop_name) {
    return rows_[next_++];
  }
  const std::uint64_t hash = mix(element.labels->hash(), element.drop_name ? 1 : 0);
  const auto fresh = static_cast<std::uint32_t>(rows_.size());
  const std::uint32_t known = index_.insert(hash, fresh, [&](std::uint32_t at) {
    return rows_[at].drop_name == element.drop_name && *rows_[at].labels == *element.labels;
  });
  if (known == FlatIndex::kNone) {
    rows_.push_back({element.labels, element.drop_name, {}});
    next_ = rows_.size();
    return rows_.back();
  }
  next_ = known + 1U;
  return rows_[known];
}

bool RowCollector::add(const Vector& vector, std::int64_t time) {
  next_ = 0;
  for (const Element& element : vector) {
    Row& row = row_of(element);
    if (!row.points.empty() && row.points.back().time == time) return query_.fail_duplicates();
    row.points.push_back({time, element.value});
  }
  if (rows_.size() > query_.options().max_series) {
    return query_.fail(EvalError::Kind::kTooLarge, "the query has more series than it may have");
  }
  return query_.hold(vector.size()) && query_.work(vector.size() + 1);
}

}  // namespace hitwatch::promql
