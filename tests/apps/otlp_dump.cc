#include "tests/apps/otlp_dump.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

namespace hitwatch::apps {
namespace {

using Json = nlohmann::json;

std::string shown(double number) {
  return fmt::format("{:x}", std::isnan(number) ? 1 : std::bit_cast<std::uint64_t>(number));
}

std::string shown(const pb::common::v1::AnyValue& value) {
  switch (value.value_case()) {
    case pb::common::v1::AnyValue::kStringValue:
      return "text " + value.string_value();
    case pb::common::v1::AnyValue::kBoolValue:
      return fmt::format("bool {}", value.bool_value() ? 1 : 0);
    case pb::common::v1::AnyValue::kIntValue:
      return fmt::format("int {}", value.int_value());
    case pb::common::v1::AnyValue::kDoubleValue:
      return "double " + shown(value.double_value());
    case pb::common::v1::AnyValue::kArrayValue:
      return "other";
    default:
      return "none";
  }
}

std::string shown(const OtlpValue& value) {
  switch (value.kind) {
    case OtlpValue::Kind::kText:
      return "text " + std::string(value.bytes);
    case OtlpValue::Kind::kBool:
      return fmt::format("bool {}", value.bits);
    case OtlpValue::Kind::kInt:
      return fmt::format("int {}", static_cast<std::int64_t>(value.bits));
    case OtlpValue::Kind::kDouble:
      return "double " + shown(std::bit_cast<double>(value.bits));
    case OtlpValue::Kind::kOther:
      return "other";
    case OtlpValue::Kind::kNone:
      break;
  }
  return "none";
}

template <typename Attributes>
std::string dump_attributes(const Attributes& attributes) {
  std::string text;
  for (const auto& attribute : attributes) {
    text += "  " + attribute.key() + " = " + shown(attribute.value()) + "\n";
  }
  return text;
}

std::string dump_times(std::uint64_t start, std::uint64_t time, std::uint32_t flags) {
  return fmt::format(" point {} {} {}\n", start, time, flags);
}

std::string dump_point(const pb::metrics::v1::NumberDataPoint& point) {
  std::string text =
      dump_times(point.start_time_unix_nano(), point.time_unix_nano(), point.flags());
  if (point.value_case() == pb::metrics::v1::NumberDataPoint::kAsInt) {
    text += "  number " + shown(static_cast<double>(point.as_int())) + "\n";
  } else if (point.value_case() == pb::metrics::v1::NumberDataPoint::kAsDouble) {
    text += "  number " + shown(point.as_double()) + "\n";
  }
  return text + dump_attributes(point.attributes());
}

std::string dump_exemplar(double value, std::uint64_t time, std::string_view trace,
                          std::string_view span) {
  return fmt::format("  exemplar {} {} {} {}\n", shown(value), time, trace, span);
}

template <typename Point>
std::string dump_exemplars(const Point& point) {
  std::string text;
  for (const auto& exemplar : point.exemplars()) {
    const double value = exemplar.value_case() == pb::metrics::v1::Exemplar::kAsInt
                             ? static_cast<double>(exemplar.as_int())
                             : exemplar.as_double();
    text +=
        dump_exemplar(value, exemplar.time_unix_nano(), exemplar.trace_id(), exemplar.span_id());
  }
  return text;
}

template <typename Point>
std::string dump_histogram(const Point& point) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  return fmt::format("  {} sum {} max {}\n", point.count(),
                     shown(point.has_sum() ? point.sum() : kNone),
                     shown(point.has_max() ? point.max() : kNone));
}

std::string dump_point(const pb::metrics::v1::HistogramDataPoint& point) {
  std::string text =
      dump_times(point.start_time_unix_nano(), point.time_unix_nano(), point.flags());
  text += dump_histogram(point);
  text += fmt::format("  buckets {}\n  bounds", fmt::join(point.bucket_counts(), " "));
  for (const double bound : point.explicit_bounds()) text += " " + shown(bound);
  return text + "\n" + dump_exemplars(point) + dump_attributes(point.attributes());
}

std::string dump_point(const pb::metrics::v1::ExponentialHistogramDataPoint& point) {
  std::string text =
      dump_times(point.start_time_unix_nano(), point.time_unix_nano(), point.flags());
  text += dump_histogram(point);
  bool has_negative = false;
  for (const auto count : point.negative().bucket_counts()) has_negative |= count > 0;
  text += fmt::format("  scale {} offset {} zero {} {} negative {}\n", point.scale(),
                      point.positive().offset(), point.zero_count(), shown(point.zero_threshold()),
                      has_negative);
  text += fmt::format("  buckets {}\n", fmt::join(point.positive().bucket_counts(), " "));
  return text + dump_exemplars(point) + dump_attributes(point.attributes());
}

std::string metric_line(std::string_view name, std::string_view unit, OtlpKind kind,
                        int temporality, bool monotonic, std::size_t points) {
  return fmt::format("metric {} unit {} kind {} temporality {} monotonic {} points {}\n", name,
                     unit, static_cast<int>(kind), temporality, monotonic, points);
}

template <typename Data>
std::string dump_data(const pb::metrics::v1::Metric& metric, const Data& data, OtlpKind kind,
                      int temporality, bool monotonic) {
  std::string text = metric_line(metric.name(), metric.unit(), kind,
                                 temporality == 1 || temporality == 2 ? temporality : 0, monotonic,
                                 static_cast<std::size_t>(data.data_points_size()));
  for (const auto& point : data.data_points()) text += dump_point(point);
  return text;
}

std::string dump_metric(const pb::metrics::v1::Metric& metric) {
  using Metric = pb::metrics::v1::Metric;
  switch (metric.data_case()) {
    case Metric::kGauge:
      return dump_data(metric, metric.gauge(), OtlpKind::kGauge, 0, false);
    case Metric::kSum:
      return dump_data(metric, metric.sum(), OtlpKind::kSum, metric.sum().aggregation_temporality(),
                       metric.sum().is_monotonic());
    case Metric::kHistogram:
      return dump_data(metric, metric.histogram(), OtlpKind::kHistogram,
                       metric.histogram().aggregation_temporality(), false);
    case Metric::kExponentialHistogram:
      return dump_data(metric, metric.exponential_histogram(), OtlpKind::kExponential,
                       metric.exponential_histogram().aggregation_temporality(), false);
    case Metric::kSummary:
      return metric_line(metric.name(), metric.unit(), OtlpKind::kSummary, 0, false,
                         static_cast<std::size_t>(metric.summary().data_points_size()));
    default:
      return metric_line(metric.name(), metric.unit(), OtlpKind::kNone, 0, false, 0);
  }
}

// --- JSON

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Json json_of(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return number;
}

Json json_of(const pb::common::v1::AnyValue& value) {
  switch (value.value_case()) {
    case pb::common::v1::AnyValue::kStringValue:
      return {{"stringValue", value.string_value()}};
    case pb::common::v1::AnyValue::kBoolValue:
      return {{"boolValue", value.bool_value()}};
    case pb::common::v1::AnyValue::kIntValue:
      return {{"intValue", std::to_string(value.int_value())}};
    case pb::common::v1::AnyValue::kDoubleValue:
      return {{"doubleValue", json_of(value.double_value())}};
    case pb::common::v1::AnyValue::kArrayValue: {
      Json values = Json::array();
      for (const auto& each : value.array_value().values()) values.push_back(json_of(each));
      return {{"arrayValue", {{"values", values}}}};
    }
    default:
      return Json::object();
  }
}

template <typename Attributes>
Json json_attributes(const Attributes& attributes) {
  Json list = Json::array();
  for (const auto& attribute : attributes) {
    list.push_back({{"key", attribute.key()}, {"value", json_of(attribute.value())}});
  }
  return list;
}

template <typename Point>
Json json_times(const Point& point) {
  return {{"startTimeUnixNano", std::to_string(point.start_time_unix_nano())},
          {"timeUnixNano", std::to_string(point.time_unix_nano())},
          {"attributes", json_attributes(point.attributes())},
          {"flags", point.flags()},
          {"someNewField", {{"deep", {1, 2, {{"x", nullptr}}}}}}};
}

template <typename Point>
void add_json_exemplars(Json& json, const Point& point) {
  for (const auto& exemplar : point.exemplars()) {
    Json made{{"timeUnixNano", std::to_string(exemplar.time_unix_nano())},
              {"traceId", hex(exemplar.trace_id())},
              {"spanId", hex(exemplar.span_id())}};
    if (exemplar.value_case() == pb::metrics::v1::Exemplar::kAsInt) {
      made["asInt"] = std::to_string(exemplar.as_int());
    } else if (exemplar.value_case() == pb::metrics::v1::Exemplar::kAsDouble) {
      made["asDouble"] = json_of(exemplar.as_double());
    }
    json["exemplars"].push_back(made);
  }
}

template <typename Counts>
Json json_counts(const Counts& counts) {
  Json list = Json::array();
  for (const auto count : counts) list.push_back(std::to_string(count));
  return list;
}

template <typename Point>
void add_json_figures(Json& json, const Point& point) {
  json["count"] = std::to_string(point.count());
  if (point.has_sum()) json["sum"] = json_of(point.sum());
  if (point.has_min()) json["min"] = json_of(point.min());
  if (point.has_max()) json["max"] = json_of(point.max());
}

Json json_point(const pb::metrics::v1::NumberDataPoint& point) {
  Json json = json_times(point);
  if (point.value_case() == pb::metrics::v1::NumberDataPoint::kAsInt) {
    json["asInt"] = std::to_string(point.as_int());
  } else if (point.value_case() == pb::metrics::v1::NumberDataPoint::kAsDouble) {
    json["asDouble"] = json_of(point.as_double());
  }
  add_json_exemplars(json, point);
  return json;
}

Json json_point(const pb::metrics::v1::HistogramDataPoint& point) {
  Json json = json_times(point);
  add_json_figures(json, point);
  json["bucketCounts"] = json_counts(point.bucket_counts());
  json["explicitBounds"] = Json::array();
  for (const double bound : point.explicit_bounds()) {
    json["explicitBounds"].push_back(json_of(bound));
  }
  add_json_exemplars(json, point);
  return json;
}

Json json_point(const pb::metrics::v1::ExponentialHistogramDataPoint& point) {
  Json json = json_times(point);
  add_json_figures(json, point);
  json["scale"] = point.scale();
  json["zeroCount"] = std::to_string(point.zero_count());
  json["zeroThreshold"] = json_of(point.zero_threshold());
  const auto buckets = [](const auto& side) -> Json {
    return {{"offset", side.offset()}, {"bucketCounts", json_counts(side.bucket_counts())}};
  };
  if (point.has_positive()) json["positive"] = buckets(point.positive());
  if (point.has_negative()) json["negative"] = buckets(point.negative());
  add_json_exemplars(json, point);
  return json;
}

Json json_point(const pb::metrics::v1::SummaryDataPoint& point) {
  return {{"timeUnixNano", std::to_string(point.time_unix_nano())}, {"quantileValues", {1, 2}}};
}

template <typename Data>
Json json_data(const Data& data) {
  Json json{{"dataPoints", Json::array()}};
  for (const auto& point : data.data_points()) json["dataPoints"].push_back(json_point(point));
  if constexpr (requires { data.aggregation_temporality(); }) {
    // Both ways of writing it.
    static constexpr std::string_view kNames[] = {"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                                  "AGGREGATION_TEMPORALITY_DELTA",
                                                  "AGGREGATION_TEMPORALITY_CUMULATIVE"};
    const int temporality = data.aggregation_temporality();
    if (data.data_points_size() % 2 == 0) {
      json["aggregationTemporality"] = temporality;
    } else {
      json["aggregationTemporality"] = kNames[temporality];
    }
  }
  if constexpr (requires { data.is_monotonic(); }) json["isMonotonic"] = data.is_monotonic();
  return json;
}

Json json_metric(const pb::metrics::v1::Metric& metric) {
  using Metric = pb::metrics::v1::Metric;
  Json json{{"name", metric.name()}, {"unit", metric.unit()}, {"metadata", Json::array()}};
  switch (metric.data_case()) {
    case Metric::kGauge:
      json["gauge"] = json_data(metric.gauge());
      break;
    case Metric::kSum:
      json["sum"] = json_data(metric.sum());
      break;
    case Metric::kHistogram:
      json["histogram"] = json_data(metric.histogram());
      break;
    case Metric::kExponentialHistogram:
      json["exponentialHistogram"] = json_data(metric.exponential_histogram());
      break;
    case Metric::kSummary:
      json["summary"] = json_data(metric.summary());
      break;
    default:
      break;
  }
  return json;
}

}  // namespace

