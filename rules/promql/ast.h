// The syntax tree of a PromQL expression.
//
// Made by parse() (parser.h), checked for types before anybody gets it, printed by print()
// (printer.h). Plain data: the evaluator reads it and changes nothing, so one tree may be evaluated
// by several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/promql/position.h"
#include "rules/window/matcher.h"

namespace hitwatch::promql {

// What an expression yields.
enum class ValueType : std::uint8_t { kScalar, kVector, kMatrix, kString };
// "scalar", "instant vector", "range vector", "string"
std::string_view type_text(ValueType type);

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// A length of time. Mostly a constant; `[5m * 2]`, `offset step()` and the like are expressions
// over numbers (seconds) and the query's step and range, computed when a query begins (resolve() in
// duration.h): of NumberLiteral, Paren, Unary, Binary (arithmetic) and Call (step, range, min_of,
// max_of).
struct Duration {
  std::int64_t milliseconds = 0;  // if there is no expression
  ExprPtr expression;             // null for a constant
};

struct NumberLiteral {
  double value;
  bool duration = false;  // written as `5m`, and so printed
};

struct StringLiteral {
  std::string value;
};

struct Paren {
  ExprPtr expr;
};

struct Unary {
  bool minus;
  ExprPtr expr;
};

enum class BinaryOp : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kUnless
};
std::string_view op_text(BinaryOp op);
bool is_comparison(BinaryOp op);
bool is_set_operator(BinaryOp op);

enum class Cardinality : std::uint8_t { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

struct Matching {
  Cardinality cardinality = Cardinality::kOneToOne;
  bool on = false;                   // else ignoring
  bool given = false;                // on(…) or ignoring(…) was written
  std::vector<std::string> labels;   // of on or ignoring
  std::vector<std::string> include;  // of group_left or group_right
  // fill(…), fill_left(…), fill_right(…): the value of a missing partner.
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  Matching matching;  // of two vectors
  ExprPtr left;
  ExprPtr right;
};

enum class AggregateOp : std::uint8_t {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kCountValues,
  kQuantile,
  kLimitk,
  kLimitRatio
};
std::string_view op_text(AggregateOp op);
bool has_parameter(AggregateOp op);

struct Aggregate {
  AggregateOp op = AggregateOp::kSum;
  bool without = false;
  std::vector<std::string> grouping;
  ExprPtr parameter;  // null for those that have none
  ExprPtr expr;
};

struct Function;  // functions.h

struct Call {
  const Function* function = nullptr;  // of the static table
  std::vector<ExprPtr> arguments;
};

// `@` and `offset` of a selector or subquery.
struct Modifiers {
  enum class At : std::uint8_t { kNone, kTime, kStart, kEnd };
  At at = At::kNone;
  std::int64_t at_time = 0;  // milliseconds, of kTime
  std::optional<Duration> offset;
};

struct VectorSelector {
  std::string name;  // as written before the braces; "" if none. Also among the matchers.
  std::vector<window::Matcher> matchers;  // in the order of the text, that of `name` last
  Modifiers modifiers;
};

struct MatrixSelector {
  ExprPtr vector;  // a VectorSelector, which has the modifiers
  Duration range;
};

struct Subquery {
  ExprPtr expr;
  Duration range;
  std::optional<Duration> step;  // none: the evaluation interval
  Modifiers modifiers;
};

struct Expr {
  using Node = std::variant<NumberLiteral, StringLiteral, Paren, Unary, Binary, Aggregate, Call,
                            VectorSelector, MatrixSelector, Subquery>;
  Node node;
  ValueType type = ValueType::kScalar;
  Span at;
  Span head;  // of a binary operation: the operator; of calls and aggregations: the name
  std::uint32_t height = 1;  // of the tree from here on, duration expressions included
};

}  // namespace hitwatch::promql
