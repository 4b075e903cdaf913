// Compressed samples beside a plain list of points, which is the judge.
#include "rules/window/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <ranges>
#include <string>
#include <vector>

namespace hitwatch::window {
namespace {

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kHour = 3'600'000;

// What Samples does, slowly and obviously.
struct Plain {
  std::vector<Point> points;

  bool append(std::int64_t time, double value) {
    if (!points.empty() && time <= points.back().time) return false;
    points.push_back({time, value});
    return true;
  }
  bool last(std::int64_t after, std::int64_t at, Point& out) const {
    for (const Point& point : std::views::reverse(points)) {
      if (point.time > at) continue;
      out = point;
      return point.time > after;
    }
    return false;
  }
  std::vector<Point> read(std::int64_t after, std::int64_t until, bool marked = false) const {
    std::vector<Point> found;
    for (const Point& point : points) {
      if (point.time > after && point.time <= until && (marked || !is_stale(point.value))) {
        found.push_back(point);
      }
    }
    return found;
  }
};

bool same(const Point& a, const Point& b) {
  return a.time == b.time &&
         std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}

std::vector<Point> read(const Samples& samples, std::int64_t after, std::int64_t until) {
  std::vector<Point> points;
  samples.read(after, until, points);
  return points;
}

void expect_same(const std::vector<Point>& points, const std::vector<Point>& expected) {
  ASSERT_EQ(points.size(), expected.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    ASSERT_TRUE(same(points[i], expected[i]))
        << i << ": " << points[i].time << " " << points[i].value << ", not " << expected[i].time
        << " " << expected[i].value;
  }
}

void expect_same(const Samples& samples, const Plain& plain, std::int64_t after,
                 std::int64_t until) {
  expect_same(read(samples, after, until), plain.read(after, until));
  std::vector<Point> marked;
  samples.read_marked(after, until, marked);
  expect_same(marked, plain.read(after, until, true));
  Point last{};
  Point expected_last{};
  const bool any = plain.last(after, until, expected_last);
  ASSERT_EQ(samples.last(after, until, last), any) << after << " " << until;
  ASSERT_EQ(samples.any(after, until), any);
  if (any) {
    ASSERT_TRUE(same(last, expected_last));
  }
}

using Random = std::mt19937_64;
std::int64_t in(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

// The time of the next sample, and its value.
using NextTime = std::function<std::int64_t(Random&, std::int64_t last, int index)>;
using NextValue = std::function<double(Random&, double last, int index)>;

constexpr std::int64_t kStart = 1'700'000'000'000;
const std::vector<std::pair<std::string, NextTime>> kTimes = {
    {"exact", [](Random&, std::int64_t, int i) { return kStart + i * 15'000; }},
    {"jitter", [](Random& r, std::int64_t, int i) { return kStart + i * 15'000 + in(r, -5, 5); }},
    {"much jitter",
     [](Random& r, std::int64_t, int i) { return kStart + i * 15'000 + in(r, -4000, 4000); }},
    {"drift", [](Random& r, std::int64_t last, int) { return last + 15'004 + in(r, 0, 3); }},
    {"gaps",
     [](Random& r, std::int64_t last, int) { return last + 15'000 * (in(r, 0, 9) == 0 ? 7 : 1); }},
    {"milliseconds", [](Random&, std::int64_t last, int) { return last + 1; }},
    {"before 1970",
     [](Random& r, std::int64_t, int i) { return -kHour + i * 60'000 + in(r, 0, 9); }},
    {"jumps",
     [](Random& r, std::int64_t last, int) {
       const std::int64_t jump = std::int64_t{1} << in(r, 0, 50);
       return last + in(r, 1, jump);
     }},
    {"whole range",
     [](Random& r, std::int64_t, int i) {
       return i == 0 ? kFirst + in(r, 0, 1) : kFirst / 80 * (80 - i) + in(r, 0, 1'000'000);
     }},
    {"not always later", [](Random& r, std::int64_t last, int) { return last + in(r, -3, 9); }},
};

double bits(std::uint64_t value) { return std::bit_cast<double>(value); }
const std::vector<double> kSpecial = {stale_marker(),
                                      bits(kOrdinaryNanBits),
                                      bits(0x7ff8000000001234),
                                      bits(0xfff8000000000001),
                                      std::numeric_limits<double>::infinity(),
                                      -std::numeric_limits<double>::infinity(),
                                      -0.0,
                                      0.0,
                                      5e-324,
                                      std::numeric_limits<double>::min(),
                                      std::numeric_limits<double>::max(),
                                      std::numeric_limits<double>::lowest(),
                                      0x1p52,
                                      0x1p52 - 1,
                                      -0x1p52,
                                      1 - 0x1p52,
                                      0x1p53 + 2,
                                      0x1p63,
                                      0.1,
                                      0.1 + 0.2,
                                      1.0 / 3,
                                      1e-9,
                                      1e-10,
                                      4503599627.370495,
                                      0.49999999999999994};

const std::vector<std::pair<std::string, NextValue>> kGenerators = {
    {"constant", [](Random&, double, int) { return 42; }},
    {"counter",
     [](Random& r, double last, int) { return last + static_cast<double>(in(r, 0, 900)); }},
    {"steady counter", [](Random&, double last, int) { return last + 1234; }},
    {"counter with resets",
     [](Random& r, double last, int) { return in(r, 0, 20) == 0 ? 0 : last + 1e6; }},
    {"bytes",
     [](Random& r, double, int) { return 1.5e9 + static_cast<double>(in(r, -99999, 99999)); }},
    {"large whole numbers",
     [](Random& r, double, int) {
       return static_cast<double>(in(r, kFirst, kLast) >> in(r, 0, 62));
     }},
    {"decimals",
     [](Random& r, double, int) { return static_cast<double>(in(r, -999, 99999)) / 100; }},
    {"microseconds",
     [](Random& r, double last, int) {
       return std::round((last + 0.1) * 1e6 + static_cast<double>(in(r, 0, 999))) / 1e6;
     }},
    {"ever more decimals",
     [](Random& r, double, int i) {
       return static_cast<double>(in(r, 0, 99)) / std::pow(10, i / 9);
     }},
    {"ratios", [](Random& r, double, int) { return 1.0 / static_cast<double>(in(r, 1, 99)); }},
    {"any bits", [](Random& r, double, int) { return bits(r()); }},
    {"few bits differ",
     [](Random& r, double last, int) {
       return bits(std::bit_cast<std::uint64_t>(last) ^
                   (static_cast<std::uint64_t>(in(r, 0, 255)) << in(r, 0, 60)));
     }},
    {"special values",
     [](Random& r, double last, int) {
       return in(r, 0, 2) == 0
                  ? last
                  : kSpecial[static_cast<std::size_t>(in(r, 0, std::ssize(kSpecial) - 1))];
     }},
    {"stale now and then",
     [](Random& r, double, int i) { return in(r, 0, 4) == 0 ? stale_marker() : i; }},
};

TEST(SamplesBesidePlainPoints, AreTheSame) {
  Random random(1);  // NOLINT: the same in every run
  for (const auto& [time_name, next_time] : kTimes) {
    for (const auto& [value_name, next_value] : kGenerators) {
      SCOPED_TRACE(time_name + ", " + value_name);
      Samples samples;
      Plain plain;
      const std::int64_t history = std::int64_t{1} << in(random, 10, 40);
      std::int64_t time = kStart;
      double value = 0;
      const int count = time_name == "whole range" ? 150 : 400;
      for (int i = 0; i < count; ++i) {
        time = next_time(random, time, i);
        value = next_value(random, value, i);
        ASSERT_EQ(samples.append(time, value, history) != Samples::Appended::kNo,
                  plain.append(time, value));
        time = plain.points.back().time;
        value = plain.points.back().value;
        if (i % 50 == 3) {
          ASSERT_NO_FATAL_FAILURE(expect_same(samples, plain, kFirst, kLast));
        }
      }
      ASSERT_EQ(samples.count(), plain.points.size());
      for (int i = 0; i < 50; ++i) {
        const auto near = [&] {
          const auto at = static_cast<std::size_t>(in(random, 0, std::ssize(plain.points) - 1));
          const std::int64_t near_time = plain.points[at].time;
          return near_time == kFirst || near_time == kLast ? near_time
                                                           : near_time + in(random, -1, 1);
        };
        const std::int64_t after = near();
        const std::int64_t until = near();
        ASSERT_NO_FATAL_FAILURE(expect_same(samples, plain, after, until));
        if (after >= until) continue;
        const Samples shared = samples.share(after, until);
        Plain part;
        for (const Point& point : plain.points) {
          if (point.time > after && point.time <= until) part.points.push_back(point);
        }
        ASSERT_NO_FATAL_FAILURE(expect_same(shared, part, after, until));
      }
    }
  }
}

TEST(Samples, AtTheEndsOfTime) {
  Samples samples;
  EXPECT_NE(samples.append(kFirst, 1, kLast), Samples::Appended::kNo);
  EXPECT_EQ(samples.append(kFirst, 2, kLast), Samples::Appended::kNo);
  EXPECT_NE(samples.append(kFirst + 1, 2, kLast), Samples::Appended::kNo);
  EXPECT_NE(samples.append(kLast - 1, 3, kLast), Samples::Appended::kNo);
  EXPECT_NE(samples.append(kLast, 4, kLast), Samples::Appended::kNo);
  EXPECT_EQ(samples.append(kLast, 5, kLast), Samples::Appended::kNo);
  EXPECT_EQ(read(samples, kFirst, kLast).size(), 3U);
  EXPECT_EQ(read(samples, kLast - 1, kLast).size(), 1U);
}

// Of an hour of polls every 15 s.
std::size_t bytes_of_an_hour(const NextValue& next) {
  Random random(1);  // NOLINT: the same in every run
  Samples samples;
  double value = 0;
  for (int i = 0; i < 240; ++i) {
    value = next(random, value, i);
    samples.append(kStart + i * 15'000 + in(random, -2, 2), value, kHour);
  }
  return samples.bytes();
}

TEST(Samples, TakeLittleMemory) {
  EXPECT_LT(bytes_of_an_hour([](Random&, double, int) { return 42; }), 240 * 1.5);
  EXPECT_LT(bytes_of_an_hour([](Random& r, double last, int) {
              return last + 15'000 + static_cast<double>(in(r, -120, 120));
            }),
            240 * 3);
  EXPECT_LT(bytes_of_an_hour([](Random& r, double last, int) {
              return std::round(last * 1e6 + 20'000 + static_cast<double>(in(r, 0, 2000))) / 1e6;
            }),
            240 * 3.5);
}

TEST(Samples, ChunksAreShortWhereTheHistoryIs) {
  for (const std::int64_t minutes : {5, 15, 60}) {
    Samples samples;
    const std::int64_t history = minutes * 60'000;
    for (int i = 0; i < 1000; ++i) {
      const std::int64_t time = kStart + i * 15'000;
      samples.append(time, i, history);
      samples.drop_until(time - history);
    }
    EXPECT_GE(samples.count(), static_cast<std::size_t>(minutes) * 4);
    EXPECT_LE(samples.count(), static_cast<std::size_t>(minutes) * 4 * 4 / 3 + 16);
  }
}

TEST(Samples, DroppedToTheLastAreEmpty) {
  Samples samples;
  for (int i = 0; i < 300; ++i) samples.append(i * 1000, i, kHour);
  samples.drop_until(298'999);
  EXPECT_FALSE(samples.empty());
  EXPECT_EQ(read(samples, 250'000, kLast).back().value, 299);
  samples.drop_until(299'000);
  EXPECT_TRUE(samples.empty());
  EXPECT_EQ(samples.bytes(), 0U);
  Point point{};
  EXPECT_FALSE(samples.last(kFirst, kLast, point));
  EXPECT_EQ(samples.append(1, 1, kHour), Samples::Appended::kInNewChunk);
}

TEST(Samples, WhatIsSharedOutlivesWhatItWasSharedOf) {
  Samples shared;
  {
    Samples samples;
    for (int i = 0; i < 300; ++i) samples.append(i * 1000, i, kHour);
    shared = samples.share(-1, 200'000);
    samples.append(300'000, 5, kHour);
  }
  EXPECT_EQ(read(shared, -1, 200'000).size(), 201U);
}

}  // namespace
}  // namespace hitwatch::window
