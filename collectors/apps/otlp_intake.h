// OTLP metrics become lookups: each point that the mapping names is counted, ignored or refused.
//
// Deltas add; of a cumulative stream what it has grown by is counted, and all of it where it
// started anew. A point that was counted is not counted again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/apps/options.h"
#include "collectors/apps/otlp_buckets.h"
#include "collectors/apps/otlp_mapping.h"
#include "collectors/apps/otlp_request.h"
#include "collectors/apps/otlp_streams.h"
#include "collectors/lookups/store.h"

namespace hitwatch::apps {

// Why a point was not counted.
enum class OtlpRefusal : std::uint8_t {
  kKind,         // a Gauge, a Summary, a Sum that is not monotonic, or not what the mapping wants
  kTemporality,  // neither delta nor cumulative
  kUnit,         // of a latency, and none of time
  kAttributes,   // too many, or too long
  kResult,       // an attribute says none of the results that are known
  kTime,         // there is none, it is before its start, or far ahead of our clock
  kValue,        // no number, below zero, too large
  kBuckets,      // they contradict each other
  kOutOfOrder,   // as old as the last of its stream, or older
  kOverlap,      // of a time that was counted, or of an older start
  kStreams,      // too many
};
constexpr std::size_t kOtlpRefusals = 11;
// The value of the label `reason`: "kind", "temporality", …
std::string_view otlp_refusal_word(OtlpRefusal refusal);

struct OtlpCounters {
  std::uint64_t points = 0;   // all, ignored and refused ones included
  std::uint64_t ignored = 0;  // of metrics that mean nothing here, or without a value
  std::array<std::uint64_t, kOtlpRefusals> refused{};  // by OtlpRefusal
  std::uint64_t streams = 0;                           // that are remembered now
};

// Not thread-safe.
class OtlpIntake final : private OtlpSink {
 public:
  // Times are Unix nanoseconds. The store must outlive this.
  OtlpIntake(lookups::Store& store, std::uint64_t now);

  // A mapping that differs starts anew: of cumulative streams only those that begin from now on
  // count from their start.
  void configure(const std::vector<OtlpMeaning>& mapping, std::uint64_t now);

  struct Outcome {
    std::uint64_t refused = 0;
    std::string reasons;  // a sentence for each, if there are any
  };
  // Nothing if the body, in protobuf's format, is no ExportMetricsServiceRequest: nothing of it is
  // counted then.
  std::optional<Outcome> take(std::string_view body, std::uint64_t now);

  const OtlpCounters& counters() const { return counters_; }

 private:
  void take_producer(const OtlpProducer& producer) override;
  OtlpWanted take_metric(const OtlpMetric& metric) override;
  void take_point(const OtlpMetric& metric, const OtlpPoint& point) override;

  void refuse(OtlpRefusal refusal, std::string_view metric, std::uint64_t points = 1);
  std::optional<OtlpRefusal> fault_of(const OtlpMetric& metric);
  std::optional<OtlpRefusal> fault_of(const OtlpMetric& metric, const OtlpPoint& point);
  std::optional<OtlpRefusal> fault_of_histogram(const OtlpMetric& metric, const OtlpPoint& point);
  // The stream of a point; null if it is not to be counted, which is then noted.
  OtlpStream* stream_of(const OtlpMetric& metric, const OtlpPoint& point);
  bool make_room();
  void count_number(const OtlpMetric& metric, const OtlpPoint& point, OtlpStream& stream,
                    OtlpStep step);
  void count_histogram(const OtlpMetric& metric, const OtlpPoint& point, OtlpStream& stream,
                       OtlpStep step);
  void trace(const lookups::Subject& subject, const OtlpExemplar& exemplar);
  void remember(OtlpStream& stream);
  lookups::Store::Recorder& recorder();
  std::string told_reasons() const;

  lookups::Store& store_;
  OtlpRequestReader reader_;
  std::vector<OtlpMeaning> configured_;
  OtlpMapping mapping_;
  std::uint32_t generation_ = 1;
  std::uint64_t hash_key_;
  OtlpStreams streams_;
  std::uint64_t complete_since_;      // see OtlpStream::step
  std::uint64_t last_forgotten_ = 0;  // these two: when idle streams were
  std::uint64_t last_made_room_ = 0;
  OtlpCounters counters_;

  // Of the body at hand.
  struct Told {
    std::uint64_t points = 0;
    std::string metric;  // the first
  };
  std::uint64_t now_ = 0;
  std::array<Told, kOtlpRefusals> told_;
  const OtlpProducer* producer_ = nullptr;
  std::uint64_t producer_hash_ = 0;
  bool producer_is_too_large_ = false;
  const OtlpMeaning* meaning_ = nullptr;
  std::uint64_t metric_hash_ = 0;
  double unit_ = 1;  // of latencies, in seconds
  OtlpBuckets buckets_;
  OtlpBuckets increase_;
  OtlpLatencies latencies_;
  OtlpLookup lookup_;
  std::optional<lookups::Store::Recorder> recorder_;
  std::size_t recorded_ = 0;  // since the recorder is there
};

}  // namespace hitwatch::apps
