// What is decoded once for all moments must say at each of them what the series itself says.
#include "rules/promql/sample_cursor.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

#include "rules/promql/timeline.h"
#include "rules/window/window.h"

namespace hitwatch::promql {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

class Cursor : public ::testing::Test {
 protected:
  Cursor() { window_.want({{.matchers = {}, .history = kMost / 4}}); }

  window::Series& series(std::string_view name) {
    const metrics::LabelView labels[] = {{"__name__", name}};
    return *window_.find_or_make(labels);
  }

  static void expect_same(const window::Series& series, SampleCursor& cursor, std::size_t place,
                          std::int64_t lookback, std::int64_t at) {
    const std::int64_t after = earlier(at, lookback);
    window::Point wanted{};
    window::Point got{};
    const bool found = series.last(after, at, wanted);
    ASSERT_EQ(cursor.last(place, after, at, got), found) << at;
    if (!found) return;
    ASSERT_EQ(got.time, wanted.time) << at;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(got.value), std::bit_cast<std::uint64_t>(wanted.value));
  }

  window::Window window_;
};

TEST_F(Cursor, SaysWhatTheSeriesSay) {
  std::mt19937_64 random(7);
  const auto below = [&random](std::int64_t bound) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
  };
  window::Series* const all[] = {&series("dense"), &series("sparse"), &series("none")};
  for (std::int64_t time = -1000; time < 60'000; time += 1 + below(200)) {
    window_.append(*all[0], time, below(5) == 0 ? window::stale_marker() : double(below(100)));
  }
  for (std::int64_t time = 3000; time < 60'000; time += 1 + below(9000)) {
    window_.append(*all[1], time, double(below(100)));
  }
  for (int round = 0; round < 300; ++round) {
    SampleCursor::Moments moments{.first = below(70'000) - 5000,
                                  .last = 0,
                                  .step = 1 + below(round % 2 == 0 ? 50 : 8000),
                                  .lookback = below(6000)};
    moments.last = moments.first + below(20'000);
    SampleCursor cursor;
    for (const window::Series* one : all) cursor.read(*one, moments);
    for (std::int64_t at = moments.first; at <= moments.last; at += moments.step) {
      for (std::size_t i = 0; i < std::size(all); ++i) {
        expect_same(*all[i], cursor, i, moments.lookback, at);
      }
    }
  }
}

TEST_F(Cursor, MayGoBack) {
  window::Series& one = series("one");
  for (std::int64_t time = 0; time < 1000; time += 10) window_.append(one, time, double(time));
  SampleCursor cursor;
  cursor.read(one, {.first = 0, .last = 1000, .step = 5, .lookback = 20});
  for (const std::int64_t at : {500, 505, 20, 1000, 0}) expect_same(one, cursor, 0, 20, at);
}

TEST_F(Cursor, KeepsNothingThatIsPassedOver) {
  window::Series& one = series("one");
  for (std::int64_t time = 0; time < 10'000; time += 10) window_.append(one, time, 1);
  SampleCursor cursor;
  EXPECT_EQ(cursor.read(one, {.first = 5, .last = 9005, .step = 1000, .lookback = 900}), 901U);
  EXPECT_EQ(cursor.size(), 10U);
}

TEST_F(Cursor, ReachesTheEndsOfTime) {
  window::Series& one = series("one");
  window_.append(one, kLeast + 1, 1);
  window_.append(one, 0, 2);
  window_.append(one, kMost - 1, 3);
  SampleCursor cursor;
  cursor.read(one, {.first = kLeast, .last = kMost, .step = kMost / 2, .lookback = 1000});
  for (const std::int64_t at : {kLeast, kLeast + kMost / 2, kMost}) {
    expect_same(one, cursor, 0, 1000, at);
  }
}

}  // namespace
}  // namespace hitwatch::promql
