#include "collectors/apps/otlp_intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>

#include "collectors/lookups/exemplar.h"
#include "collectors/lookups/hash.h"
#include "collectors/lookups/label_value.h"

namespace hitwatch::apps {
namespace {

using std::chrono::nanoseconds;

// Of a batch under the store's lock, which others wait for.
constexpr std::size_t kPointsALock = 1000;
constexpr std::uint64_t kAhead = nanoseconds(std::chrono::hours(1)).count();
constexpr std::uint64_t kForgetAfter = nanoseconds(std::chrono::hours(1)).count();
constexpr std::uint64_t kForgetAfterWhenFull = nanoseconds(std::chrono::minutes(5)).count();
constexpr std::uint64_t kMakeRoomEvery = nanoseconds(std::chrono::seconds(10)).count();
constexpr std::uint64_t kForgetEvery = nanoseconds(std::chrono::minutes(1)).count();

struct RefusalText {
  std::string_view word;
  std::string_view sentence;  // after "3 points (cache.hits): ", where the first was
};
constexpr auto kRefusalTexts = std::to_array<RefusalText>({
    {"kind",
     "not of the kind that is counted: monotonic Sums and histograms for lookups, histograms for "
     "latencies"},
    {"temporality", "the aggregation temporality is neither delta nor cumulative"},
    {"unit", "the unit is none of s, ms, us, ns; give one in the mapping"},
    {"attributes", "more than 128 attributes, or a label of more than 4096 bytes"},
    {"result", "the attribute of the result is missing or has a value that the mapping lacks"},
    {"time", "no time, one before its start, or one more than an hour ahead"},
    {"value", "no number, one below zero, or one out of bounds"},
    {"buckets", "the buckets contradict each other, or there are more than 2048"},
    {"out_of_order", "as old as the last point of the stream, or older"},
    {"overlap",
     "of a time that was counted already, or two senders share a stream: give each a "
     "service.instance.id"},
    {"streams", "too many streams"},
});
static_assert(kRefusalTexts.size() == kOtlpRefusals);

struct TimeUnit {
  std::string_view name;
  double seconds;
};
constexpr auto kTimeUnits = std::to_array<TimeUnit>({{"", 1},
                                                     {"s", 1},
                                                     {"ms", 1e-3},
                                                     {"us", 1e-6},
                                                     {"\u00b5s", 1e-6},
                                                     {"\u03bcs", 1e-6},
                                                     {"ns", 1e-9}});

bool is_histogram(OtlpKind kind) {
  return kind == OtlpKind::kHistogram || kind == OtlpKind::kExponential;
}

// The order of attributes says nothing, so hashes are added up.
std::uint64_t hash_attributes(const std::vector<OtlpAttribute>& attributes, std::uint64_t key) {
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t sum = 0;
  for (const OtlpAttribute& attribute : attributes) {
    const OtlpValue& value = attribute.value;
    const std::uint64_t hash = lookups::hash_bytes(attribute.key, key);
    const std::uint64_t kind = static_cast<std::uint64_t>(value.kind) * kOdd;
    sum += lookups::hash_bytes(value.bytes, hash ^ lookups::mixed(value.bits + kind, key | 1));
  }
  return sum;
}

// Asks whether all that will be counted can be read.
class OtlpChecker final : public OtlpSink {
 public:
  explicit OtlpChecker(const OtlpMapping& mapping) : mapping_(mapping) {}
  void take_producer(const OtlpProducer&) override {}
  OtlpWanted take_metric(const OtlpMetric& metric) override {
    return mapping_.find(metric.name) == nullptr ? OtlpWanted::kNothing : OtlpWanted::kCheck;
  }
  void take_point(const OtlpMetric&, const OtlpPoint&) override {}

