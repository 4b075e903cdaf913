// Aggregation operators: sum, topk, count_values and the others
// (https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/flat_index.h"
#include "rules/promql/query.h"
#include "rules/promql/signature.h"
#include "rules/promql/vector.h"

namespace hitwatch::promql {

// One aggregation; its memory is used again at each step.
class Aggregation {
 public:
  // `value_label` is the parameter of count_values.
  Aggregation(Query& query, const Aggregate& aggregate, std::string value_label);

  // Appends the result to `out`; `parameter` is that of topk, quantile and their kin. False: the
  // query has failed.
  bool apply(double parameter, const Vector& in, Vector& out);

 private:
  struct Group {
    const window::LabelSet* first;  // labels of its first element
    bool drop_name;
  };

  bool check_parameter(double parameter, const Vector& in, bool& nothing);
  void group(const Vector& in);
  const window::LabelSet* labels_of(const Group& group);
  template <class State>
  void fold(const Vector& in, Vector& out);
  void quantiles(double q, const Vector& in, Vector& out);
  void best(std::size_t count, const Vector& in, Vector& out);
  void first_ones(std::size_t count, const Vector& in, Vector& out);
  void ratio(double share, const Vector& in, Vector& out);
  bool count_values(const Vector& in, Vector& out);

  Query& query_;
  const Aggregate& aggregate_;
  std::string value_label_;
  Signature signature_;
  FlatIndex index_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> group_of_;  // by place in `in`
  std::vector<window::LabelPair> pairs_;
};

}  // namespace hitwatch::promql
