// What becomes of OTLP points, by the semantics of the metrics data model.
#include "collectors/apps/otlp_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tests/apps/otlp_intake_fixture.h"

namespace hitwatch::apps {
namespace {

using testing::HasSubstr;

TEST_F(OtlpIntakeTest, CountsByTheDefaultNamesUnderTheDefaultAttributes) {
  OtlpBuilder builder;
  const OtlpTexts plain{{"tenant", "acme"}, {"type", "catalog"}};
  const OtlpTexts prefixed{{"cache.tenant", "acme"}, {"cache.type", "catalog"}};
  builder.sum("cache.hits", 5, plain);
  builder.sum("cache.hits", 2, prefixed);
  builder.sum("cache.misses", 3, plain);
  builder.sum("cache.errors", 1, {{"tenant", "acme"}, {"operation", "get"}, {"layer", "local"}});
  EXPECT_EQ(take(builder).refused, 0U);
  const std::string labels = R"({layer="redis",type="catalog",tenant="acme",source="otlp"})";
  EXPECT_EQ(value("cache_hits_total" + labels), 7);
  EXPECT_EQ(value("cache_misses_total" + labels), 3);
  EXPECT_EQ(
      value(R"(cache_errors_total{layer="local",tenant="acme",operation="get",source="otlp"})"), 1);
  EXPECT_EQ(intake_.counters().points, 4U);
}

TEST_F(OtlpIntakeTest, AResultAttributeTellsHitsFromMisses) {
  OtlpBuilder builder;
  builder.sum("cache.requests", 5, {{"cache.result", "hit"}});
  builder.sum("cache.requests", 4, {{"result", "miss"}});
  builder.sum("cache.requests", 3, {{"result", "stale"}});
  builder.sum("cache.requests", 2, {});
  const auto outcome = take(builder);
  EXPECT_EQ(hits(), 5);
  EXPECT_EQ(misses(), 4);
  EXPECT_EQ(outcome.refused, 2U);
  EXPECT_THAT(outcome.reasons, HasSubstr("2 points (cache.requests): the attribute of the result"));
}

TEST_F(OtlpIntakeTest, AttributesOfThePointComeBeforeThoseOfTheResource) {
  OtlpBuilder builder;
  builder.resource({{"tenant", "whole"}, {"type", "session"}});
  builder.sum("cache.hits", 1, {{"tenant", "acme"}});
  take(builder);
  EXPECT_EQ(value(R"(cache_hits_total{layer="redis",type="session",tenant="acme",source="otlp"})"),
            1);
}

TEST_F(OtlpIntakeTest, KeysAreClassified) {
  OtlpBuilder builder;
  builder.sum("cache.hits", 1, {{"cache.key", "catalog:acme:42"}});
  take(builder);
  EXPECT_EQ(value(R"(cache_hits_total{layer="redis",type="catalog",tenant="acme",source="otlp"})"),
            1);
}

TEST_F(OtlpIntakeTest, TheMappingSaysWhatOtherMetricsMean) {
  OtlpMeaning meaning;
  meaning.metric = "shop.lookups";
  meaning.kind = OtlpMeaning::Kind::kResult;
  meaning.result.attributes = {"found"};
  meaning.hit = {"true"};
  meaning.miss = {"false"};
  meaning.ignore = {"unknown"};
  meaning.tenant = {.attributes = {"tenant.id"}, .text = "nobody"};
  meaning.type = {.attributes = {}, .text = "catalog"};
  intake_.configure({meaning}, kOtlpEpoch);
  OtlpBuilder builder;
  auto& found = builder.sum("shop.lookups", 7, {{"tenant", "not this one"}});
  auto* id = found.add_attributes();
  id->set_key("tenant.id");
  id->mutable_value()->set_int_value(-12);
  auto* flag = found.add_attributes();
  flag->set_key("found");
  flag->mutable_value()->set_bool_value(true);
  builder.sum("shop.lookups", 2, {{"found", "false"}});
  builder.sum("shop.lookups", 2, {{"found", "unknown"}});
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(value(R"(cache_hits_total{layer="redis",type="catalog",tenant="-12",source="otlp"})"),
            7);
  EXPECT_EQ(
      value(R"(cache_misses_total{layer="redis",type="catalog",tenant="nobody",source="otlp"})"),
      2);
  EXPECT_EQ(intake_.counters().ignored, 1U);
}

TEST_F(OtlpIntakeTest, OtherMetricsAreIgnoredWithoutAWord) {
  OtlpBuilder builder;
  builder.sum("http.requests", 5);
  builder.metric("process.memory").mutable_gauge()->add_data_points()->set_as_int(5);
  const auto outcome = take(builder);
  EXPECT_EQ(outcome.refused, 0U);
  EXPECT_EQ(outcome.reasons, "");
  EXPECT_EQ(intake_.counters().ignored, 2U);
  EXPECT_EQ(intake_.counters().points, 2U);
}

TEST_F(OtlpIntakeTest, KindsThatCannotBeCountedAreRefused) {
  OtlpBuilder builder;
  builder.metric("cache.hits").mutable_gauge()->add_data_points()->set_as_int(5);
  builder.metric("cache.latency").mutable_summary()->add_data_points()->set_count(3);
  builder.sum("cache.latency", 5);
  builder.sum("cache.misses", 5);
  auto* metrics = builder.request().mutable_resource_metrics(0)->mutable_scope_metrics(0);
  metrics->mutable_metrics(3)->mutable_sum()->set_is_monotonic(false);
  const auto outcome = take(builder);
  EXPECT_EQ(outcome.refused, 4U);
  EXPECT_EQ(refused(OtlpRefusal::kKind), 4U);
  EXPECT_THAT(outcome.reasons, HasSubstr("4 points (cache.hits): not of the kind"));
}

TEST_F(OtlpIntakeTest, WithoutATemporalityNothingCounts) {
  OtlpBuilder builder;
  builder.sum("cache.hits", 5, {}, 0, 10, pb::metrics::v1::AGGREGATION_TEMPORALITY_UNSPECIFIED);
  EXPECT_EQ(take(builder).refused, 1U);
  EXPECT_EQ(refused(OtlpRefusal::kTemporality), 1U);
}

TEST_F(OtlpIntakeTest, ValuesThatAreNoCountsAreRefused) {
  OtlpBuilder builder;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {-1.0, infinity, -infinity, std::nan(""), 2e15}) {
    builder.sum("cache.hits", wrong);
  }
  builder.sum("cache.hits", 1).clear_value();
  EXPECT_EQ(take(builder).refused, 6U);
  EXPECT_EQ(refused(OtlpRefusal::kValue), 6U);
  EXPECT_EQ(hits(), -1);
}

TEST_F(OtlpIntakeTest, APointWithoutARecordedValueIsSkipped) {
  OtlpBuilder builder;
  builder.sum("cache.hits", 0).set_flags(1);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(intake_.counters().ignored, 1U);
}

// --- delta

TEST_F(OtlpIntakeTest, DeltasAddUp) {
  EXPECT_EQ(delta(5, 0, 10).refused, 0U);
  EXPECT_EQ(delta(0, 10, 20).refused, 0U);
  EXPECT_EQ(delta(7, 20, 30).refused, 0U);
  EXPECT_EQ(delta(1, 90, 100).refused, 0U) << "a gap says nothing";
  EXPECT_EQ(hits(), 13);
}

TEST_F(OtlpIntakeTest, ADeltaThatComesAgainCountsOnce) {
  delta(5, 0, 10);
  EXPECT_EQ(delta(5, 0, 10).refused, 1U);
  EXPECT_EQ(delta(5, 10, 20).refused, 0U);
  EXPECT_EQ(delta(5, 0, 10).refused, 1U);
  EXPECT_EQ(hits(), 10);
  EXPECT_EQ(refused(OtlpRefusal::kOutOfOrder), 2U);
}

TEST_F(OtlpIntakeTest, ADeltaThatComesLateCountsOnce) {
  delta(1, 20, 30);
  EXPECT_EQ(delta(2, 50, 60).refused, 0U);
  EXPECT_EQ(delta(4, 10, 20).refused, 0U) << "from before the first";
  EXPECT_EQ(delta(8, 30, 40).refused, 0U);
  EXPECT_EQ(delta(16, 40, 50).refused, 0U);
  EXPECT_EQ(delta(32, 60, 70).refused, 0U) << "the last one is still the latest";
  EXPECT_EQ(hits(), 63);
  for (const int start : {10, 20, 30, 40, 50, 60}) {
    EXPECT_EQ(delta(64, start, start + 10).refused, 1U) << start;
  }
  EXPECT_EQ(delta(64, 5, 15).refused, 1U) << "half of it was told";
  EXPECT_EQ(delta(64, 9, 9).refused, 1U);
  EXPECT_EQ(hits(), 63);
}

TEST_F(OtlpIntakeTest, DeltasCountInAnyOrderInWhichACollectorSendsThem) {
  std::mt19937 random(4318);
  std::vector<int> turns(10);
  std::iota(turns.begin(), turns.end(), 0);
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(turns, random);
    for (const int turn : turns) {
      const int start = round * 100 + turn * 10;
      EXPECT_EQ(delta(1, start, start + 10).refused, 0U);
      EXPECT_EQ(delta(1, start, start + 10).refused, 1U);
    }
  }
  EXPECT_EQ(hits(), 500);
}

