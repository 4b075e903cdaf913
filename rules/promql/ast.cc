#include "rules/promql/ast.h"

#include <array>
#include <cstddef>

namespace hitwatch::promql {

namespace {

constexpr auto kTypes =
    std::to_array<std::string_view>({"scalar", "instant vector", "range vector", "string"});
constexpr auto kBinaryOps =
    std::to_array<std::string_view>({"+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<",
                                     "<=", ">", ">=", "and", "or", "unless"});
constexpr auto kAggregateOps = std::to_array<std::string_view>(
    {"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk",
     "count_values", "quantile", "limitk", "limit_ratio"});

}  // namespace

std::string_view type_text(ValueType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::string_view op_text(BinaryOp op) { return kBinaryOps[static_cast<std::size_t>(op)]; }

bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterEqual; }

bool is_set_operator(BinaryOp op) { return op >= BinaryOp::kAnd; }

std::string_view op_text(AggregateOp op) { return kAggregateOps[static_cast<std::size_t>(op)]; }

bool has_parameter(AggregateOp op) { return op >= AggregateOp::kTopk; }

}  // namespace hitwatch::promql
