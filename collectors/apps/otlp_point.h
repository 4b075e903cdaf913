// A data point of OTLP metrics, of any kind, as it is read in place (otlp_request.h).
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

// Both are false if the bytes are no point of that kind, and so of one mind; the second looks at no
// more than that.
bool read_otlp_point(std::string_view bytes, OtlpKind kind, OtlpPoint& point);
bool check_otlp_point(std::string_view bytes, OtlpKind kind);
// Adds a KeyValue to a list that keeps kMaxOtlpAttributes and one more; false if it is none.
bool read_otlp_attribute(std::string_view bytes, std::vector<OtlpAttribute>& attributes);

}  // namespace hitwatch::apps