TEST_F(OtlpIntakeTest, GapsAreFewAndTheOldestAreForgotten) {
  for (int i = 0; i < 100; ++i) delta(1, i * 20, i * 20 + 10);
  EXPECT_EQ(delta(1, 10, 20).refused, 1U);
  EXPECT_EQ(delta(1, 98 * 20 + 10, 99 * 20).refused, 0U);
  EXPECT_EQ(hits(), 101);
}

TEST_F(OtlpIntakeTest, DeltasThatOverlapAreRefused) {
  delta(5, 0, 10);
  const auto outcome = delta(5, 5, 15);
  EXPECT_EQ(outcome.refused, 1U);
  EXPECT_EQ(refused(OtlpRefusal::kOverlap), 1U);
  EXPECT_THAT(outcome.reasons, HasSubstr("service.instance.id"));
  EXPECT_EQ(hits(), 5);
}

TEST_F(OtlpIntakeTest, TwoCollectionsWithinOneTickBothCount) {
  delta(5, 0, 10);
  EXPECT_EQ(delta(2, 10, 10).refused, 0U);
  EXPECT_EQ(delta(2, 10, 10).refused, 1U) << "that one came before";
  EXPECT_EQ(hits(), 7);
}

// --- cumulative

TEST_F(OtlpIntakeTest, OfACumulativeStreamTheIncreaseCounts) {
  total(5, 1, 10);
  total(5, 1, 20);
  total(12, 1, 50);
  EXPECT_EQ(hits(), 12);
}