 private:
  const OtlpMapping& mapping_;
};

}  // namespace

std::string_view otlp_refusal_word(OtlpRefusal refusal) {
  return kRefusalTexts[static_cast<std::size_t>(refusal)].word;
}

OtlpIntake::OtlpIntake(lookups::Store& store, std::uint64_t now)
    : store_(store), mapping_({}), hash_key_(lookups::random_hash_key()), complete_since_(now) {}

void OtlpIntake::configure(const std::vector<OtlpMeaning>& mapping, std::uint64_t now) {
  if (mapping == configured_) return;
  configured_ = mapping;
  mapping_ = OtlpMapping(mapping);
  ++generation_;
  complete_since_ = now;
}

std::optional<OtlpIntake::Outcome> OtlpIntake::take(std::string_view body, std::uint64_t now) {
  now_ = now;
  told_ = {};
  OtlpChecker checker(mapping_);
  if (!reader_.read(body, checker)) return std::nullopt;
  if (now_ - std::min(now_, last_forgotten_) >= kForgetEvery) {
    complete_since_ = std::max(complete_since_, streams_.forget(now_ - kForgetAfter) + 1);
    last_forgotten_ = now_;
  }
  reader_.read(body, *this);
  recorder_.reset();
  producer_ = nullptr;
  counters_.streams = streams_.size();
  Outcome outcome;
  for (const Told& told : told_) outcome.refused += told.points;
  if (outcome.refused > 0) outcome.reasons = told_reasons();
  return outcome;
}

std::string OtlpIntake::told_reasons() const {
  std::string text;
  std::string scratch;
  for (std::size_t i = 0; i < told_.size(); ++i) {
    if (told_[i].points == 0) continue;
    fmt::format_to(std::back_inserter(text), "{}{} ({}): {}", text.empty() ? "" : "; ",
                   told_[i].points == 1 ? "1 point" : fmt::format("{} points", told_[i].points),
                   lookups::label_value(told_[i].metric, scratch), kRefusalTexts[i].sentence);
  }
  return text;
}

void OtlpIntake::refuse(OtlpRefusal refusal, std::string_view metric, std::uint64_t points) {
  const auto index = static_cast<std::size_t>(refusal);
  counters_.refused[index] += points;
  if (told_[index].points == 0) told_[index].metric = metric;
  told_[index].points += points;
}

void OtlpIntake::take_producer(const OtlpProducer& producer) {
  producer_ = &producer;
  producer_is_too_large_ =
      producer.resource.size() > kMaxOtlpAttributes || producer.scope.size() > kMaxOtlpAttributes;
  producer_hash_ = lookups::mixed(hash_attributes(producer.resource, hash_key_), hash_key_ | 1) +
                   hash_attributes(producer.scope, hash_key_);
  producer_hash_ = lookups::hash_bytes(producer.scope_name, producer_hash_);
  producer_hash_ = lookups::hash_bytes(producer.scope_version, producer_hash_);
}

OtlpWanted OtlpIntake::take_metric(const OtlpMetric& metric) {
  counters_.points += metric.points;
  meaning_ = mapping_.find(metric.name);
  if (meaning_ == nullptr) {
    counters_.ignored += metric.points;
    return OtlpWanted::kNothing;
  }
  if (const auto fault = fault_of(metric)) {
    refuse(*fault, metric.name, metric.points);
    return OtlpWanted::kNothing;
  }
  metric_hash_ = lookups::hash_bytes(metric.name, producer_hash_);
  metric_hash_ = lookups::hash_bytes(metric.unit, metric_hash_);
  metric_hash_ += (static_cast<std::uint64_t>(metric.kind) << 8U) |
                  static_cast<std::uint64_t>(metric.temporality);
  return OtlpWanted::kPoints;
}

std::optional<OtlpRefusal> OtlpIntake::fault_of(const OtlpMetric& metric) {
  const bool may_be_sum = meaning_->kind != OtlpMeaning::Kind::kLatency;
  const bool is_counter = metric.kind == OtlpKind::kSum && metric.is_monotonic;
  if (!is_histogram(metric.kind) && !(may_be_sum && is_counter)) return OtlpRefusal::kKind;
  if (metric.temporality == OtlpTemporality::kUnspecified) return OtlpRefusal::kTemporality;
  if (producer_is_too_large_) return OtlpRefusal::kAttributes;
  if (!is_histogram(metric.kind)) return std::nullopt;
  unit_ = meaning_->unit;
  if (unit_ > 0) return std::nullopt;
  const auto unit = std::ranges::find(kTimeUnits, metric.unit, &TimeUnit::name);
  if (unit == kTimeUnits.end()) return OtlpRefusal::kUnit;
  unit_ = unit->seconds;
  return std::nullopt;
}

std::optional<OtlpRefusal> OtlpIntake::fault_of(const OtlpMetric& metric, const OtlpPoint& point) {
  if (point.attributes.size() > kMaxOtlpAttributes) return OtlpRefusal::kAttributes;
  if (point.time == 0 || point.start > point.time || point.time > now_ + kAhead) {
    return OtlpRefusal::kTime;
  }
  if (is_histogram(metric.kind)) return fault_of_histogram(metric, point);
  if (!point.number || !std::isfinite(*point.number) || *point.number < 0) {
    return OtlpRefusal::kValue;
  }
  const bool is_delta = metric.temporality == OtlpTemporality::kDelta;
  if (is_delta && *point.number > lookups::kMaxWeight) return OtlpRefusal::kValue;
  return std::nullopt;
}

std::optional<OtlpRefusal> OtlpIntake::fault_of_histogram(const OtlpMetric& metric,
                                                          const OtlpPoint& point) {
  switch (read_otlp_buckets(point, metric.kind, hash_key_, buckets_)) {
    case OtlpBucketFault::kInconsistent:
      return OtlpRefusal::kBuckets;
    case OtlpBucketFault::kNegative:
      return OtlpRefusal::kValue;
    case OtlpBucketFault::kNone:
      break;
  }
  const auto count = static_cast<double>(point.count);
  const double most = count * lookups::kMaxSeconds / unit_;
  const bool is_sum_possible = std::isnan(point.sum) || (point.sum >= 0 && point.sum <= most);
  const bool is_count_possible =
      metric.temporality == OtlpTemporality::kCumulative || count <= lookups::kMaxWeight;
  if (!is_sum_possible || !is_count_possible) return OtlpRefusal::kValue;
  return std::nullopt;
}

bool OtlpIntake::make_room() {
  if (!streams_.is_full()) return true;
  // Looking at all of them for each new one would take the time of many points.
  if (now_ - std::min(now_, last_made_room_) < kMakeRoomEvery) return false;
  last_made_room_ = now_;
  complete_since_ = std::max(complete_since_, streams_.forget(now_ - kForgetAfterWhenFull) + 1);
  return !streams_.is_full();
}

OtlpStream* OtlpIntake::stream_of(const OtlpMetric& metric, const OtlpPoint& point) {
  const std::uint64_t hash = metric_hash_ + hash_attributes(point.attributes, metric_hash_);
  const std::uint64_t identity = std::max<std::uint64_t>(lookups::mixed(hash, hash_key_ | 1), 1);
  OtlpStream* stream = streams_.find(identity);
  if (stream != nullptr && stream->generation == generation_) return stream;
  switch (OtlpMapping::read(*meaning_, *producer_, point.attributes, lookup_)) {
    case OtlpMapping::Verdict::kIgnored:
      ++counters_.ignored;
      return nullptr;
    case OtlpMapping::Verdict::kResult:
      refuse(OtlpRefusal::kResult, metric.name);
      return nullptr;
    case OtlpMapping::Verdict::kTooLong:
      refuse(OtlpRefusal::kAttributes, metric.name);
      return nullptr;
    case OtlpMapping::Verdict::kCounts:
      break;
  }
  if (stream == nullptr) {
    if (!make_room()) {
      refuse(OtlpRefusal::kStreams, metric.name);
      return nullptr;
    }
    stream = &streams_.add(identity);
    stream->is_cumulative = metric.temporality == OtlpTemporality::kCumulative;
  }
  stream->generation = generation_;
  streams_.note_bytes(-static_cast<std::ptrdiff_t>(stream->lookup.bytes()));
  stream->lookup = lookup_;
  streams_.note_bytes(static_cast<std::ptrdiff_t>(stream->lookup.bytes()));
  return stream;
}

void OtlpIntake::take_point(const OtlpMetric& metric, const OtlpPoint& point) {
  if ((point.flags & OtlpPoint::kNoRecordedValue) != 0) {
    ++counters_.ignored;
    return;
  }
  if (const auto fault = fault_of(metric, point)) return refuse(*fault, metric.name);
  OtlpStream* stream = stream_of(metric, point);
  if (stream == nullptr) return;
  stream->heard = now_;
  const std::size_t gaps = stream->gaps.bytes();
  const OtlpStep step = stream->step(point.start, point.time, complete_since_);
  streams_.note_bytes(static_cast<std::ptrdiff_t>(stream->gaps.bytes() - gaps));
  if (step == OtlpStep::kOutOfOrder) return refuse(OtlpRefusal::kOutOfOrder, metric.name);
  if (step == OtlpStep::kOverlap) return refuse(OtlpRefusal::kOverlap, metric.name);
  if (is_histogram(metric.kind)) {
    count_histogram(metric, point, *stream, step);
  } else {
    count_number(metric, point, *stream, step);
  }
}

void OtlpIntake::count_number(const OtlpMetric& metric, const OtlpPoint& point, OtlpStream& stream,
                              OtlpStep step) {
  double increase = *point.number;
  if (step == OtlpStep::kIncrease && increase >= stream.value) increase -= stream.value;
  if (stream.is_cumulative) stream.value = *point.number;
  if (step == OtlpStep::kBaseline || increase <= 0) return;
  if (increase > lookups::kMaxWeight) return refuse(OtlpRefusal::kValue, metric.name);
  recorder().count(stream.lookup.subject(), lookups::Source::kOtlp, *stream.lookup.outcome,
                   increase);
}

void OtlpIntake::count_histogram(const OtlpMetric& metric, const OtlpPoint& point,
                                 OtlpStream& stream, OtlpStep step) {
  const OtlpBuckets* increase = &buckets_;
  double sum = point.sum;
  if (stream.is_cumulative) {
    const double sum_before = std::exchange(stream.value, point.sum);
    increase_ = buckets_;
    const OtlpGrowth growth =
        stream.has_buckets ? take_otlp_increase(increase_, stream.buckets) : OtlpGrowth::kOther;
    remember(stream);
    increase = &stream.buckets;
    if (step == OtlpStep::kIncrease && growth == OtlpGrowth::kOther) step = OtlpStep::kBaseline;
    if (step == OtlpStep::kIncrease && growth == OtlpGrowth::kGrew) {
      increase = &increase_;
      sum = std::max(sum - sum_before, 0.0);
    }
  }
  if (step == OtlpStep::kBaseline) return;
  // Of a cumulative stream it is the largest value since the start.
  const double most = stream.is_cumulative ? std::numeric_limits<double>::quiet_NaN() : point.max;
  latencies_.spread(*increase, metric.kind, point.bounds, point.zero_threshold, unit_, most, sum);
  if (latencies_.total() <= 0) return;
  if (latencies_.total() > lookups::kMaxWeight) return refuse(OtlpRefusal::kValue, metric.name);
  const lookups::Subject subject = stream.lookup.subject();
  recorder().time(subject, lookups::Source::kOtlp, latencies_.counts(), latencies_.sum());
  for (const OtlpExemplar& exemplar : point.exemplars) trace(subject, exemplar);
  if (!stream.lookup.outcome) return;
  recorder().count(subject, lookups::Source::kOtlp, *stream.lookup.outcome, latencies_.total());
}

// Of an exemplar that leads to a trace.
void OtlpIntake::trace(const lookups::Subject& subject, const OtlpExemplar& exemplar) {
  using std::chrono::milliseconds;
  lookups::Exemplar made{.seconds = exemplar.value * unit_};
  if (exemplar.trace_id.size() != made.trace.bytes.size()) return;
  if (!(made.seconds >= 0 && made.seconds <= lookups::kMaxSeconds)) return;
  std::ranges::copy(exemplar.trace_id, made.trace.bytes.begin());
  if (!made.trace.valid()) return;
  if (exemplar.span_id.size() == made.span.bytes.size()) {
    std::ranges::copy(exemplar.span_id, made.span.bytes.begin());
  }
  const std::uint64_t time = exemplar.time == 0 ? now_ : std::min(exemplar.time, now_);
  made.time = std::chrono::sys_time<milliseconds>(
      std::chrono::duration_cast<milliseconds>(nanoseconds(static_cast<std::int64_t>(time))));
  recorder().trace(subject, lookups::Source::kOtlp, made);
}

// The buckets of the point, in exchange for the memory of those before.
void OtlpIntake::remember(OtlpStream& stream) {
  const std::size_t before = stream.buckets.counts.capacity();
  std::swap(stream.buckets, buckets_);
  stream.has_buckets = true;
  const auto more = static_cast<std::ptrdiff_t>(stream.buckets.counts.capacity() - before);
  streams_.note_bytes(more * static_cast<std::ptrdiff_t>(sizeof(std::uint64_t)));
}

lookups::Store::Recorder& OtlpIntake::recorder() {
  if (!recorder_ || ++recorded_ > kPointsALock) {
    recorder_.reset();
    recorder_.emplace(store_.record());
    recorded_ = 0;
  }
  return *recorder_;
}

}  // namespace hitwatch::apps
