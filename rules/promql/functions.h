// The table of functions: names and signatures. What they compute stands in the evaluator's files.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/promql/ast.h"

namespace hitwatch::promql {

enum class FunctionId : std::uint8_t;  // one per function; listed in functions.cc's order below

struct Function {
  std::string_view name;
  FunctionId id;
  ValueType returns;
  std::span<const ValueType> arguments;
  // How many of the last arguments may be left out; -1: the last may be repeated or left out.
  int optional = 0;
  // Only with Prometheus' --enable-feature=promql-experimental-functions. We offer them always.
  bool experimental = false;
};

const Function* find_function(std::string_view name);
std::span<const Function> all_functions();

}  // namespace hitwatch::promql
