#include "agent/tap_check.h"

#include <algorithm>
#include <cmath>

namespace hitwatch {
namespace {

TapTotals difference(const TapTotals& later, const TapTotals& earlier) {
  return {.hits = later.hits - earlier.hits,
          .misses = later.misses - earlier.misses,
          .undecided = later.undecided - earlier.undecided,
          .commands = later.commands - earlier.commands,
          .scripts = later.scripts - earlier.scripts};
}

double lookups_of(const TapTotals& totals) {
  return totals.hits + totals.misses + totals.undecided;
}

bool has_fallen(const TapTotals& now, const TapTotals& before) {
  return now.hits < before.hits || now.misses < before.misses || now.commands < before.commands ||
         now.undecided < before.undecided || now.scripts < before.scripts;
}

// How far `value` is from a range.
double beyond(double value, double least, double most) {
  return std::max({0.0, least - value, value - most});
}

// Of counts. With scripts the server may have counted any number more.
double difference_of_counts(const TapTotals& seen, const TapTotals& told) {
  const double more = seen.scripts > 0 ? INFINITY : 0;
  const double hits = beyond(told.hits, seen.hits, seen.hits + seen.undecided + more);
  const double misses = beyond(told.misses, seen.misses, seen.misses + seen.undecided + more);
  const double total = beyond(lookups_of(told), lookups_of(seen), lookups_of(seen) + more);
  return std::max(hits + misses, total) / std::max(lookups_of(told), lookups_of(seen));
}

// Of ratios: told against the range that the undecided leave.
double difference_of_ratios(const TapTotals& seen, const TapTotals& told) {
  const double least = seen.hits / lookups_of(seen);
  const double most = (seen.hits + seen.undecided) / lookups_of(seen);
  return beyond(told.hits / lookups_of(told), least, most);
}

}  // namespace

bool TapCheck::continues(const std::string& run_id, const TapTotals& seen, const TapTotals& told,
                         bool whole) const {
  if (moments_.empty()) return true;
  const Moment& last = moments_.back();
  return run_id == run_id_ && whole == whole_ && !has_fallen(seen, last.seen) &&
         !has_fallen(told, last.told);
}

void TapCheck::take(const std::string& run_id, const TapTotals& seen, const TapTotals& told,
                    bool whole, Clock::time_point now) {
  if (!continues(run_id, seen, told, whole)) moments_.clear();
  run_id_ = run_id;
  whole_ = whole;
  moments_.push_back({now, seen, told});
  drop_old(now);
}

void TapCheck::drop_old(Clock::time_point now) {
  const auto suffices = [&](const Moment& first) {
    return now - first.at >= kLeastWindow &&
           lookups_of(difference(moments_.back().told, first.told)) >= kEnoughLookups;
  };
  while (moments_.size() > 2 && (moments_.size() > kMaxPolls || suffices(moments_[1]))) {
    moments_.pop_front();
  }
}

std::optional<double> TapCheck::disagreement() const {
  if (moments_.size() < 2 || moments_.back().at - moments_.front().at < kLeastToTell) {
    return std::nullopt;
  }
  const TapTotals seen = difference(moments_.back().seen, moments_.front().seen);
  const TapTotals told = difference(moments_.back().told, moments_.front().told);
  if (std::max(lookups_of(seen), lookups_of(told)) < kEnoughLookups) return std::nullopt;
  if (whole_) return difference_of_counts(seen, told);
  if (lookups_of(seen) < kEnoughLookups || lookups_of(told) == 0) return std::nullopt;
  // What scripts look up is in one of the ratios only.
  if (seen.scripts > 0) return std::nullopt;
  return difference_of_ratios(seen, told);
}

std::optional<double> TapCheck::coverage() const {
  if (moments_.size() < 2) return std::nullopt;
  const double told = moments_.back().told.commands - moments_.front().told.commands;
  if (!(told > 0)) return std::nullopt;
  return (moments_.back().seen.commands - moments_.front().seen.commands) / told;
}

}  // namespace hitwatch
