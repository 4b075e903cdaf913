// How functions are computed: a table by their names (functions.h has their signatures).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "rules/promql/ast.h"
#include "rules/promql/evaluator.h"
#include "rules/promql/query.h"
#include "rules/promql/range_math.h"

namespace hitwatch::promql {

struct CallContext {
  Evaluator& evaluator;
  Query& query;
  const Expr& expr;  // the call
  const Call& call;  // its node
  Moment at;

  const Expr& argument(std::size_t index) const { return *call.arguments[index]; }
  std::size_t count() const { return call.arguments.size(); }
  bool scalar(std::size_t index, double& out) const {
    return evaluator.scalar(argument(index), at, out);
  }
  bool vector(std::size_t index, Vector& out) const {
    return evaluator.vector(argument(index), at, out);
  }
};

// Of each element's value; without an argument, of the time in seconds.
using MapFunction = double (*)(double value);

struct RangeArguments {
  Range range;
  std::int64_t time;  // of the evaluation
  double scalars[2];  // the call's other arguments, in order
};
struct RangeFunction {
  std::optional<double> (*compute)(Points points, const RangeArguments& arguments);
  bool keeps_name = false;
  bool of_counter = false;
  // Looks at the other arguments before the first series is computed; null if there is nothing to
  // look at. False: the query has failed.
  bool (*check)(CallContext& context, const RangeArguments& arguments) = nullptr;
};

// Appends to `out`; false: the query has failed.
using VectorFunction = bool (*)(CallContext& context, Vector& out);
using ScalarFunction = bool (*)(CallContext& context, double& out);

struct CallImplementation {
  std::string_view name;
  std::variant<MapFunction, RangeFunction, VectorFunction, ScalarFunction> how;
};

// nullptr: there is none.
const CallImplementation* find_implementation(std::string_view name);

bool call_vector(const CallImplementation& implementation, CallContext context, Vector& out);

}  // namespace hitwatch::promql
