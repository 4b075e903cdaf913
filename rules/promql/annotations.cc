#include "rules/promql/annotations.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/promql/go_number.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {
namespace {

std::string for_metric(std::string_view metric) {
  return metric.empty() ? "" : " for metric name " + window::quoted(metric);
}

std::string rfc3339(std::int64_t milliseconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(milliseconds / 1000)));
}

}  // namespace

void Annotations::add(bool warning, std::string text, Span at) {
  const std::string_view kind = warning ? "PromQL warning: " : "PromQL info: ";
  said_.emplace(std::string(kind) + std::move(text) + position_suffix(at, text_), warning);
}

void Annotations::invalid_quantile(double value, Span at) {
  add(true, "quantile value should be between 0 and 1, got " + format_general(value), at);
}

void Annotations::beyond(double value, bool ratio, Span at) {
  Beyond& place = beyond_.try_emplace(at.begin, Beyond{at, ratio, false, 0, 0}).first->second;
  if (std::isnan(value)) {
    place.nan = true;
    return;
  }
  place.least = std::min(place.least, value);
  place.greatest = std::max(place.greatest, value);
}

void Annotations::invalid_quantile_parameter(double value, Span at) { beyond(value, false, at); }

void Annotations::invalid_ratio_parameter(double value, Span at) { beyond(value, true, at); }

void Annotations::say_beyond(const Beyond& place) {
  const auto capped = [this, &place](double value, int bound) {
    add(true,
        fmt::format("ratio value should be between -1 and 1, got {}, capping to {}",
                    format_general(value), bound),
        place.at);
  };
  if (place.ratio) {
    if (place.greatest > 1) capped(place.greatest, 1);
    if (place.least < -1) capped(place.least, -1);
    return;
  }
  if (place.nan) invalid_quantile(std::numeric_limits<double>::quiet_NaN(), place.at);
  if (place.greatest > 1) invalid_quantile(place.greatest, place.at);
  if (place.least < 0) invalid_quantile(place.least, place.at);
}

void Annotations::ineffective_sort(Span at) {
  add(true, "sort is ineffective for range queries since results are always ordered by labels", at);
}

void Annotations::possible_non_counter(std::string_view metric, Span at) {
  add(false,
      "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
          window::quoted(metric),
      at);
}

void Annotations::bad_bucket_label(std::string_view metric, std::string_view value, Span at) {
  add(true,
      R"(bucket label "le" is missing or has a malformed value of )" + window::quoted(value) +
          for_metric(metric),
      at);
}

void Annotations::forced_monotonicity(std::string_view metric, const BucketQuantile& quantile,
                                      std::int64_t time, Span at) {
  const auto [place, fresh] = forced_.try_emplace(
      {at.begin, std::string(metric)}, Forced{at, quantile.lowest_bucket, quantile.highest_bucket,
                                              quantile.most_raised, 0, time, time});
  Forced& forced = place->second;
  forced.lowest_bucket = std::min(forced.lowest_bucket, quantile.lowest_bucket);
  forced.highest_bucket = std::max(forced.highest_bucket, quantile.highest_bucket);
  forced.most_raised = std::max(forced.most_raised, quantile.most_raised);
  forced.first = std::min(forced.first, time);
  forced.last = std::max(forced.last, time);
  ++forced.count;
}

std::vector<Annotation> Annotations::take() {
  for (const auto& [key, forced] : forced_) {
    add(false,
        fmt::format("input to histogram_quantile needed to be fixed for monotonicity (see "
                    "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                    "#histogram_quantile){}, from buckets {} to {}, with a max diff of {}, over {} "
                    "samples from {} to {}",
                    for_metric(key.second), format_general(forced.lowest_bucket),
                    format_general(forced.highest_bucket), format_general(forced.most_raised, 2),
                    forced.count, rfc3339(forced.first), rfc3339(forced.last)),
        forced.at);
  }
  forced_.clear();
  for (const auto& [key, place] : beyond_) say_beyond(place);
  beyond_.clear();
  std::vector<Annotation> annotations;
  annotations.reserve(said_.size());
  for (const auto& [text, warning] : said_) annotations.push_back({warning, text});
  said_.clear();
  return annotations;
}

}  // namespace hitwatch::promql
