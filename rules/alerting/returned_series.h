// The series that a rule returned at its last evaluation, with their samples.
//
// Most rules return the same series again and again, in the same order. Then only times and values
// are new, and no label is copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rules/alerting/alert.h"
#include "rules/alerting/rule.h"
#include "rules/promql/engine.h"

namespace hitwatch::alerting {

class ReturnedSeries {
 public:
  std::size_t size() const { return samples_.size(); }
  std::span<const Sample> samples() const { return samples_; }

  // If a recording rule's result is of just these series in this order, takes its values and
  // answers true. Else nothing can be said of the samples any more, but their labels are as before.
  bool renew(const Rule& rule, const promql::Result& result, std::int64_t time);
  // What the rule returned instead; no two of the same labels. Answers the labels of those that are
  // no more.
  std::vector<metrics::Labels> replace(std::vector<Sample> samples);
  // Their labels; there are none afterwards.
  std::vector<metrics::Labels> take();

 private:
  std::vector<Sample> samples_;
};

}  // namespace hitwatch::alerting