TEST_F(OtlpIntakeTest, WhatAnApplicationCountedBeforeTheDaemonStartedDoesNotCount) {
  total(1000, -100, 10);
  EXPECT_EQ(hits(), -1);
  total(1003, -100, 20);
  EXPECT_EQ(hits(), 3);
}

TEST_F(OtlpIntakeTest, AnUnknownStartIsABaseline) {
  total(1000, 10, 10);
  total(1001, 10, 20);
  EXPECT_EQ(hits(), 1);
  OtlpBuilder builder;
  builder.sum("cache.misses", 1000, {}, 0, 10, kCumulative).set_start_time_unix_nano(0);
  builder.sum("cache.misses", 1002, {}, 0, 20, kCumulative).set_start_time_unix_nano(0);
  EXPECT_EQ(take(builder).refused, 0U);
  EXPECT_EQ(misses(), 2);
}

TEST_F(OtlpIntakeTest, ALaterStartCountsFromZero) {
  total(1000, -100, 10);
  total(4, 15, 20);
  EXPECT_EQ(hits(), 4);
  total(1500, 25, 30);
  EXPECT_EQ(hits(), 1504) << "also where the value is higher than before";
}

TEST_F(OtlpIntakeTest, AValueThatFallsCountsFromZeroAndNothingIsNegative) {
  total(1000, -100, 10);
  total(4, -100, 20);
  EXPECT_EQ(hits(), 4);
  total(6, -100, 30);
  EXPECT_EQ(hits(), 6);
}