void OtlpDump::add(const std::vector<OtlpAttribute>& attributes) {
  constexpr std::uint64_t kListTag = 5 << 3 | 2;
  has_strange_values_ = has_strange_values_ || attributes.size() > kMaxOtlpAttributes;
  for (const OtlpAttribute& attribute : attributes) {
    text_ += fmt::format("  {} = {}\n", attribute.key, shown(attribute.value));
    const bool is_other = attribute.value.kind == OtlpValue::Kind::kOther;
    has_strange_values_ = has_strange_values_ || (is_other && attribute.value.bits != kListTag);
  }
}

void OtlpDump::take_producer(const OtlpProducer& producer) {
  text_ += "resource\n";
  add(producer.resource);
  text_ += fmt::format("scope {} {}\n", producer.scope_name, producer.scope_version);
  add(producer.scope);
}

OtlpWanted OtlpDump::take_metric(const OtlpMetric& metric) {
  const bool has_temporality = metric.kind != OtlpKind::kGauge && metric.kind != OtlpKind::kSummary;
  text_ += metric_line(metric.name, metric.unit, metric.kind,
                       has_temporality ? static_cast<int>(metric.temporality) : 0,
                       metric.kind == OtlpKind::kSum && metric.is_monotonic, metric.points);
  return metric.kind == OtlpKind::kSummary ? OtlpWanted::kNothing : OtlpWanted::kPoints;
}

