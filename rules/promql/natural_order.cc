#include "rules/promql/natural_order.h"

#include <algorithm>

namespace hitwatch::promql {
namespace {

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// The longest start of digits alone, or of anything else.
std::string_view take_run(std::string_view& text) {
  const bool digits = is_decimal(text.front());
  const auto end =
      std::ranges::find_if(text, [digits](char c) { return is_decimal(c) != digits; }) -
      text.begin();
  const std::string_view run = text.substr(0, static_cast<std::size_t>(end));
  text.remove_prefix(run.size());
  return run;
}

int compare_numbers(std::string_view left, std::string_view right) {
  left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
  right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

}  // namespace

int compare_naturally(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const std::string_view a = take_run(left);
    const std::string_view b = take_run(right);
    const int order =
        is_decimal(a.front()) && is_decimal(b.front()) ? compare_numbers(a, b) : a.compare(b);
    if (order != 0) return order;
  }
  if (left.empty() != right.empty()) return left.empty() ? -1 : 1;
  return 0;
}

}  // namespace hitwatch::promql