TEST_F(OtlpIntakeTest, OldPointsOfACumulativeStreamAreRefused) {
  total(10, 1, 30);
  EXPECT_EQ(total(5, 1, 20).refused, 1U);
  EXPECT_EQ(total(10, 1, 30).refused, 1U);
  EXPECT_EQ(total(11, 1, 40).refused, 0U);
  EXPECT_EQ(hits(), 11);
  EXPECT_EQ(refused(OtlpRefusal::kOutOfOrder), 2U);
}

TEST_F(OtlpIntakeTest, OfTwoSendersThatShareAStreamTheOlderIsRefused) {
  total(100, 1, 30);
  total(10, 20, 31);
  EXPECT_EQ(total(103, 1, 40).refused, 1U);
  EXPECT_EQ(total(12, 20, 41).refused, 0U);
  EXPECT_EQ(hits(), 112);
  EXPECT_EQ(refused(OtlpRefusal::kOverlap), 1U);
}

TEST_F(OtlpIntakeTest, ResourcesScopesAndAttributesTellStreamsApart) {
  for (const char* instance : {"a", "b"}) {
    OtlpBuilder builder;
    builder.resource({{"service.instance.id", instance}});
    builder.sum("cache.hits", 5, {}, 1, 10, kCumulative);
    builder.sum("cache.hits", 5, {{"region", "eu"}}, 1, 10, kCumulative);
    builder.sum("cache.hits", 5, {{"region", "us"}}, 1, 10, kCumulative);
    EXPECT_EQ(take(builder).refused, 0U);
  }
  EXPECT_EQ(hits(), 30);
  EXPECT_EQ(intake_.counters().streams, 6U);
}

TEST_F(OtlpIntakeTest, TheOrderOfAttributesSaysNothing) {
  OtlpBuilder first;
  first.sum("cache.hits", 5, {{"a", "1"}, {"b", "2"}}, 1, 10, kCumulative);
  OtlpBuilder second;
  second.sum("cache.hits", 8, {{"b", "2"}, {"a", "1"}}, 1, 20, kCumulative);
  take(first);
  take(second);
  EXPECT_EQ(hits(), 8);
  OtlpBuilder swapped;
  swapped.sum("cache.hits", 1, {{"a", "2"}, {"b", "1"}}, 1, 20, kCumulative);
  take(swapped);
  EXPECT_EQ(intake_.counters().streams, 2U);
}

TEST_F(OtlpIntakeTest, AForgottenStreamThatComesBackIsABaseline) {
  total(100, 1, 10);
  OtlpBuilder other;
  other.sum("cache.misses", 1, {}, 7200, 7210, kCumulative);
  take(other, 7220);
  EXPECT_EQ(intake_.counters().streams, 1U);
  OtlpBuilder back;
  back.sum("cache.hits", 150, {}, 1, 7230, kCumulative);
  back.sum("cache.hits", 7, {{"pod", "new"}}, 7225, 7230, kCumulative);
  take(back, 7231);
  EXPECT_EQ(hits(), 107) << "the past was counted, what is new was not";
}

TEST_F(OtlpIntakeTest, AMappingThatNamesAMetricLaterDoesNotCountItsPast) {
  OtlpMeaning meaning;
  meaning.metric = "shop.hits";
  OtlpBuilder before;
  before.sum("shop.hits", 1000, {}, 1, 10, kCumulative);
  take(before);
  intake_.configure({meaning}, otlp_time(15));
  OtlpBuilder after;
  after.sum("shop.hits", 1010, {}, 1, 20, kCumulative);
  after.sum("shop.hits", 1013, {}, 1, 30, kCumulative);
  take(after);
  EXPECT_EQ(hits(), 3);
}

