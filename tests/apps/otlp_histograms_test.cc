// Latencies of OTLP histograms, explicit and exponential.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/apps/otlp_intake_fixture.h"

namespace hitwatch::apps {
namespace {

TEST_F(OtlpIntakeTest, HistogramCountsStandAtTheirUpperEdges) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {0.001, 0.005, 0.01}, {5, 3, 2, 1}, 0.123);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(up_to("0.0006"), 0);
  EXPECT_EQ(up_to("0.001"), 5);
  EXPECT_EQ(up_to("0.004"), 5);
  EXPECT_EQ(up_to("0.006"), 8) << "up to 5 ms is below 6 ms for certain";
  EXPECT_EQ(up_to("0.01"), 10);
  EXPECT_EQ(up_to("1"), 10) << "nothing is known of what is above the last edge";
  EXPECT_EQ(up_to("+Inf"), 11);
  EXPECT_EQ(timed(), 11);
  EXPECT_DOUBLE_EQ(time_sum(), 0.123);
}

TEST_F(OtlpIntakeTest, TheLargestValueOfADeltaBoundsTheLastBucket) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {0.001}, {5, 3}, 0.1).set_max(0.02);
  take(builder);
  EXPECT_EQ(up_to("0.015"), 5);
  EXPECT_EQ(up_to("0.025"), 8);
}

TEST_F(OtlpIntakeTest, UnitsOfTimeAreTold) {
  OtlpBuilder builder;
  for (const auto& [unit, scale] : std::map<std::string, double>{
           {"s", 1}, {"ms", 1e3}, {"us", 1e6}, {"\u00b5s", 1e6}, {"ns", 1e9}, {"", 1}}) {
    builder.histogram("cache.latency", {0.001 * scale, 0.01 * scale}, {0, 1, 0}, 0.008 * scale, 0,
                      10, kDelta, unit);
  }
  builder.histogram("cache.latency", {1}, {1, 0}, 1, 0, 10, kDelta, "By");
  EXPECT_EQ(take(builder).refused, 1U);
  EXPECT_EQ(refused(OtlpRefusal::kUnit), 1U);
  EXPECT_EQ(up_to("0.006"), 0);
  EXPECT_EQ(up_to("0.01"), 6);
  EXPECT_NEAR(time_sum(), 6 * 0.008, 1e-12);
}

TEST_F(OtlpIntakeTest, TheUnitOfTheMappingWins) {
  OtlpMeaning meaning;
  meaning.metric = "shop.duration";
  meaning.kind = OtlpMeaning::Kind::kLatency;
  meaning.unit = 1e-3;
  intake_.configure({meaning}, kOtlpEpoch);
  OtlpBuilder builder;
  builder.histogram("shop.duration", {10}, {1, 0}, 7, 0, 10, kDelta, "1");
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(up_to("0.01"), 1);
  EXPECT_DOUBLE_EQ(time_sum(), 0.007);
}

TEST_F(OtlpIntakeTest, OfACumulativeHistogramTheIncreaseOfEachBucketCounts) {
  OtlpBuilder builder;
  const std::vector<double> bounds{0.001, 0.01};
  builder.histogram("cache.latency", bounds, {100, 100, 100}, 50, -10, 10, kCumulative);
  builder.histogram("cache.latency", bounds, {101, 102, 100}, 50.5, -10, 20, kCumulative);
  builder.histogram("cache.latency", bounds, {1, 0, 0}, 0.0005, 25, 30, kCumulative);
  builder.histogram("cache.latency", bounds, {0, 1, 0}, 0.005, 25, 40, kCumulative);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(timed(), 5);
  EXPECT_EQ(up_to("0.001"), 2);
  EXPECT_EQ(up_to("0.01"), 5);
  EXPECT_DOUBLE_EQ(time_sum(), 0.5 + 0.0005 + 0.005);
}

TEST_F(OtlpIntakeTest, OtherBoundsAreANewBaseline) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {0.001}, {10, 0}, 1, 1, 10, kCumulative);
  builder.histogram("cache.latency", {0.002}, {20, 0}, 2, 1, 20, kCumulative);
  builder.histogram("cache.latency", {0.002}, {23, 0}, 3, 1, 30, kCumulative);
  take(builder);
  EXPECT_EQ(timed(), 13);
}

TEST_F(OtlpIntakeTest, BucketsThatContradictEachOtherAreRefused) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {0.001, 0.01}, {1, 1}, 1);         // too few
  builder.histogram("cache.latency", {0.001}, {1, 1}, 1).set_count(3);  // not their sum
  builder.histogram("cache.latency", {0.01, 0.001}, {1, 1, 1}, 1);      // not ascending
  builder.histogram("cache.latency", {std::nan("")}, {1, 1}, 1);
  builder.histogram("cache.latency", std::vector<double>(3000, 1), std::vector<std::uint64_t>(3001),
                    1);
  builder.exponential("cache.latency", 21, 0, {1}, 1);
  builder.exponential("cache.latency", 0, 0, std::vector<std::uint64_t>(2049), 1);
  builder.histogram("cache.latency", {1}, {~0ULL, 1}, 1);  // their sum does not fit
  EXPECT_EQ(take(builder).refused, 8U);
  EXPECT_EQ(refused(OtlpRefusal::kBuckets), 8U);
}

TEST_F(OtlpIntakeTest, NegativeLatenciesAndImpossibleSumsAreRefused) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {-1, 1}, {1, 1, 1}, 1);
  auto& point = builder.exponential("cache.latency", 0, 0, {1}, 1);
  point.mutable_negative()->add_bucket_counts(1);
  point.set_count(2);
  builder.histogram("cache.latency", {1}, {1, 1}, -1);
  builder.histogram("cache.latency", {1}, {1, 1}, 1e300);
  EXPECT_EQ(take(builder).refused, 4U);
  EXPECT_EQ(refused(OtlpRefusal::kValue), 4U);
}

