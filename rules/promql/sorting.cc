#include "rules/promql/sorting.h"

#include <algorithm>
#include <cmath>

#include "rules/promql/natural_order.h"

namespace hitwatch::promql {
namespace {

void note_range_query(CallContext& context) {
  const Timeline& timeline = *context.at.timeline;
  if (timeline.start == timeline.end) return;
  context.query.annotations().ineffective_sort(context.expr.at);
}

bool sort_values(CallContext& context, Vector& out, bool descending) {
  note_range_query(context);
  const auto first = static_cast<std::ptrdiff_t>(out.size());
  if (!context.vector(0, out)) return false;
  std::stable_sort(out.begin() + first, out.end(), [descending](const auto& a, const auto& b) {
    if (std::isnan(a.value)) return false;
    if (std::isnan(b.value)) return true;
    return descending ? a.value > b.value : a.value < b.value;
  });
  return true;
}

int compare_texts(window::Symbol left, window::Symbol right) {
  if (left == right) return 0;
  return compare_naturally(left == nullptr ? std::string_view() : *left,
                           right == nullptr ? std::string_view() : *right);
}

bool sort_labels(CallContext& context, Vector& out, bool descending) {
  note_range_query(context);
  std::vector<window::Symbol> names;
  for (std::size_t i = 1; i < context.count(); ++i) {
    names.push_back(context.query.symbols().intern(string_of(context.argument(i))));
  }
  const auto less = [&names](const Element& left, const Element& right) {
    for (const window::Symbol name : names) {
      const int order = compare_texts(left.labels->get(name), right.labels->get(name));
      if (order != 0) return order < 0;
    }
    return window::less_by_text(*left.labels, *right.labels);
  };
  const auto first = static_cast<std::ptrdiff_t>(out.size());
  if (!context.vector(0, out)) return false;
  std::stable_sort(out.begin() + first, out.end(), [&](const Element& left, const Element& right) {
    return descending ? less(right, left) : less(left, right);
  });
  return true;
}

}  // namespace

bool sort(CallContext& context, Vector& out) { return sort_values(context, out, false); }
bool sort_desc(CallContext& context, Vector& out) { return sort_values(context, out, true); }
bool sort_by_label(CallContext& context, Vector& out) { return sort_labels(context, out, false); }
bool sort_by_label_desc(CallContext& context, Vector& out) {
  return sort_labels(context, out, true);
}

}  // namespace hitwatch::promql
