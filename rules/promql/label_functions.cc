#include "rules/promql/label_functions.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/promql/replacement.h"
#include "rules/promql/utf8.h"

namespace hitwatch::promql {
namespace {

using window::Symbol;
using window::text_of;

constexpr std::size_t kEnough = 1U << 20U;  // more than any label may have

bool is_label_name(std::string_view name) { return !name.empty() && is_utf8(name); }

void set_label(Query& query, Element& element, Symbol label, Symbol value) {
  element.labels = query.labels().with(element.labels, {label, value});
  if (label == query.symbols().name()) element.drop_name = false;
}

}  // namespace

bool check_distinct(Query& query, const Vector& elements, std::size_t first) {
  FlatIndex seen;
  seen.reset(elements.size() - first);
  for (std::size_t i = first; i < elements.size(); ++i) {
    const auto known =
        seen.insert(elements[i].labels->hash(), static_cast<std::uint32_t>(i),
                    [&](std::uint32_t at) { return *elements[at].labels == *elements[i].labels; });
    if (known != FlatIndex::kNone) return query.fail_duplicates();
  }
  return query.work(elements.size() - first);
}

bool label_replace(CallContext& context, Vector& out) {
  Query& query = context.query;
  const std::string_view target = string_of(context.argument(1));
  const std::string_view pattern_text = string_of(context.argument(4));
  const re2::RE2* const pattern = query.pattern(pattern_text);
  if (pattern == nullptr) {
    return query.fail("invalid regular expression in label_replace(): " +
                      std::string(pattern_text));
  }
  if (!is_label_name(target)) {
    return query.fail("invalid destination label name in label_replace(): " + std::string(target));
  }
  const Replacement replacement(string_of(context.argument(2)), *pattern);
  const std::size_t first = out.size();
  if (!context.vector(0, out)) return false;

  const Symbol label = query.symbols().intern(target);
  const Symbol source = query.symbols().intern(string_of(context.argument(3)));
  std::unordered_map<Symbol, Symbol> replaced;  // nullptr: does not match
  for (std::size_t i = first; i < out.size(); ++i) {
    const Symbol value = out[i].labels->get(source);
    const auto [known, fresh] = replaced.try_emplace(value, nullptr);
    if (fresh) {
      if (const auto expanded = replacement.apply(text_of(value))) {
        if (!query.make_symbol(*expanded, known->second)) return false;
      }
    }
    if (known->second != nullptr) set_label(query, out[i], label, known->second);
  }
  return check_distinct(query, out, first);
}

bool label_join(CallContext& context, Vector& out) {
  Query& query = context.query;
  const std::string_view target = string_of(context.argument(1));
  const std::string_view separator = string_of(context.argument(2));
  std::vector<Symbol> sources;
  for (std::size_t i = 3; i < context.count(); ++i) {
    const std::string_view source = string_of(context.argument(i));
    if (!is_label_name(source)) {
      return query.fail("invalid source label name in label_join(): " + std::string(source));
    }
    sources.push_back(query.symbols().intern(source));
  }
  if (!is_label_name(target)) {
    return query.fail("invalid destination label name in label_join(): " + std::string(target));
  }
  const std::size_t first = out.size();
  if (!context.vector(0, out)) return false;

  const Symbol label = query.symbols().intern(target);
  std::string joined;
  for (std::size_t i = first; i < out.size(); ++i) {
    joined.clear();
    for (std::size_t k = 0; k < sources.size() && joined.size() < kEnough; ++k) {
      if (k > 0) joined += separator;
      joined += text_of(out[i].labels->get(sources[k]));
    }
    Symbol value = nullptr;
    if (!query.make_symbol(joined, value)) return false;
    set_label(query, out[i], label, value);
  }
  return check_distinct(query, out, first);
}

}  // namespace hitwatch::promql
