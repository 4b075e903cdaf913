// From an expression's result to samples with their final labels.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alerting/alert.h"
#include "rules/alerting/rule.h"
#include "rules/promql/engine.h"
#include "rules/window/label_set.h"

namespace hitwatch::alerting {

// The text of a template of the alert `alert` for a sample with these labels (`__name__` included,
// if it has one) and this value; if it fails, a text that says so. Called only for texts that hold
// a "{{".
using ExpandFunc =
    std::function<std::string(std::string_view alert, std::string_view text,
                              const metrics::Labels& labels, double value, std::int64_t time)>;

// The labels that a recording rule puts over those of its results: its own and its name.
class Overlay {
 public:
  explicit Overlay(const Rule& rule);
  metrics::Labels make(const window::LabelSet& labels) const;
  // Whether `made` is what `make` would answer.
  bool makes(const window::LabelSet& labels, const metrics::Labels& made) const;

 private:
  // Calls visit(name, value) for each label in order until it answers false.
  bool for_each(const window::LabelSet& labels, const auto& visit) const;

  metrics::Labels over_;  // sorted; one without a value takes the label away
};

// The result of a recording rule: its name and labels put onto each element. Elements that do not
// differ any more are an error of the whole rule.
std::expected<std::vector<Sample>, std::string> recorded(const Rule& rule,
                                                         const promql::Result& result,
                                                         std::int64_t time);

// The result of an alerting rule: the sample's labels without its name, the rule's over them, and
// `alertname`. Elements that do not differ any more are an error of the whole rule.
std::expected<std::vector<ActiveSample>, std::string> active_samples(const Rule& rule,
                                                                     const promql::Result& result,
                                                                     std::int64_t time,
                                                                     const ExpandFunc& expand);

}  // namespace hitwatch::alerting
