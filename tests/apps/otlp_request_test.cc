// Our reading of OTLP requests beside protobuf's own, which is the judge, in both encodings.
#include "collectors/apps/otlp_request.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "collectors/apps/otlp_json.h"
#include "collectors/apps/otlp_wire.h"
#include "tests/apps/otlp_dump.h"
#include "tests/repetitions.h"

namespace hitwatch::apps {
namespace {

using testing::HasSubstr;

class RandomRequest {
 public:
  explicit RandomRequest(std::uint64_t seed) : random_(seed) {}

  OtlpRequest make() {
    OtlpRequest request;
    for (unsigned i = below(3); i > 0; --i) fill(*request.add_resource_metrics());
    return request;
  }
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }

 private:
  bool maybe() { return below(2) == 0; }
  std::string word() {
    static const std::vector<std::string> words{
        "",
        "tenant",
        "acme",
        "a rather long text that is on the heap for certain",
        "\u00e4\u20ac",
        "quote \" back \\ slash",
        "cache.hits"};
    return words[below(static_cast<unsigned>(words.size()))];
  }
  double real() {
    static const std::vector<double> reals{0,
                                           -0.0,
                                           1,
                                           0.1,
                                           -3.5,
                                           1e300,
                                           5e-324,
                                           std::numeric_limits<double>::infinity(),
                                           -std::numeric_limits<double>::infinity(),
                                           std::numeric_limits<double>::quiet_NaN()};
    return reals[below(static_cast<unsigned>(reals.size()))];
  }
  std::uint64_t whole() { return random_() >> below(64); }

  void fill(pb::common::v1::AnyValue& value, int depth = 0) {
    switch (below(6)) {
      case 0:
        return value.set_string_value(word());
      case 1:
        return value.set_bool_value(maybe());
      case 2:
        return value.set_int_value(static_cast<std::int64_t>(random_()));
      case 3:
        return value.set_double_value(real());
      case 4:
        value.mutable_array_value();
        for (unsigned i = depth > 2 ? 0 : below(3); i > 0; --i) {
          fill(*value.mutable_array_value()->add_values(), depth + 1);
        }
        return;
      default:
        return;
    }
  }
  template <typename Message>
  void add_attributes(Message& message) {
    for (unsigned i = below(4); i > 0; --i) {
      auto* attribute = message.add_attributes();
      attribute->set_key(word());
      fill(*attribute->mutable_value());
    }
  }
  void fill(pb::metrics::v1::ResourceMetrics& resource) {
    add_attributes(*resource.mutable_resource());
    for (unsigned i = below(3); i > 0; --i) {
      auto* scope = resource.add_scope_metrics();
      scope->mutable_scope()->set_name(word());
      scope->mutable_scope()->set_version(word());
      add_attributes(*scope->mutable_scope());
      for (unsigned j = below(5); j > 0; --j) fill(*scope->add_metrics());
    }
  }
  template <typename Data>
  void fill_points(Data& data) {
    for (unsigned i = below(4); i > 0; --i) fill(*data.add_data_points());
    if constexpr (requires { data.set_aggregation_temporality({}); }) {
      data.set_aggregation_temporality(
          static_cast<pb::metrics::v1::AggregationTemporality>(below(3)));
    }
    if constexpr (requires { data.set_is_monotonic(true); }) data.set_is_monotonic(maybe());
  }
  void fill(pb::metrics::v1::Metric& metric) {
    metric.set_name(word());
    metric.set_unit(word());
    switch (below(6)) {
      case 0:
        return fill_points(*metric.mutable_gauge());
      case 1:
        return fill_points(*metric.mutable_sum());
      case 2:
        return fill_points(*metric.mutable_histogram());
      case 3:
        return fill_points(*metric.mutable_exponential_histogram());
      case 4:
        return fill_points(*metric.mutable_summary());
      default:
        return;
    }
  }
  template <typename Point>
  void fill_times(Point& point) {
    point.set_start_time_unix_nano(whole());
    point.set_time_unix_nano(whole());
    point.set_flags(below(3));
    add_attributes(point);
  }
  template <typename Message>
  void fill_number(Message& message) {
    switch (below(3)) {
      case 0:
        return message.set_as_int(static_cast<std::int64_t>(random_()));
      case 1:
        return message.set_as_double(real());
      default:
        return;
    }
  }
  void fill(pb::metrics::v1::NumberDataPoint& point) {
    fill_times(point);
    fill_number(point);
  }
  template <typename Point>
  void fill_figures(Point& point) {
    point.set_count(whole());
    if (maybe()) point.set_sum(real());
    if (maybe()) point.set_min(real());
    if (maybe()) point.set_max(real());
    for (unsigned i = below(3); i > 0; --i) {
      auto* exemplar = point.add_exemplars();
      exemplar->set_time_unix_nano(whole());
      exemplar->set_trace_id(std::string(below(20), '\x9f'));
      exemplar->set_span_id(std::string(below(9), '\x01'));
      fill_number(*exemplar);
    }
  }
  void fill(pb::metrics::v1::HistogramDataPoint& point) {
    fill_times(point);
    fill_figures(point);
    for (unsigned i = below(20); i > 0; --i) point.add_bucket_counts(whole());
    for (unsigned i = below(20); i > 0; --i) point.add_explicit_bounds(real());
  }
  void fill(pb::metrics::v1::ExponentialHistogramDataPoint& point) {
    fill_times(point);
    fill_figures(point);
    point.set_scale(static_cast<std::int32_t>(below(40)) - 20);
    point.set_zero_count(whole());
    point.set_zero_threshold(real());
    for (auto* side : {point.mutable_positive(), point.mutable_negative()}) {
      side->set_offset(static_cast<std::int32_t>(random_()));
      for (unsigned i = below(20); i > 0; --i) side->add_bucket_counts(maybe() ? 0 : whole());
    }
  }
  void fill(pb::metrics::v1::SummaryDataPoint& point) { point.set_time_unix_nano(whole()); }

