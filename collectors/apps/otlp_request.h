// An ExportMetricsServiceRequest as it is read: one point after the other, in place.
//
// OTLP 1.x (https://github.com/open-telemetry/opentelemetry-proto), protobuf's wire format. Nothing
// is built and nearly nothing allocated: texts point into the body, lists are used again for the
// next point. A general parser takes several times as long for making messages that are looked at
// once; tests hold this one against it.
//
// Fields may come in any order, and those that are not known are skipped, as protobuf wants it. Not
// checked is what nobody looks at: whether texts are UTF-8, and what is inside of lists of values.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::apps {

struct OtlpValue {
  enum class Kind : std::uint8_t { kNone, kText, kBool, kInt, kDouble, kOther };
  Kind kind = Kind::kNone;
  std::string_view bytes = {};  // of a text; of kOther (a list, a map, bytes) as encoded
  std::uint64_t bits = 0;       // of the others
};

struct OtlpAttribute {
  std::string_view key;
  OtlpValue value;
};

// A value as it stands in a label; "" for none and for those that are no single value.
void append_otlp_text(std::string& out, const OtlpValue& value);

enum class OtlpKind : std::uint8_t { kNone, kGauge, kSum, kHistogram, kExponential, kSummary };
enum class OtlpTemporality : std::uint8_t { kUnspecified, kDelta, kCumulative };

// What the points that follow have in common.
struct OtlpProducer {
  std::vector<OtlpAttribute> resource;
  std::vector<OtlpAttribute> scope;
  std::string_view scope_name;
  std::string_view scope_version;
};

struct OtlpMetric {
  std::string_view name;
  std::string_view unit;
  OtlpKind kind = OtlpKind::kNone;
  OtlpTemporality temporality = OtlpTemporality::kUnspecified;
  bool is_monotonic = false;
  std::size_t points = 0;
};

struct OtlpExemplar {
  double value = 0;
  std::uint64_t time = 0;     // Unix nanoseconds
  std::string_view trace_id;  // 16 bytes, or what came in their place
  std::string_view span_id;   // 8 bytes
};

// More buckets than this are counted, not kept.
constexpr std::size_t kMaxOtlpBuckets = 2048;
// Of a point, a scope or a resource; of more, one more is kept.
constexpr std::size_t kMaxOtlpAttributes = 128;
// Of a point; more are not kept.
constexpr std::size_t kMaxOtlpExemplars = 64;

// Of every kind; the fields of others are as they are by default.
struct OtlpPoint {
  static constexpr std::uint32_t kNoRecordedValue = 1;

  std::vector<OtlpAttribute> attributes;
  std::uint64_t start = 0;  // Unix nanoseconds; 0: not known
  std::uint64_t time = 0;
  std::uint32_t flags = 0;
  // Of a Sum or Gauge.
  std::optional<double> number;
  // Of histograms. Absent figures are NaN.
  std::uint64_t count = 0;
  double sum = std::numeric_limits<double>::quiet_NaN();
  double max = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::uint64_t> buckets;  // at most kMaxOtlpBuckets
  std::vector<double> bounds;          // the same
  std::size_t bucket_count = 0;        // how many there are
  std::size_t bound_count = 0;
  // Of exponential ones.
  std::int32_t scale = 0;
  std::int32_t offset = 0;
  std::uint64_t zero_count = 0;
  double zero_threshold = 0;
  bool has_negative = false;
  std::vector<OtlpExemplar> exemplars;

  void clear();
};

// What is to be done with the points of a metric.
enum class OtlpWanted : std::uint8_t {
  kNothing,
  kCheck,  // whether they can be read, no more
  kPoints,
};

class OtlpSink {
 public:
  // Stands until the next call.
  virtual void take_producer(const OtlpProducer& producer) = 0;
  virtual OtlpWanted take_metric(const OtlpMetric& metric) = 0;
  virtual void take_point(const OtlpMetric& metric, const OtlpPoint& point) = 0;

 protected:
  ~OtlpSink() = default;
};

class OtlpRequestReader {
 public:
  // False if the body is no such request; the sink may then have heard of a part of it.
  bool read(std::string_view body, OtlpSink& sink);

 private:
  bool read_resource_metrics(std::string_view bytes, OtlpSink& sink);
  bool read_scope_metrics(std::string_view bytes, OtlpSink& sink);
  bool read_metric(std::string_view bytes, OtlpSink& sink);
  static bool read_data(std::string_view bytes, OtlpMetric& metric);
  static bool check_points(std::string_view bytes, OtlpKind kind);
  bool read_points(std::string_view bytes, const OtlpMetric& metric, OtlpSink& sink);

  OtlpProducer producer_;
  OtlpPoint point_;
  std::vector<std::string_view> data_;
};

}  // namespace hitwatch::apps