TEST_F(OtlpIntakeTest, AChangeOfTheMappingMovesStreamsToTheirNewLabels) {
  total(5, 1, 10);
  OtlpMeaning meaning;
  meaning.metric = "cache.hits";
  meaning.type = {.attributes = {}, .text = "all"};
  intake_.configure({meaning}, otlp_time(15));
  total(7, 1, 20);
  EXPECT_EQ(hits(), 5);
  EXPECT_EQ(value(R"(cache_hits_total{layer="redis",type="all",source="otlp"})"), 2);
}

TEST_F(OtlpIntakeTest, StreamsAreBoundedAndTheIdleMakeRoom) {
  const auto fill = [this](const std::string& prefix, std::size_t count, double now) {
    std::uint64_t refused_points = 0;
    for (std::size_t done = 0; done < count;) {
      OtlpBuilder builder;
      auto* sum = builder.metric("cache.hits").mutable_sum();
      sum->set_aggregation_temporality(kDelta);
      sum->set_is_monotonic(true);
      for (std::size_t i = 0; i < 10'000 && done < count; ++i, ++done) {
        auto* point = sum->add_data_points();
        point->set_time_unix_nano(otlp_time(now));
        point->set_as_int(1);
        set_attributes(*point, {{"pod", prefix + std::to_string(done)}});
      }
      refused_points += take(builder, now).refused;
    }
    return refused_points;
  };
  EXPECT_EQ(fill("a", OtlpStreams::kMost, 100), 0U);
  EXPECT_EQ(fill("b", 10, 110), 10U);
  EXPECT_EQ(refused(OtlpRefusal::kStreams), 10U);
  EXPECT_EQ(fill("b", 10, 112), 10U);
  EXPECT_EQ(fill("a", 1, 500), 0U) << "the known ones go on";
  EXPECT_EQ(fill("b", 10, 500), 0U);
  EXPECT_EQ(intake_.counters().streams, 11U);
}

TEST_F(OtlpIntakeTest, TimesThatCannotBeAreRefused) {
  OtlpBuilder builder;
  builder.sum("cache.hits", 1, {}, 20, 10);
  builder.sum("cache.hits", 1).set_time_unix_nano(0);
  builder.sum("cache.hits", 1, {}, 0, 3000 + 3601);
  EXPECT_EQ(take(builder).refused, 3U);
  EXPECT_EQ(refused(OtlpRefusal::kTime), 3U);
}

TEST_F(OtlpIntakeTest, TooManyOrTooLongAttributesAreRefused) {
  OtlpBuilder builder;
  OtlpTexts many;
  for (int i = 0; i < 129; ++i) many.emplace_back("k" + std::to_string(i), "v");
  builder.sum("cache.hits", 1, many);
  builder.sum("cache.hits", 1, {{"tenant", std::string(4097, 'x')}});
  EXPECT_EQ(take(builder).refused, 2U);
  OtlpBuilder resource;
  resource.resource(many).sum("cache.hits", 1);
  EXPECT_EQ(take(resource).refused, 1U);
  EXPECT_EQ(refused(OtlpRefusal::kAttributes), 3U);
}

TEST_F(OtlpIntakeTest, ABodyThatCannotBeReadToItsEndCountsNothing) {
  OtlpBuilder builder;
  builder.sum("cache.hits", 1);
  const std::string bytes = builder.bytes();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_FALSE(intake_.take(bytes.substr(0, size), otlp_time(100))) << size;
  }
  EXPECT_FALSE(intake_.take(bytes + "\x0a\x05", otlp_time(100)));
  EXPECT_EQ(hits(), -1);
  EXPECT_TRUE(intake_.take("", otlp_time(100))) << "an empty request is one";
}

TEST_F(OtlpIntakeTest, EveryReasonHasAWord) {
  for (std::size_t i = 0; i < kOtlpRefusals; ++i) {
    EXPECT_FALSE(otlp_refusal_word(static_cast<OtlpRefusal>(i)).empty());
  }
}

}  // namespace
}  // namespace hitwatch::apps
