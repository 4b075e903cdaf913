// OTLP requests to test with: made by protobuf's own code, in both encodings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "opentelemetry/proto/collector/metrics/v1/metrics_service.pb.h"

namespace hitwatch::apps {

namespace pb = opentelemetry::proto;
using OtlpRequest = pb::collector::metrics::v1::ExportMetricsServiceRequest;

constexpr std::uint64_t kOtlpSecond = 1'000'000'000;
// When the daemon of a test starts: some time in 2023.
constexpr std::uint64_t kOtlpEpoch = 1'700'000'000 * kOtlpSecond;
constexpr std::uint64_t otlp_time(double seconds) {
  // Signed between: a time may lie before the start, and only integers wrap as is meant.
  return kOtlpEpoch + static_cast<std::uint64_t>(
                          static_cast<std::int64_t>(seconds * static_cast<double>(kOtlpSecond)));
}

using OtlpTexts = std::vector<std::pair<std::string, std::string>>;

template <typename Point>
void set_attributes(Point& point, const OtlpTexts& texts) {
  for (const auto& [key, value] : texts) {
    auto* attribute = point.add_attributes();
    attribute->set_key(key);
    attribute->mutable_value()->set_string_value(value);
  }
}

// Builds a request metric by metric. Times are seconds since kOtlpEpoch.
class OtlpBuilder {
 public:
  static constexpr auto kDelta = pb::metrics::v1::AGGREGATION_TEMPORALITY_DELTA;
  static constexpr auto kCumulative = pb::metrics::v1::AGGREGATION_TEMPORALITY_CUMULATIVE;

  OtlpBuilder& resource(const OtlpTexts& texts) {
    auto* next = request_.add_resource_metrics();
    set_attributes(*next->mutable_resource(), texts);
    scope_ = next->add_scope_metrics();
    scope_->mutable_scope()->set_name("shop");
    return *this;
  }

  pb::metrics::v1::Metric& metric(const std::string& name, const std::string& unit = "") {
    if (scope_ == nullptr) resource({{"service.name", "shop"}});
    auto* made = scope_->add_metrics();
    made->set_name(name);
    made->set_unit(unit);
    return *made;
  }

  pb::metrics::v1::NumberDataPoint& sum(
      const std::string& name, double value, const OtlpTexts& attributes = {}, double start = 0,
      double time = 10, pb::metrics::v1::AggregationTemporality temporality = kDelta) {
    auto* made = metric(name).mutable_sum();
    made->set_aggregation_temporality(temporality);
    made->set_is_monotonic(true);
    auto* point = made->add_data_points();
    point->set_start_time_unix_nano(otlp_time(start));
    point->set_time_unix_nano(otlp_time(time));
    point->set_as_double(value);
    set_attributes(*point, attributes);
    return *point;
  }

  pb::metrics::v1::HistogramDataPoint& histogram(
      const std::string& name, const std::vector<double>& bounds,
      const std::vector<std::uint64_t>& counts, double sum, double start = 0, double time = 10,
      pb::metrics::v1::AggregationTemporality temporality = kDelta, const std::string& unit = "s") {
    auto* made = metric(name, unit).mutable_histogram();
    made->set_aggregation_temporality(temporality);
    auto* point = made->add_data_points();
    point->set_start_time_unix_nano(otlp_time(start));
    point->set_time_unix_nano(otlp_time(time));
    point->set_sum(sum);
    std::uint64_t count = 0;
    for (const double bound : bounds) point->add_explicit_bounds(bound);
    for (const std::uint64_t each : counts) {
      point->add_bucket_counts(each);
      count += each;
    }
    point->set_count(count);
    return *point;
  }

  pb::metrics::v1::ExponentialHistogramDataPoint& exponential(
      const std::string& name, int scale, int offset, const std::vector<std::uint64_t>& counts,
      double sum, double start = 0, double time = 10,
      pb::metrics::v1::AggregationTemporality temporality = kDelta, const std::string& unit = "s") {
    auto* made = metric(name, unit).mutable_exponential_histogram();
    made->set_aggregation_temporality(temporality);
    auto* point = made->add_data_points();
    point->set_start_time_unix_nano(otlp_time(start));
    point->set_time_unix_nano(otlp_time(time));
    point->set_sum(sum);
    point->set_scale(scale);
    point->mutable_positive()->set_offset(offset);
    std::uint64_t count = 0;
    for (const std::uint64_t each : counts) {
      point->mutable_positive()->add_bucket_counts(each);
      count += each;
    }
    point->set_count(count);
    return *point;
  }

  OtlpRequest& request() { return request_; }
  std::string bytes() const { return request_.SerializeAsString(); }

 private:
  OtlpRequest request_;
  pb::metrics::v1::ScopeMetrics* scope_ = nullptr;
};

}  // namespace hitwatch::apps
