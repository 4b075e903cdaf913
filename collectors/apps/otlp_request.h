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
#include <string_view>
#include <vector>

#include "collectors/apps/otlp_point.h"

namespace hitwatch::apps {

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
