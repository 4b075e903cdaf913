// Traces of lookups, as the exposition shows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "collectors/lookups/latency_buckets.h"
#include "tests/lookups/store_driver.h"

namespace hitwatch::lookups::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

const Subject kAcme{.tenant = "acme", .type = "catalog", .operation = "get"};
const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";

std::chrono::sys_time<milliseconds> at(std::int64_t time) {
  return std::chrono::sys_time<milliseconds>(milliseconds(time));
}

// Its trace ends with the hexadecimal digits `last`.
Exemplar traced(double seconds, std::int64_t time, const std::string& last = "9c") {
  return {.trace = *trace::parse_trace_id(kTrace.substr(0, kTrace.size() - last.size()) + last),
          .span = *trace::parse_span_id(kSpan),
          .seconds = seconds,
          .time = at(time)};
}

class Traces : public testing::Test {
 protected:
  void time(const Subject& subject, const Exemplar& exemplar) {
    auto recorder = driver_.store.record();
    recorder.time(subject, Source::kHttp, exemplar.seconds);
    recorder.trace(subject, Source::kHttp, exemplar);
  }
  std::string open_metrics(Buckets buckets = Buckets::kClassic) const {
    std::string out;
    driver_.store.write(out, metrics::Format::kOpenMetrics, buckets);
    return out;
  }
  // What stands on the line of a bucket of kAcme after its labels.
  std::string bucket(const std::string& le, Buckets buckets = Buckets::kClassic) const {
    const std::string all = open_metrics(buckets);
    const auto begin =
        all.find("tenant=\"acme\",operation=\"get\",source=\"http\",le=\"" + le + "\"} ");
    if (begin == all.npos) return "no such bucket";
    const auto value = all.find("} ", begin) + 2;
    return all.substr(value, all.find('\n', value) - value);
  }

  StoreDriver driver_;
};

TEST_F(Traces, StandBehindTheBucketOfTheirLatency) {
  time(kAcme, traced(0.0123, 1'700'000'000'125));
  EXPECT_EQ(bucket("0.015"),
            "1 # {trace_id=\"" + kTrace + "\",span_id=\"" + kSpan + "\"} 0.0123 1700000000.125");
  EXPECT_EQ(bucket("0.01"), "0");
  EXPECT_EQ(bucket("0.025"), "1");
  EXPECT_EQ(bucket("+Inf"), "1");
}

TEST_F(Traces, AreNotInTextFormat) {
  time(kAcme, traced(0.0123, 1'700'000'000'125));
  EXPECT_THAT(driver_.text(), Not(HasSubstr("trace_id")));
}

TEST_F(Traces, MayHaveNoSpan) {
  Exemplar exemplar = traced(2, 1'700'000'000'000);
  exemplar.span = {};
  time(kAcme, exemplar);
  EXPECT_EQ(bucket("+Inf"), "1 # {trace_id=\"" + kTrace + "\"} 2 1700000000");
}

TEST_F(Traces, ABoundBelongsToItsBucket) {
  time(kAcme, traced(0.01, 1000));
  EXPECT_THAT(bucket("0.01"), HasSubstr("trace_id"));
  EXPECT_THAT(bucket("0.015"), Not(HasSubstr("trace_id")));
}

TEST_F(Traces, TheLatestOfABucketCounts) {
  time(kAcme, traced(0.0101, 3000, "01"));
  time(kAcme, traced(0.0102, 4000, "02"));
  EXPECT_THAT(bucket("0.015"), HasSubstr("02\",span_id"));
  time(kAcme, traced(0.0103, 3500, "03"));
  EXPECT_THAT(bucket("0.015"), HasSubstr("02\",span_id"));
  time(kAcme, traced(0.3, 1000, "04"));
  EXPECT_THAT(bucket("0.5"), HasSubstr("04\",span_id"));
}

TEST_F(Traces, OneOfTheFutureCountsAsOfNow) {
  const std::int64_t year_3000 = 32'503'680'000'000;
  time(kAcme, traced(0.0101, year_3000, "01"));
  EXPECT_THAT(bucket("0.015"), Not(HasSubstr("32503680000")));
  LatestExemplars latest;
  latest.take(traced(0.0101, 9000, "01"), at(5000));
  latest.take(traced(0.0101, 5001, "02"), at(5002));
  EXPECT_THAT(latest.all(), testing::Contains(traced(0.0101, 5001, "02")));
}

TEST_F(Traces, AreTakenAfterTheClockWasSetBack) {
  LatestExemplars latest;
  latest.take(traced(0.0101, 9000, "01"), at(9000));
  latest.take(traced(0.0101, 2000, "02"), at(2000));
  EXPECT_THAT(latest.all(), testing::Contains(traced(0.0101, 2000, "02")));
}

TEST_F(Traces, OfFineBucketsStandAtTheirOwn) {
  time(kAcme, traced(0.0123, 1000));
  const std::string all = open_metrics(Buckets::kFine);
  EXPECT_THAT(all, HasSubstr("le=\"0.013\"} 1 # {trace_id"));
  EXPECT_EQ(all.find("trace_id"), all.rfind("trace_id"));
}

TEST_F(Traces, OfTenantsWithoutHistogramsAreInThatOfAll) {
  StoreDriver driver({.tenants = 10, .latency_tenants = 0});
  driver.store.record().trace(kAcme, Source::kHttp, traced(0.0123, 1000));
  std::string out;
  driver.store.write(out, metrics::Format::kOpenMetrics, Buckets::kClassic);
  EXPECT_THAT(out, HasSubstr("cache_latency_seconds_bucket{layer=\"redis\",type=\"catalog\","
                             "operation=\"get\",source=\"http\",le=\"0.015\"} 0 # {trace_id"));
}

TEST_F(Traces, CountNothing) {
  time(kAcme, traced(0.0123, 1000));
  driver_.store.record().trace(kAcme, Source::kHttp, traced(0.0123, 1000));
  EXPECT_EQ(bucket("+Inf"), "1");
}

TEST_F(Traces, CanBeListedWithTheLabelsOfTheirBuckets) {
  time(kAcme, traced(1, 1000));
  const auto all = driver_.store.exemplars(Buckets::kClassic);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].labels, (metrics::Labels{{"layer", "redis"},
                                            {"type", "catalog"},
                                            {"tenant", "acme"},
                                            {"operation", "get"},
                                            {"source", "http"},
                                            {"le", "1.0"}}));
  EXPECT_EQ(all[0].exemplar, traced(1, 1000));
}

TEST_F(Traces, EveryClassicBucketHasRoom) { EXPECT_EQ(classic_buckets().size(), kClassicBuckets); }

}  // namespace
}  // namespace hitwatch::lookups::test