  std::mt19937_64 random_;
};

TEST(OtlpRequestReader, ReadsWhatProtobufReads) {
  OtlpRequestReader reader;
  for (int i = 0; i < repetitions(2000); ++i) {
    const OtlpRequest request = RandomRequest(static_cast<std::uint64_t>(i)).make();
    OtlpDump found;
    ASSERT_TRUE(reader.read(request.SerializeAsString(), found));
    ASSERT_EQ(found.text(), dump(request)) << i;
  }
}

TEST(OtlpRequestReader, OfBrokenBytesSaysTheSameAsProtobufWhereBothReadThem) {
  const google::protobuf::LogSilencer silencer;  // of texts that are not UTF-8
  OtlpRequestReader reader;
  int both = 0;
  for (int i = 0; i < repetitions(5000); ++i) {
    RandomRequest random(static_cast<std::uint64_t>(i));
    std::string bytes = random.make().SerializeAsString();
    if (bytes.empty()) continue;
    for (unsigned j = random.below(3); j > 0; --j) {
      bytes[random.below(static_cast<unsigned>(bytes.size()))] =
          static_cast<char>(random.below(256));
    }
    if (random.below(4) == 0) bytes.resize(random.below(static_cast<unsigned>(bytes.size())));
    OtlpDump found;
    OtlpRequest judge;
    const bool is_read = reader.read(bytes, found);
    ASSERT_EQ(passes_check(bytes), is_read) << i;
    if (!is_read || !judge.ParseFromString(bytes) || found.has_strange_values()) continue;
    ++both;
    ASSERT_EQ(found.text(), dump(judge)) << i;
  }
  EXPECT_GT(both, 0);
}

// Fields may come in any order, several times, and packed or not.
TEST(OtlpRequestReader, TheOrderOfFieldsIsFree) {
  std::string attribute;
  append_wire_bytes(attribute, 2,
                    "\x0a\x04"
                    "acme");
  append_wire_bytes(attribute, 1, "tenant");
  std::string point;
  append_wire_bytes(point, 9, attribute);
  append_wire_fixed64(point, 6, 2);  // bucket_counts, not packed
  append_wire_fixed64(point, 6, 3);
  append_wire_fixed64(point, 7, std::bit_cast<std::uint64_t>(0.01));
  append_wire_fixed64(point, 4, 5);
  append_wire_fixed64(point, 3, 9);
  std::string first;
  append_wire_bytes(first, 1, point);
  std::string second;
  append_wire_bytes(second, 1, point);
  append_wire_varint(second, 2, 1);
  std::string metric;
  append_wire_bytes(metric, 7, "");  // another kind, which the later one replaces
  append_wire_bytes(metric, 9, first);
  append_wire_bytes(metric, 9, second);
  append_wire_bytes(metric, 1, "cache.latency");
  std::string scope_metrics;
  append_wire_bytes(scope_metrics, 2, metric);
  append_wire_bytes(scope_metrics, 1, "\x0a\x04shop");
  append_wire_bytes(scope_metrics, 99, "not known");
  std::string resource_metrics;
  append_wire_bytes(resource_metrics, 2, scope_metrics);
  append_wire_bytes(resource_metrics, 1, "");
  std::string body;
  append_wire_bytes(body, 1, resource_metrics);

  OtlpRequest judge;
  ASSERT_TRUE(judge.ParseFromString(body));
  OtlpDump found;
  ASSERT_TRUE(OtlpRequestReader().read(body, found));
  EXPECT_EQ(found.text(), dump(judge));
  EXPECT_THAT(found.text(), HasSubstr("metric cache.latency unit  kind 3 temporality 1"));
  EXPECT_THAT(found.text(), HasSubstr("points 2"));
}

// Two bytes of a body must not become fifty of memory.
TEST(OtlpRequestReader, KeepsABoundedNumberOfBucketsAttributesAndExemplars) {
  OtlpBuilder builder;
  builder.resource(OtlpTexts(1000));
  auto& made =
      builder.histogram("h", std::vector<double>(5000), std::vector<std::uint64_t>(5001), 0);
  set_attributes(made, OtlpTexts(1000));
  for (int i = 0; i < 1000; ++i) made.add_exemplars();
  class Counting final : public OtlpSink {
   public:
    void take_producer(const OtlpProducer& producer) override {
      EXPECT_EQ(producer.resource.size(), kMaxOtlpAttributes + 1);
    }
    OtlpWanted take_metric(const OtlpMetric&) override { return OtlpWanted::kPoints; }
    void take_point(const OtlpMetric&, const OtlpPoint& point) override {
      ++points;
      EXPECT_EQ(point.buckets.size(), kMaxOtlpBuckets);
      EXPECT_EQ(point.bucket_count, 5001U);
      EXPECT_EQ(point.bounds.size(), kMaxOtlpBuckets);
      EXPECT_EQ(point.attributes.size(), kMaxOtlpAttributes + 1);
      EXPECT_EQ(point.exemplars.size(), kMaxOtlpExemplars);
    }
    int points = 0;
  };
  Counting counting;
  ASSERT_TRUE(OtlpRequestReader().read(builder.bytes(), counting));
  EXPECT_EQ(counting.points, 1);
}

// --- JSON

TEST(OtlpJson, SaysTheSameAsProtobuf) {
  for (int i = 0; i < repetitions(500); ++i) {
    const OtlpRequest request = RandomRequest(static_cast<std::uint64_t>(i)).make();
    const std::string json = to_otlp_json(request);
    const auto translated = otlp_from_json(json);
    ASSERT_TRUE(translated) << translated.error() << "\n" << json;
    OtlpRequest read;
    ASSERT_TRUE(read.ParseFromString(*translated)) << json;
    ASSERT_EQ(dump(read), dump(request)) << json;
  }
}

std::string translated_dump(std::string_view json) {
  const auto translated = otlp_from_json(json);
  if (!translated) return translated.error();
  OtlpRequest read;
  if (!read.ParseFromString(*translated)) return "not protobuf";
  return dump(read);
}

std::string one_point(const std::string& fields) {
  return R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"dataPoints":[{)" +
         fields + "}]}}]}]}]}";
}

TEST(OtlpJson, TakesNumbersInEveryWayOfWritingThem) {
  const std::string twelve = translated_dump(one_point(R"("asInt":"12")"));
  EXPECT_THAT(twelve, HasSubstr("number 4028000000000000"));
  for (const char* fields : {R"("asInt":12)", R"("asInt":12.0)", R"("asInt":1.2e1)",
                             R"("asInt":"1.2e1")", R"("asDouble":12)", R"("asDouble":"12")"}) {
    EXPECT_EQ(translated_dump(one_point(fields)), twelve) << fields;
  }
  EXPECT_EQ(translated_dump(one_point(R"("timeUnixNano":1700000000000000001)")),
            translated_dump(one_point(R"("timeUnixNano":"1700000000000000001")")));
  EXPECT_EQ(translated_dump(one_point(R"("timeUnixNano":null,"asInt":null)")),
            translated_dump(one_point("")));
}

TEST(OtlpJson, SkipsWhatItDoesNotKnow) {
  EXPECT_EQ(translated_dump(one_point(R"("x":[[{"asInt":3}],{}],"y":{"asInt":{}},"as_int":5)")),
            translated_dump(one_point("")));
}

TEST(OtlpJson, SaysWhatIsWrong) {
  const std::pair<std::string, const char*> faults[] = {
      {"", "not JSON: syntax error"},
      {"[]", "must be an object, not a list"},
      {"5", "must be an object like"},
      {"null", "must be an object, not null"},
      {"{", "not JSON: syntax error"},
      {R"({"resourceMetrics":{}})", "resourceMetrics must be a list"},
      {R"({"resourceMetrics":[[]]})", "resourceMetrics must be an object"},
      {R"({"resourceMetrics":[5]})", "resourceMetrics must be an object"},
      {R"({"resourceMetrics":5})", "resourceMetrics must be a list"},
      {one_point(R"("asInt":"x")"), "asInt must be a whole number of 64 bits"},
      {one_point(R"("asInt":1.5)"), "asInt must be a whole number"},
      {one_point(R"("asInt":true)"), "asInt must be a whole number"},
      {one_point(R"("asInt":[1])"), "asInt must be a whole number"},
      {one_point(R"("asInt":{})"), "asInt must be a whole number"},
      {one_point(R"("asInt":9223372036854775808)"), "asInt must be a whole number"},
      {one_point(R"("timeUnixNano":-1)"), "timeUnixNano must be a whole number from 0"},
      {one_point(R"("timeUnixNano":"18446744073709551616")"), "timeUnixNano must be"},
      {one_point(R"("flags":4294967296)"), "flags must be a whole number from 0, below 2^32"},
      {one_point(R"("asDouble":"12px")"), "asDouble must be a number"},
      {one_point(R"("asDouble":"inf")"), "asDouble must be a number"},
      {one_point(R"("exemplars":[{"traceId":"0g"}])"), "traceId must be a string of hex digits"},
      {one_point(R"("exemplars":[{"traceId":"012"}])"), "traceId must be a string of hex digits"},
      {one_point(R"("attributes":[{"key":5}])"), "key must be a string"},
      {R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"aggregationTemporality":3}}]}]}]})",
       "aggregationTemporality must be 1 (delta) or 2 (cumulative)"},
  };
  for (const auto& [json, text] : faults) {
    const auto translated = otlp_from_json(json);
    ASSERT_FALSE(translated) << json;
    EXPECT_THAT(translated.error(), HasSubstr(text)) << json;
  }
}

TEST(OtlpJson, ValuesWithinValuesAreBounded) {
  std::string deep = R"({"resourceMetrics":[{"resource":{"attributes":[{"value":)";
  for (int i = 0; i < 100; ++i) deep += R"({"arrayValue":{"values":[)";
  const auto translated = otlp_from_json(deep);
  ASSERT_FALSE(translated);
  EXPECT_THAT(translated.error(), HasSubstr("too deep"));
}

}  // namespace
}  // namespace hitwatch::apps
