// Walks the tree of an expression at one moment after another.
//
// Every node belongs to one timeline: that of the query or that of the subquery it stands in. So a
// subquery is evaluated once for all moments that look at it, however deep it is nested.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/promql/aggregation.h"
#include "rules/promql/ast.h"
#include "rules/promql/matching.h"
#include "rules/promql/query.h"
#include "rules/promql/range_reader.h"
#include "rules/promql/sample_cursor.h"
#include "rules/promql/vector.h"

namespace hitwatch::promql {

struct CallImplementation;  // calls.h

class Evaluator {
 public:
  explicit Evaluator(Query& query) : query_(query) {}

  // Looks up series and functions and computes durations; to be called once, with the whole tree.
  // Like all below: false if the query has failed.
  bool prepare(const Expr& expr);

  bool scalar(const Expr& expr, Moment at, double& out);
  // Appends to `out`.
  bool vector(const Expr& expr, Moment at, Vector& out);
  // Sets `out` to the beginning of a range vector, which is read before the same node is asked for
  // another moment.
  bool ranges(const Expr& expr, Moment at, RangeReader& out);
  // Appends the elements of a selector with the times of their samples, in seconds, as values.
  bool sample_times(const Expr& expr, Moment at, Vector& out);
  // The same of the info series of a call of info().
  bool info_samples(const Expr& call, Moment at, Vector& out);

 private:
  // What is known of a node before and kept between its evaluations.
  struct Node {
    std::int64_t range = 0;  // milliseconds, of selectors and subqueries
    std::int64_t step = 0;   // of a subquery
    std::int64_t offset = 0;
    const std::vector<const window::Series*>* series = nullptr;
    RangeStore store;
    std::optional<SampleCursor> cursor;  // of an instant selector whose series are read once
    std::unique_ptr<VectorMatching> matching;
    std::unique_ptr<Aggregation> aggregation;
    const CallImplementation* call = nullptr;
    const Modifiers* modifiers = nullptr;  // of info(): of the selector whose time it reads
    // Of a subquery: the moments its expression is evaluated at.
    Timeline inner{};
  };

  bool prepare_node(const Expr& expr, const Binary& binary);
  bool prepare_node(const Expr& expr, const Aggregate& aggregate);
  bool prepare_node(const Expr& expr, const Call& call);
  bool prepare_info(const Expr& expr, const Call& call);
  bool prepare_node(const Expr& expr, const VectorSelector& selector);
  bool prepare_node(const Expr& expr, const MatrixSelector& selector);
  bool prepare_node(const Expr& expr, const Subquery& subquery);
  bool resolve_into(const Duration& duration, bool may_be_negative, std::int64_t& out);
  bool resolve_modifiers(const Modifiers& modifiers, Node& node);

  std::int64_t reference(const Modifiers& modifiers, std::int64_t offset, std::int64_t time) const;
  bool select(const Expr& expr, const VectorSelector& selector, Moment at, bool times, Vector& out);
  bool read_ahead(const Modifiers& modifiers, Node& node, const Timeline& timeline);
  bool ranges_of(const MatrixSelector& matrix, const Expr& expr, Moment at, RangeReader& out);
  bool ranges_of(const Subquery& subquery, const Expr& expr, Moment at, RangeReader& out);
  bool keep_rows(const std::vector<const window::Series*>& series, Range range, RangeStore& store);
  bool run_subquery(const Subquery& subquery, Node& node, Moment at);

  bool negate(const Unary& unary, Moment at, Vector& out);
  bool binary_vector(const Expr& expr, const Binary& binary, Moment at, Vector& out);
  bool vector_and_scalar(const Binary& binary, Moment at, Vector& out);
  bool aggregate(const Expr& expr, const Aggregate& aggregate, Moment at, Vector& out);
  bool binary_scalar(const Binary& binary, Moment at, double& out);

  Query& query_;
  std::unordered_map<const Expr*, Node> nodes_;
};

// What stands in the parentheses, if there are any.
const Expr& unwrap(const Expr& expr);
// The text of an expression that is a string.
std::string_view string_of(const Expr& expr);

}  // namespace hitwatch::promql
