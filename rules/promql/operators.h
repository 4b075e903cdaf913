// Binary operators on two numbers.
#pragma once

#include <cmath>

#include "rules/promql/ast.h"

namespace hitwatch::promql {

struct Operated {
  double value;
  bool keep;  // false: a comparison that does not hold
};

// Arithmetic is IEEE 754's, % C's fmod; a comparison answers its left operand.
inline Operated operate(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return {left + right, true};
    case BinaryOp::kSub:
      return {left - right, true};
    case BinaryOp::kMul:
      return {left * right, true};
    case BinaryOp::kDiv:
      return {left / right, true};
    case BinaryOp::kMod:
      return {std::fmod(left, right), true};
    case BinaryOp::kPow:
      return {std::pow(left, right), true};
    case BinaryOp::kAtan2:
      return {std::atan2(left, right), true};
    case BinaryOp::kEqual:
      return {left, left == right};
    case BinaryOp::kNotEqual:
      return {left, left != right};
    case BinaryOp::kLess:
      return {left, left < right};
    case BinaryOp::kLessEqual:
      return {left, left <= right};
    case BinaryOp::kGreater:
      return {left, left > right};
    case BinaryOp::kGreaterEqual:
      return {left, left >= right};
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kUnless:
      break;  // of vectors only
  }
  return {left, false};
}

}  // namespace hitwatch::promql