void OtlpDump::take_point(const OtlpMetric& metric, const OtlpPoint& point) {
  text_ += dump_times(point.start, point.time, point.flags);
  if (point.number) text_ += "  number " + shown(*point.number) + "\n";
  if (metric.kind == OtlpKind::kHistogram || metric.kind == OtlpKind::kExponential) {
    text_ += fmt::format("  {} sum {} max {}\n", point.count, shown(point.sum), shown(point.max));
  }
  if (metric.kind == OtlpKind::kExponential) {
    text_ += fmt::format("  scale {} offset {} zero {} {} negative {}\n", point.scale, point.offset,
                         point.zero_count, shown(point.zero_threshold), point.has_negative);
  }
  if (metric.kind == OtlpKind::kHistogram || metric.kind == OtlpKind::kExponential) {
    text_ += fmt::format("  buckets {}\n", fmt::join(point.buckets, " "));
  }
  if (metric.kind == OtlpKind::kHistogram) {
    text_ += "  bounds";
    for (const double bound : point.bounds) text_ += " " + shown(bound);
    text_ += "\n";
  }
  has_strange_values_ = has_strange_values_ || point.exemplars.size() >= kMaxOtlpExemplars;
  for (const OtlpExemplar& exemplar : point.exemplars) {
    text_ += dump_exemplar(exemplar.value, exemplar.time, exemplar.trace_id, exemplar.span_id);
  }
  add(point.attributes);
}

