#include "collectors/apps/otlp_request.h"

#include "collectors/apps/otlp_wire.h"

namespace hitwatch::apps {
namespace {

constexpr std::size_t kMaxParts = 1000;  // of the data of a metric, which is whole as a rule

constexpr std::uint32_t request_bytes(std::uint32_t field) {
  return wire_tag(field, WireType::kBytes);
}
constexpr std::uint32_t request_varint(std::uint32_t field) {
  return wire_tag(field, WireType::kVarint);
}

bool read_resource(std::string_view bytes, OtlpProducer& producer) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == request_bytes(1) && !read_otlp_attribute(field.bytes, producer.resource)) {
      return false;
    }
  }
  return !reader.has_failed();
}

bool read_scope(std::string_view bytes, OtlpProducer& producer) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == request_bytes(1)) producer.scope_name = field.bytes;
    if (field.tag == request_bytes(2)) producer.scope_version = field.bytes;
    if (field.tag == request_bytes(3) && !read_otlp_attribute(field.bytes, producer.scope)) {
      return false;
    }
  }
  return !reader.has_failed();
}

OtlpKind kind_of(std::uint32_t tag) {
  switch (tag) {
    case request_bytes(5):
      return OtlpKind::kGauge;
    case request_bytes(7):
      return OtlpKind::kSum;
    case request_bytes(9):
      return OtlpKind::kHistogram;
    case request_bytes(10):
      return OtlpKind::kExponential;
    case request_bytes(11):
      return OtlpKind::kSummary;
    default:
      return OtlpKind::kNone;
  }
}

OtlpTemporality temporality_of(std::uint32_t number) {
  switch (number) {
    case 1:
      return OtlpTemporality::kDelta;
    case 2:
      return OtlpTemporality::kCumulative;
    default:
      return OtlpTemporality::kUnspecified;
  }
}

}  // namespace

bool OtlpRequestReader::read(std::string_view body, OtlpSink& sink) {
  WireReader reader(body);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == request_bytes(1) && !read_resource_metrics(field.bytes, sink)) return false;
  }
  return !reader.has_failed();
}

// What the metrics have in common is looked for first: it may stand behind them.
bool OtlpRequestReader::read_resource_metrics(std::string_view bytes, OtlpSink& sink) {
  producer_.resource.clear();
  WireField field;
  WireReader first(bytes);
  while (first.next(field)) {
    if (field.tag == request_bytes(1) && !read_resource(field.bytes, producer_)) return false;
  }
  if (first.has_failed()) return false;
  WireReader second(bytes);
  while (second.next(field)) {
    if (field.tag == request_bytes(2) && !read_scope_metrics(field.bytes, sink)) return false;
  }
  return true;
}

bool OtlpRequestReader::read_scope_metrics(std::string_view bytes, OtlpSink& sink) {
  producer_.scope.clear();
  producer_.scope_name = {};
  producer_.scope_version = {};
  WireField field;
  WireReader first(bytes);
  while (first.next(field)) {
    if (field.tag == request_bytes(1) && !read_scope(field.bytes, producer_)) return false;
  }
  if (first.has_failed()) return false;
  sink.take_producer(producer_);
  WireReader second(bytes);
  while (second.next(field)) {
    if (field.tag == request_bytes(2) && !read_metric(field.bytes, sink)) return false;
  }
  return true;
}

bool OtlpRequestReader::read_metric(std::string_view bytes, OtlpSink& sink) {
  OtlpMetric metric;
  data_.clear();
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == request_bytes(1)) metric.name = field.bytes;
    if (field.tag == request_bytes(3)) metric.unit = field.bytes;
    const OtlpKind kind = kind_of(field.tag);
    if (kind == OtlpKind::kNone) continue;
    // Of several kinds the last counts, and its parts are one.
    if (kind != metric.kind) data_.clear();
    metric.kind = kind;
    if (data_.size() >= kMaxParts) return false;
    data_.push_back(field.bytes);
  }
  if (reader.has_failed()) return false;
  for (const std::string_view part : data_) {
    if (!read_data(part, metric)) return false;
  }
  const OtlpWanted wanted = sink.take_metric(metric);
  if (wanted == OtlpWanted::kNothing) return true;
  for (const std::string_view part : data_) {
    if (!(wanted == OtlpWanted::kCheck ? check_points(part, metric.kind)
                                       : read_points(part, metric, sink))) {
      return false;
    }
  }
  return true;
}

// All but the points, which are counted.
bool OtlpRequestReader::read_data(std::string_view bytes, OtlpMetric& metric) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == request_bytes(1)) {
      ++metric.points;
    } else if (field.tag == request_varint(2)) {
      metric.temporality = temporality_of(static_cast<std::uint32_t>(field.number));
    } else if (field.tag == request_varint(3)) {
      metric.is_monotonic = field.number != 0;
    }
  }
  return !reader.has_failed();
}

bool OtlpRequestReader::check_points(std::string_view bytes, OtlpKind kind) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == request_bytes(1) && !check_otlp_point(field.bytes, kind)) return false;
  }
  return true;
}

bool OtlpRequestReader::read_points(std::string_view bytes, const OtlpMetric& metric,
                                    OtlpSink& sink) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag != request_bytes(1)) continue;
    if (!read_otlp_point(field.bytes, metric.kind, point_)) return false;
    sink.take_point(metric, point_);
  }
  return true;
}

}  // namespace hitwatch::apps
