#include "rules/scripts/pin.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "rules/promql/ast_walk.h"
#include "rules/promql/functions.h"

namespace hitwatch::scripts {
namespace {

using promql::Expr;

constexpr std::array<std::string_view, 15> kClocks{
    "days_in_month", "day_of_month", "day_of_week", "day_of_year", "end",
    "hour",          "minute",       "month",       "year",        "predict_linear",
    "range",         "start",        "step",        "time",        "timestamp"};

void set_time(promql::Modifiers& modifiers, std::int64_t time) {
  using At = promql::Modifiers::At;
  if (modifiers.at == At::kTime) return;
  modifiers.at = At::kTime;
  modifiers.at_time = time;
}

}  // namespace

void pin(Expr& expr, std::int64_t time) {
  if (auto* const selector = std::get_if<promql::VectorSelector>(&expr.node)) {
    set_time(selector->modifiers, time);
  } else if (auto* const subquery = std::get_if<promql::Subquery>(&expr.node)) {
    set_time(subquery->modifiers, time);
  } else {
    // The walk is made for readers; the tree is the caller's to change.
    promql::for_each_child(expr, [&](const Expr& child) { pin(const_cast<Expr&>(child), time); });
  }
}

bool reads_the_clock(const Expr& expr) {
  const auto* const call = std::get_if<promql::Call>(&expr.node);
  if (call != nullptr && std::ranges::find(kClocks, call->function->name) != kClocks.end()) {
    return true;
  }
  bool found = false;
  promql::for_each_child(expr, [&](const Expr& child) { found = found || reads_the_clock(child); });
  return found;
}

}  // namespace hitwatch::scripts
