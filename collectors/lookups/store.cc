#include "collectors/lookups/store.h"

#include <algorithm>
#include <utility>

#include "collectors/lookups/tables.h"

namespace hitwatch::lookups {
namespace {

// What the closed slots may take. Ten thousand tenants with five types each, a lookup a second in
// each, take some 25 MB at full resolution.
constexpr std::size_t kMostSlotBytes = 24U << 20;
constexpr std::chrono::minutes kBusyPeriod{1};

}  // namespace

Store::Store(std::vector<keys::Rule> rules, Limits limits, Clock::time_point now)
    : tables_(std::make_unique<Tables>(std::move(rules), limits)),
      slots_(std::make_unique<ClosedSlots>(kMostSlotBytes)),
      open_since_(now),
      busy_decided_(now) {}

Store::~Store() = default;

void Store::configure(std::vector<keys::Rule> rules, Limits limits) {
  const std::scoped_lock lock(mutex_);
  tables_->configure(std::move(rules), limits);
}

Store::Recorder::Recorder(Store& store) : store_(store), lock_(store.mutex_) {}

void Store::Recorder::count(const Subject& subject, Source source, Outcome outcome, double weight) {
  Tables& tables = *store_.tables_;
  const Tables::Place& place = tables.place(subject, source, weight);
  switch (outcome) {
    case Outcome::kHit:
      tables.count_hits(place, weight);
      break;
    case Outcome::kMiss:
      tables.count_misses(place, weight);
      break;
    case Outcome::kError:
      tables.count_error(place, weight);
      break;
  }
}

void Store::Recorder::take(const Subject& subject, Source source, const Observation& observation) {
  constexpr double kLeastWeight = 1;
  const double lookups = observation.hits + observation.misses + observation.errors;
  Tables& tables = *store_.tables_;
  tables.take(tables.place(subject, source, std::max(lookups, kLeastWeight)), observation);
}

void Store::Recorder::time(const Subject& subject, Source source, double seconds, double weight) {
  Tables& tables = *store_.tables_;
  tables.time(tables.place(subject, source, weight), seconds, weight);
}

void Store::Recorder::trace(const Subject& subject, Source source, const Exemplar& exemplar) {
  Tables& tables = *store_.tables_;
  constexpr double kNoWeight = 0;
  tables.trace(tables.place(subject, source, kNoWeight), exemplar);
}

void Store::Recorder::time(const Subject& subject, Source source,
                           std::span<const BucketCount> counts, double sum) {
  Tables& tables = *store_.tables_;
  double weight = 0;
  for (const BucketCount& each : counts) weight += static_cast<double>(each.count);
  tables.time(tables.place(subject, source, weight), counts, sum);
}

void Store::Recorder::count_past(const Subject& subject, Source source, double hits,
                                 double misses) {
  Tables& tables = *store_.tables_;
  constexpr double kNoWeight = 0;  // they say nothing of who is busy now
  tables.count_past(tables.place(subject, source, kNoWeight), hits, misses);
}

void Store::tick(Clock::time_point now) {
  if (now - busy_decided_ >= kBusyPeriod) {
    const std::scoped_lock lock(mutex_);
    tables_->decide_busy(now);
    busy_decided_ = now;
  }
  if (now - open_since_ < kSlot) return;
  ClosedSlots settled = close_slot(now);
  settled.settle();
  const std::scoped_lock lock(slots_mutex_);
  *slots_ = std::move(settled);
}

// Gives a copy of all closed slots.
ClosedSlots Store::close_slot(Clock::time_point now) {
  const std::scoped_lock slots_lock(slots_mutex_);
  const Tables::Closing closed = [this] {
    const std::scoped_lock lock(mutex_);
    return tables_->take_open_slot();
  }();
  slots_->add({.begin = open_since_,
               .end = now,
               .bytes = std::make_shared<const std::string>(closed.encode())});
  open_since_ = now;
  return *slots_;
}

Store::Counters Store::counters() const {
  const std::scoped_lock slots_lock(slots_mutex_);
  const std::scoped_lock lock(mutex_);
  Counters counters = tables_->counters;
  counters.tenants = tables_->tenants().size() - (kOverflow + 1);
  counters.recent_bytes = slots_->bytes();
  return counters;
}

}  // namespace hitwatch::lookups
