#include "rules/alerting/expand.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

namespace hitwatch::alerting {
namespace {

constexpr std::string_view kName = "__name__";

struct Element {
  metrics::Labels labels;
  double value;
};

std::unexpected<std::string> not_a_vector() {
  return std::unexpected<std::string>("rule result is not a vector or scalar");
}

std::expected<std::vector<Element>, std::string> elements_of(const promql::Result& result) {
  std::vector<Element> elements;
  if (result.type == promql::ValueType::kScalar) {
    elements.push_back(Element{{}, result.scalar});
    return elements;
  }
  if (result.type != promql::ValueType::kVector) {
    return not_a_vector();
  }
  elements.reserve(result.series.size());
  for (const promql::ResultSeries& series : result.series) {
    if (series.points.empty()) continue;
    Element element{{}, series.points.back().value};
    for (const window::LabelPair& pair : series.labels->pairs()) {
      element.labels.push_back(metrics::Label{*pair.name, *pair.value});
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

std::unexpected<std::string> not_different() {
  return std::unexpected<std::string>(
      "vector contains metrics with the same labelset after applying rule labels");
}

// The labels or annotations of a rule, for one sample.
metrics::Labels expand_all(const metrics::Labels& templates, const Rule& rule,
                           const Element& element, std::int64_t time, const ExpandFunc& expand) {
  metrics::Labels expanded = templates;
  if (!expand) return expanded;
  for (metrics::Label& label : expanded) {
    if (!label.value.contains("{{")) continue;
    label.value = expand(rule.name, label.value, element.labels, element.value, time);
  }
  return expanded;
}

}  // namespace

Overlay::Overlay(const Rule& rule) : over_(rule.labels) {
  std::erase_if(over_, [](const metrics::Label& label) { return label.name == kName; });
  over_.push_back({std::string(kName), rule.name});
  std::ranges::sort(over_, {}, &metrics::Label::name);
}

bool Overlay::for_each(const window::LabelSet& labels, const auto& visit) const {
  auto over = over_.begin();
  const auto visit_over = [&] {
    const metrics::Label& label = *over++;
    return label.value.empty() || visit(label.name, label.value);
  };
  for (const window::LabelPair& pair : labels.pairs()) {
    int order = 1;
    while (over != over_.end() && (order = pair.name->compare(over->name)) > 0) {
      if (!visit_over()) return false;
    }
    if (over != over_.end() && order == 0) continue;
    if (!visit(*pair.name, *pair.value)) return false;
  }
  while (over != over_.end()) {
    if (!visit_over()) return false;
  }
  return true;
}

metrics::Labels Overlay::make(const window::LabelSet& labels) const {
  metrics::Labels made;
  std::size_t count = 0;
  for_each(labels, [&](const std::string&, const std::string&) { return ++count > 0; });
  made.reserve(count);  // a rule keeps them, so no more than needed
  for_each(labels, [&](const std::string& name, const std::string& value) {
    made.push_back({name, value});
    return true;
  });
  return made;
}

bool Overlay::makes(const window::LabelSet& labels, const metrics::Labels& made) const {
  auto next = made.begin();
  return for_each(labels,
                  [&](const std::string& name, const std::string& value) {
                    if (next == made.end() || next->value != value || next->name != name) {
                      return false;
                    }
                    ++next;
                    return true;
                  }) &&
         next == made.end();
}

std::expected<std::vector<Sample>, std::string> recorded(const Rule& rule,
                                                         const promql::Result& result,
                                                         std::int64_t time) {
  const Overlay overlay(rule);
  if (result.type == promql::ValueType::kScalar) {
    return std::vector<Sample>{{overlay.make({}), time, result.scalar}};
  }
  if (result.type != promql::ValueType::kVector) return not_a_vector();
  std::vector<Sample> samples;
  samples.reserve(result.series.size());
  std::unordered_set<std::string> keys;
  keys.reserve(result.series.size());
  for (const promql::ResultSeries& series : result.series) {
    if (series.points.empty()) continue;
    const Sample& sample =
        samples.emplace_back(overlay.make(*series.labels), time, series.points.back().value);
    if (!keys.insert(label_key(sample.labels)).second) return not_different();
  }
  return samples;
}

std::expected<std::vector<ActiveSample>, std::string> active_samples(const Rule& rule,
                                                                     const promql::Result& result,
                                                                     std::int64_t time,
                                                                     const ExpandFunc& expand) {
  auto elements = elements_of(result);
  if (!elements) return std::unexpected(elements.error());
  std::vector<ActiveSample> active;
  std::set<std::string> keys;
  for (const Element& element : *elements) {
    metrics::Labels over = expand_all(rule.labels, rule, element, time, expand);
    over.push_back({std::string(kName), ""});
    over.push_back({"alertname", rule.name});
    ActiveSample sample;
    sample.labels = merge(element.labels, over);
    if (!keys.insert(label_key(sample.labels)).second) return not_different();
    sample.annotations = expand_all(rule.annotations, rule, element, time, expand);
    sample.value = element.value;
    active.push_back(std::move(sample));
  }
  return active;
}

}  // namespace hitwatch::alerting
