#include "rules/alerting/expand.h"

#include <set>
#include <utility>

namespace hitwatch::alerting {
namespace {

constexpr std::string_view kName = "__name__";

struct Element {
  metrics::Labels labels;
  double value;
};

std::expected<std::vector<Element>, std::string> elements_of(const promql::Result& result) {
  std::vector<Element> elements;
  if (result.type == promql::ValueType::kScalar) {
    elements.push_back(Element{{}, result.scalar});
    return elements;
  }
  if (result.type != promql::ValueType::kVector) {
    return std::unexpected("rule result is not a vector or scalar");
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

std::expected<std::vector<Sample>, std::string> recorded(const Rule& rule,
                                                         const promql::Result& result,
                                                         std::int64_t time) {
  auto elements = elements_of(result);
  if (!elements) return std::unexpected(elements.error());
  metrics::Labels over = rule.labels;
  over.push_back({std::string(kName), rule.name});
  std::vector<Sample> samples;
  std::set<std::string> keys;
  for (const Element& element : *elements) {
    // An empty value of the rule takes the label away.
    metrics::Labels labels = merge(element.labels, over);
    if (!keys.insert(label_key(labels)).second) return not_different();
    samples.push_back(Sample{std::move(labels), time, element.value});
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
