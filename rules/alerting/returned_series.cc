#include "rules/alerting/returned_series.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "rules/alerting/expand.h"

namespace hitwatch::alerting {

bool ReturnedSeries::renew(const Rule& rule, const promql::Result& result, std::int64_t time) {
  if (result.type != promql::ValueType::kVector || result.series.size() != samples_.size()) {
    return false;
  }
  const Overlay overlay(rule);
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const promql::ResultSeries& series = result.series[i];
    Sample& sample = samples_[i];
    if (series.points.empty() || !overlay.makes(*series.labels, sample.labels)) return false;
    sample.time = time;
    sample.value = series.points.back().value;
  }
  return true;
}

std::vector<metrics::Labels> ReturnedSeries::replace(std::vector<Sample> samples) {
  samples_.swap(samples);
  // From here on `samples` are the ones before. What is the same at both ends needs no search.
  const auto same = [](const Sample& before, const Sample& now) {
    return before.labels == now.labels;
  };
  auto [first, now_first] =
      std::mismatch(samples.begin(), samples.end(), samples_.begin(), samples_.end(), same);
  const auto [last, now_last] =
      std::mismatch(samples.rbegin(), std::make_reverse_iterator(first), samples_.rbegin(),
                    std::make_reverse_iterator(now_first), same);
  std::unordered_set<std::string> there;
  for (; now_first != now_last.base(); ++now_first) there.insert(label_key(now_first->labels));
  std::vector<metrics::Labels> ended;
  for (; first != last.base(); ++first) {
    if (!there.contains(label_key(first->labels))) ended.push_back(std::move(first->labels));
  }
  return ended;
}

std::vector<metrics::Labels> ReturnedSeries::take() {
  std::vector<metrics::Labels> labels;
  labels.reserve(samples_.size());
  for (Sample& sample : samples_) labels.push_back(std::move(sample.labels));
  samples_.clear();
  return labels;
}

}  // namespace hitwatch::alerting
