#include "collectors/apps/statsd_counting.h"

namespace hitwatch::apps {
namespace {

std::optional<Rejection> check_count(const StatsdSample& sample) {
  if (sample.type != StatsdType::kCounter) return Rejection::kWrongType;
  if (sample.number < 0) return Rejection::kNegative;
  if (sample.number / sample.rate > lookups::kMaxWeight) return Rejection::kValue;
  return std::nullopt;
}

std::optional<Rejection> check_time(const StatsdSample& sample) {
  constexpr double kMostMilliseconds = lookups::kMaxSeconds * 1000;
  switch (sample.type) {
    case StatsdType::kTiming:
    case StatsdType::kHistogram:
    case StatsdType::kDistribution:
      break;
    default:
      return Rejection::kWrongType;
  }
  if (sample.number < 0) return Rejection::kNegative;
  if (sample.number > kMostMilliseconds) return Rejection::kValue;
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_samples(const StatsdLine& line, StatsdMeaning::Kind kind) {
  for (const StatsdSample& sample : line.samples) {
    const auto fault =
        kind == StatsdMeaning::Kind::kLatency ? check_time(sample) : check_count(sample);
    if (fault) return fault;
  }
  return std::nullopt;
}

}  // namespace hitwatch::apps
