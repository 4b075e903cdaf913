// What expressions read.
#include "rules/promql/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/parser.h"

namespace hitwatch::promql {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kMinute = 60'000;

// `name:minutes`, with `!` if the time is fixed.
std::vector<std::string> needs_of(std::string_view text) {
  const auto expr = parse(text);
  if (!expr) return {describe(expr.error(), text)};
  std::vector<std::string> out;
  for (const Need& need : needs(**expr, 5 * kMinute, kMinute)) {
    out.push_back(need.matchers.back().value() + ":" + std::to_string(need.history / kMinute) +
                  (need.fixed ? "!" : ""));
  }
  return out;
}

TEST(Needs, ASelectorReadsItsLookback) { EXPECT_THAT(needs_of("up"), ElementsAre("up:5")); }

TEST(Needs, NothingIsReadByNumbers) { EXPECT_THAT(needs_of("1 + time()"), ElementsAre()); }

TEST(Needs, OffsetsAndRangesAddUp) {
  EXPECT_THAT(needs_of("up offset 1h"), ElementsAre("up:65"));
  EXPECT_THAT(needs_of("rate(up[10m])"), ElementsAre("up:10"));
  EXPECT_THAT(needs_of("rate(up[10m] offset 1h)"), ElementsAre("up:70"));
}

TEST(Needs, AShortRangeNeedsTheLookbackAllTheSame) {
  EXPECT_THAT(needs_of("rate(up[1m])"), ElementsAre("up:5"));
}

TEST(Needs, InfoSeriesAreReadOfTheFirstSelectorsTime) {
  EXPECT_THAT(needs_of("abs(info(up))"), ElementsAre("target_info:5", "up:5"));
  EXPECT_THAT(needs_of("info(rate(up[10m] offset 1h), {a=~'.+', __name__='b_info'})"),
              ElementsAre("up:70", "b_info:65"));
  EXPECT_THAT(needs_of("info(up @ 60, {__name__='b_info'})"), ElementsAre("up:5!", "b_info:5!"));
}

TEST(Needs, TheFutureIsNotRead) {
  EXPECT_THAT(needs_of("up offset -1h"), ElementsAre("up:5"));
  EXPECT_THAT(needs_of("rate(up[1h] offset -50m)"), ElementsAre("up:10"));
}

TEST(Needs, SubqueriesReachFurtherBack) {
  EXPECT_THAT(needs_of("max_over_time(up[1h:])"), ElementsAre("up:65"));
  EXPECT_THAT(needs_of("max_over_time(rate(up[10m])[1h:5m] offset 30m)"), ElementsAre("up:100"));
  EXPECT_THAT(needs_of("max_over_time(max_over_time(up[1h:])[2h:] offset -1h)"),
              ElementsAre("up:125"));
}

TEST(Needs, FixedTimesAreSaidToBeFixed) {
  EXPECT_THAT(needs_of("up @ 100"), ElementsAre("up:5!"));
  EXPECT_THAT(needs_of("max_over_time(up[1h:] @ 100)"), ElementsAre("up:65!"));
  EXPECT_THAT(needs_of("up @ start() + down @ end() offset 1h"), ElementsAre("up:5", "down:65"));
}

TEST(Needs, AnInnerTimeForgetsTheOuterOffset) {
  EXPECT_THAT(needs_of("max_over_time((up @ end())[1h:] offset 2h)"), ElementsAre("up:5"));
}

TEST(Needs, DurationExpressionsAreComputed) {
  EXPECT_THAT(needs_of("rate(up[5m * 4])"), ElementsAre("up:20"));
  EXPECT_THAT(needs_of("rate(up[10 * step()] offset (1h + range()))"), ElementsAre("up:70"));
  EXPECT_THAT(needs_of("rate(up[1h / range()])"), ElementsAre("up:5"));
}

TEST(Needs, SelectorsComeInTheOrderOfTheText) {
  EXPECT_THAT(needs_of("topk(scalar(a), b) + on(x) sum(rate(c[1h])) by (y) or abs(d)"),
              ElementsAre("a:5", "b:5", "c:60", "d:5"));
}

TEST(Needs, HugeLengthsDoNotOverflow) {
  const auto expr = parse(
      "max_over_time(max_over_time(max_over_time(max_over_time(up[290y:])"
      "[290y:])[290y:])[290y:] offset 290y)");
  ASSERT_TRUE(expr);
  EXPECT_GT(needs(**expr, 5 * kMinute, kMinute).front().history, 290LL * 365 * 24 * 3'600'000);
}

}  // namespace
}  // namespace hitwatch::promql
