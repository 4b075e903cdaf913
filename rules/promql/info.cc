#include "rules/promql/info.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/promql/ast_walk.h"
#include "rules/promql/label_functions.h"

namespace hitwatch::promql {
namespace {

using window::LabelPair;
using window::Matcher;
using window::Matchers;
using window::Symbol;
using window::text_of;

constexpr std::string_view kMetricName = "__name__";
constexpr std::string_view kDefaultName = "target_info";
constexpr std::size_t kIdentifying = 2;

bool is_of_name(const Matcher& matcher) { return matcher.name() == kMetricName; }

// What tells one target from another, at one moment.
class Join {
 public:
  explicit Join(CallContext& context)
      : query_(context.query),
        matchers_(info_matchers(context.call)),
        identifying_{query_.symbols().intern("instance"), query_.symbols().intern("job")} {
    for (const Matcher& matcher : matchers_) {
      if (is_of_name(matcher)) continue;
      asked_.insert(query_.symbols().intern(matcher.name()));
      needed_ = needed_ || !matcher.matches("");
    }
  }

  // Of what is given, the series that are no info series themselves.
  void read_base(const Vector& base) {
    for (const Element& element : base) {
      if (is_info(element)) continue;
      for (std::size_t i = 0; i < kIdentifying; ++i) {
        const Symbol value = element.labels->get(identifying_[i]);
        if (value != nullptr) known_[i].insert(value);
      }
    }
  }

  // `infos` have the times of their samples as values: of a target's, the newest counts.
  bool read_infos(const Vector& infos) {
    for (const Element& element : infos) {
      if (!is_wanted(element)) continue;
      const Symbol name = name_of(element);
      names_.insert(name);
      const auto [place, fresh] = infos_.try_emplace(key(name, element), element);
      if (fresh || place->second.value > element.value) continue;
      if (place->second.value == element.value) {
        return query_.fail(fmt::format(
            "found duplicate series for info metric: existing {} @ {:.0f}, new {} @ {:.0f}",
            window::to_braced_string(*place->second.labels), place->second.value * 1000,
            window::to_braced_string(*element.labels), element.value * 1000));
      }
      place->second = element;
    }
    return query_.work(infos.size());
  }

  bool add(const Element& element, Vector& out) {
    if (is_info(element)) {
      out.push_back(element);
      return true;
    }
    if (!query_.work(names_.size() + 1)) return false;
    added_.clear();
    bool matched = false;
    for (const Symbol name : names_) {
      const auto found = infos_.find(key(name, element));
      if (found == infos_.end()) continue;
      matched = true;
      if (!add_labels(*found->second.labels, *element.labels)) return false;
    }
    // Who asks for a label asks for the series whose info series has it.
    if (!matched && needed_) return true;
    pairs_.assign(element.labels->pairs().begin(), element.labels->pairs().end());
    for (const LabelPair& pair : added_) put(pairs_, pair);
    out.push_back({query_.labels().make(pairs_), element.value, element.drop_name});
    return true;
  }

 private:
  using Key = std::array<Symbol, kIdentifying + 1>;

  Symbol name_of(const Element& element) const {
    return element.labels->get(query_.symbols().name());
  }
  Key key(Symbol name, const Element& element) const {
    return {name, element.labels->get(identifying_[0]), element.labels->get(identifying_[1])};
  }

  bool is_info(const Element& element) const {
    const std::string_view name = text_of(name_of(element));
    return std::ranges::all_of(matchers_, [name](const Matcher& matcher) {
      return !is_of_name(matcher) || matcher.matches(name);
    });
  }

  // Whether it is of a target of the base series, by each label that any of them has.
  bool is_wanted(const Element& element) const {
    if (std::ranges::all_of(known_, [](const auto& values) { return values.empty(); })) {
      return false;
    }
    for (std::size_t i = 0; i < kIdentifying; ++i) {
      if (known_[i].empty()) continue;
      if (!known_[i].contains(element.labels->get(identifying_[i]))) return false;
    }
    return true;
  }

  // Labels that the base series has already stay as they are.
  bool add_labels(const window::LabelSet& labels, const window::LabelSet& base) {
    for (const LabelPair& pair : labels.pairs()) {
      if (pair.name == query_.symbols().name()) continue;
      if (!asked_.empty() && !asked_.contains(pair.name)) continue;
      const auto twin = std::ranges::find(added_, pair.name, &LabelPair::name);
      if (twin != added_.end()) {
        if (twin->value != pair.value) {
          return query_.fail(fmt::format("conflicting label: {}", *pair.name));
        }
        continue;
      }
      if (base.get(pair.name) == nullptr) added_.push_back(pair);
    }
    return true;
  }

  Query& query_;
  Matchers matchers_;
  std::array<Symbol, kIdentifying> identifying_;
  std::unordered_set<Symbol> asked_;  // labels that were asked for; none: all
  bool needed_ = false;               // one of them must be there
  std::array<std::unordered_set<Symbol>, kIdentifying> known_;
  std::unordered_set<Symbol> names_;  // of info series
  std::map<Key, Element> infos_;
  std::vector<LabelPair> added_;
  std::vector<LabelPair> pairs_;
};

}  // namespace

Matchers info_matchers(const Call& call) {
  Matchers matchers;
  if (call.arguments.size() > 1) {
    const auto* const selector = std::get_if<VectorSelector>(&call.arguments[1]->node);
    if (selector != nullptr) matchers = selector->matchers;
  }
  if (std::ranges::none_of(matchers, is_of_name)) {
    auto by_default =
        Matcher::make(Matcher::Kind::kEqual, std::string(kMetricName), std::string(kDefaultName));
    if (by_default) matchers.push_back(*std::move(by_default));
  }
  return matchers;
}

const VectorSelector* first_selector(const Expr& expr) {
  if (const auto* const selector = std::get_if<VectorSelector>(&expr.node)) return selector;
  const VectorSelector* first = nullptr;
  for_each_child(expr, [&first](const Expr& child) {
    if (first == nullptr) first = first_selector(child);
  });
  return first;
}

bool info(CallContext& context, Vector& out) {
  VectorPool::Lease base(context.query.vectors());
  VectorPool::Lease infos(context.query.vectors());
  if (!context.vector(0, *base)) return false;
  if ((*base).empty()) return true;
  if (!context.evaluator.info_samples(context.expr, context.at, *infos)) return false;
  Join join(context);
  join.read_base(*base);
  if (!join.read_infos(*infos)) return false;
  const std::size_t first = out.size();
  for (const Element& element : *base) {
    if (!join.add(element, out)) return false;
  }
  return check_distinct(context.query, out, first);
}

}  // namespace hitwatch::promql
