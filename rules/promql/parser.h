// Reads PromQL (Prometheus 3.x) and checks types.
// Grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/ and /operators/.
#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "rules/promql/ast.h"

namespace hitwatch::promql {

struct ParseLimits {
  std::size_t text = 128U << 10;  // bytes
  std::size_t height = 500;       // of the tree; nesting beyond is refused, without deep recursion
};

// The whole text must be one expression. Takes linear time and, on a bad text, answers the first
// thing that is wrong with it.
std::expected<ExprPtr, ParseError> parse(std::string_view text, ParseLimits limits = {});

// A metric with labels as in test scripts and the API's match[]: `up{job="redis"}`. Unlike in an
// expression, `{}` and what else matches series without any label is accepted.
std::expected<std::vector<window::Matcher>, ParseError> parse_selector(std::string_view text);

}  // namespace hitwatch::promql