bool passes_check(std::string_view body) {
  class Checking final : public OtlpSink {
   public:
    void take_producer(const OtlpProducer&) override {}
    OtlpWanted take_metric(const OtlpMetric& metric) override {
      return metric.kind == OtlpKind::kSummary ? OtlpWanted::kNothing : OtlpWanted::kCheck;
    }
    void take_point(const OtlpMetric&, const OtlpPoint&) override {}
  };
  Checking checking;
  return OtlpRequestReader().read(body, checking);
}

std::string dump(const OtlpRequest& request) {
  std::string text;
  for (const auto& resource : request.resource_metrics()) {
    for (const auto& scope : resource.scope_metrics()) {
      text += "resource\n" + dump_attributes(resource.resource().attributes());
      text += fmt::format("scope {} {}\n", scope.scope().name(), scope.scope().version());
      text += dump_attributes(scope.scope().attributes());
      for (const auto& metric : scope.metrics()) text += dump_metric(metric);
    }
  }
  return text;
}

std::string to_otlp_json(const OtlpRequest& request) {
  Json resources = Json::array();
  for (const auto& resource : request.resource_metrics()) {
    Json scopes = Json::array();
    for (const auto& scope : resource.scope_metrics()) {
      Json metrics = Json::array();
      for (const auto& metric : scope.metrics()) metrics.push_back(json_metric(metric));
      scopes.push_back({{"scope",
                         {{"name", scope.scope().name()},
                          {"version", scope.scope().version()},
                          {"attributes", json_attributes(scope.scope().attributes())}}},
                        {"schemaUrl", "https://opentelemetry.io/schemas/1.4.0"},
                        {"metrics", metrics}});
    }
    resources.push_back(
        {{"resource", {{"attributes", json_attributes(resource.resource().attributes())}}},
         {"scopeMetrics", scopes}});
  }
  return Json{{"resourceMetrics", resources}}.dump();
}

}  // namespace hitwatch::apps
