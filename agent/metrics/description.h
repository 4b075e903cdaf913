// What there is to say of a metric before it has a value: its HELP and TYPE lines, and what the
// reference of metrics adds to them. Tables of descriptions are what metrics are made from.
#pragma once

#include <prometheus/metric_family.h>

#include <string_view>
#include <vector>

#include "agent/metrics/family.h"

namespace hitwatch::metrics {

struct Description {
  std::string_view name;
  Type type = Type::kGauge;
  std::string_view help;
  // Names with commas between, beside those that all series of a target have. Not every series has
  // each.
  std::string_view labels = {};
  // The configuration that it takes; "" if none.
  std::string_view needs = {};
  bool ours = false;  // a metric of a server that redis_exporter does not have
};

// A counter or gauge of which the value is all that is to be read.
template <typename Figures>
struct FigureRow {
  Description about;
  double (*value)(const Figures&);
};

// A family without samples.
prometheus::MetricFamily family_of(const Description& description);

// Adds a sample to a family of counters or gauges.
prometheus::ClientMetric& add_sample(prometheus::MetricFamily& family, double value);

// A family for each row, with one sample.
template <typename Rows, typename Figures>
void add_figures(std::vector<prometheus::MetricFamily>& families, const Rows& rows,
                 const Figures& figures) {
  for (const auto& row : rows) {
    add_sample(families.emplace_back(family_of(row.about)), row.value(figures));
  }
}

// Adds what is said of the rows of a table.
template <typename Rows>
void describe(std::vector<Description>& descriptions, const Rows& rows) {
  for (const auto& row : rows) descriptions.push_back(row.about);
}

}  // namespace hitwatch::metrics