TEST_F(OtlpIntakeTest, AHistogramWithoutBucketsTellsOnlyHowManyAndHowLong) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {}, {}, 0.5).set_count(10);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(timed(), 10);
  EXPECT_EQ(up_to("1"), 0);
  EXPECT_DOUBLE_EQ(time_sum(), 0.5);
}

TEST_F(OtlpIntakeTest, WithoutASumTheEdgesGiveOne) {
  OtlpBuilder builder;
  builder.histogram("cache.latency", {0.001, 0.01}, {5, 2, 1}, 0).clear_sum();
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_DOUBLE_EQ(time_sum(), 5 * 0.001 + 3 * 0.01);
}

TEST_F(OtlpIntakeTest, ExponentialBucketsStandAtTheirUpperEdges) {
  OtlpBuilder builder;
  // (1/1024, 1/512], (1/512, 1/256] and (1/256, 1/128]: 1.95, 3.9 and 7.8 ms at most.
  builder.exponential("cache.latency", 0, -10, {1, 2, 4}, 0.03).set_zero_count(3);
  auto* metrics = builder.request().mutable_resource_metrics(0)->mutable_scope_metrics(0);
  metrics->mutable_metrics(0)->mutable_exponential_histogram()->mutable_data_points(0)->set_count(
      10);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(up_to("0.0001"), 3);
  EXPECT_EQ(up_to("0.0015"), 3);
  EXPECT_EQ(up_to("0.0025"), 4);
  EXPECT_EQ(up_to("0.004"), 6);
  EXPECT_EQ(up_to("0.006"), 6);
  EXPECT_EQ(up_to("0.01"), 10);
  EXPECT_DOUBLE_EQ(time_sum(), 0.03);
}

TEST_F(OtlpIntakeTest, AnEdgeThatIsABoundStandsAtThatBound) {
  OtlpBuilder builder;
  builder.exponential("cache.latency", 0, -3, {7}, 1, 0, 10);     // (1/8, 1/4]
  builder.exponential("cache.latency", 20, -1, {5}, 1, 10, 20);   // up to 1
  builder.exponential("cache.latency", -10, -1, {3}, 1, 20, 30);  // up to 1
  take(builder);
  EXPECT_EQ(up_to("0.1"), 0);
  EXPECT_EQ(up_to("0.25"), 7);
  EXPECT_EQ(up_to("0.5"), 7);
  EXPECT_EQ(up_to("1"), 15);
}

TEST_F(OtlpIntakeTest, AnExponentialHistogramMayBecomeCoarser) {
  OtlpBuilder builder;
  builder.exponential("cache.latency", 1, -21, {3, 2, 1, 4}, 1, 1, 10, kCumulative);
  // Of the former, -21 belongs to -11, -20 and -19 to -10, -18 to -9.
  builder.exponential("cache.latency", 0, -11, {3, 5, 4}, 1.5, 1, 20, kCumulative);
  builder.exponential("cache.latency", 0, -11, {3, 5, 4, 1}, 1.6, 1, 30, kCumulative);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(timed(), 13);
  EXPECT_DOUBLE_EQ(time_sum(), 1.6);
}

TEST_F(OtlpIntakeTest, AHistogramOfResultsCountsAndTimes) {
  OtlpMeaning meaning;
  meaning.metric = "shop.lookup.duration";
  meaning.kind = OtlpMeaning::Kind::kResult;
  intake_.configure({meaning}, kOtlpEpoch);
  OtlpBuilder builder;
  set_attributes(builder.histogram("shop.lookup.duration", {0.001}, {5, 0}, 0.002),
                 {{"result", "hit"}});
  set_attributes(builder.histogram("shop.lookup.duration", {0.001}, {0, 2}, 0.02),
                 {{"result", "miss"}});
  take(builder);
  EXPECT_EQ(hits(), 5);
  EXPECT_EQ(misses(), 2);
  EXPECT_EQ(timed(), 7);
}

TEST_F(OtlpIntakeTest, ExemplarsLeadToTheirTraces) {
  OtlpBuilder builder;
  auto& point = builder.histogram("cache.latency", {1, 10}, {1, 1, 0}, 7, 0, 10, kDelta, "ms");
  const auto add = [&](double value, const std::string& trace, double time) {
    auto* exemplar = point.add_exemplars();
    exemplar->set_as_double(value);
    exemplar->set_time_unix_nano(otlp_time(time));
    exemplar->set_trace_id(trace);
    exemplar->set_span_id(std::string(8, '\x01'));
  };
  add(6.5, std::string(16, '\xab'), 5);
  add(0.5, "", 5);
  add(0.5, "short", 5);
  add(0.5, std::string(16, '\0'), 5);
  add(-1, std::string(16, '\xab'), 5);
  EXPECT_EQ(take(builder).refused, 0U);
  const auto exemplars = store_.exemplars(lookups::Buckets::kClassic);
  ASSERT_EQ(exemplars.size(), 1U);
  EXPECT_EQ(trace::to_hex(exemplars[0].exemplar.trace), "abababababababababababababababab");
  EXPECT_EQ(trace::to_hex(exemplars[0].exemplar.span), "0101010101010101");
  EXPECT_DOUBLE_EQ(exemplars[0].exemplar.seconds, 0.0065);
  EXPECT_EQ(exemplars[0].exemplar.time.time_since_epoch().count(), 1'700'000'005'000);
}

}  // namespace
}  // namespace hitwatch::apps
