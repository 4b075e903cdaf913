#include "agent/cli/keys_figures.h"

#include <gtest/gtest.h>

#include <limits>

namespace hitwatch::cli {
namespace {

using keyspace::Estimate;

TEST(KeysFigures, LargeNumbersHaveSeparators) {
  EXPECT_EQ(whole_number(0), "0");
  EXPECT_EQ(whole_number(999.4), "999");
  EXPECT_EQ(whole_number(1000), "1,000");
  EXPECT_EQ(whole_number(1234567), "1,234,567");
  EXPECT_EQ(count_of(1, "key"), "1 key");
  EXPECT_EQ(count_of(12345, "key"), "12,345 keys");
}

TEST(KeysFigures, SizesHaveTheUnitThatIsRead) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1023.9 * 1024), "1.0 MiB");
  EXPECT_EQ(bytes_text(123.4 * 1024 * 1024), "123 MiB");
  EXPECT_EQ(bytes_text(1.25 * 1024 * 1024 * 1024), "1.2 GiB");
}

TEST(KeysFigures, DurationsHaveTwoUnitsAtMost) {
  EXPECT_EQ(duration_words(0), "0 ms");
  EXPECT_EQ(duration_words(0.0002), "<1 ms");
  EXPECT_EQ(duration_words(0.041), "41 ms");
  EXPECT_EQ(duration_words(1.24), "1.2 s");
  EXPECT_EQ(duration_words(59.4), "59 s");
  EXPECT_EQ(duration_words(59.6), "1 min");
  EXPECT_EQ(duration_words(200), "3 min 20 s");
  EXPECT_EQ(duration_words(3599.7), "1 h");
  EXPECT_EQ(duration_words(12000), "3 h 20 min");
  EXPECT_EQ(duration_words(86399), "1 d");
  EXPECT_EQ(duration_words(12 * 86400 + 4 * 3600), "12 d 4 h");
}

TEST(KeysFigures, SharesOfNothingAreNotShown) {
  EXPECT_EQ(share_text(1, 0), "");
  EXPECT_EQ(share_text(0, 10), "0.0%");
  EXPECT_EQ(share_text(1, 1e6), "<0.1%");
  EXPECT_EQ(share_text(123, 1000), "12.3%");
}

TEST(KeysFigures, ExactFiguresHaveNoError) {
  EXPECT_EQ(error_text(Estimate::exact(7)), "");
  EXPECT_EQ(error_text(std::nullopt), "");
  EXPECT_EQ(error_text(Estimate{0, 0, 3}), "");
  EXPECT_EQ(error_text(Estimate{100, 98.1, 101.9}), "±1.9%");
  EXPECT_EQ(error_text(Estimate{100, 50, 150}), "±50%");
  EXPECT_EQ(error_text(Estimate{1, 0, 100}), ">±999%");
}

TEST(KeysFigures, WhatWasNotSeenIsFewerThanItsBound) {
  EXPECT_EQ(estimated_count(Estimate{0, 0, 299.1}), "<300");
  EXPECT_EQ(estimated_count(Estimate::exact(0)), "0");
  EXPECT_EQ(estimated_count(std::nullopt), "-");
  EXPECT_EQ(estimated_bytes(Estimate{2048, 1, 2}), "2.0 KiB");
  EXPECT_EQ(estimated_duration(Estimate{60, 1, 2}), "1 min");
}

TEST(KeysFigures, WhatMayBeNothingIsFewerThanItsBound) {
  EXPECT_EQ(doubted_count(Estimate{225, 0, 4000}), "<4,000");
  EXPECT_EQ(doubted_count(Estimate{225, 200, 250}), "225");
  EXPECT_EQ(doubted_count(std::nullopt), "-");
}

TEST(KeysFigures, FiguresThatAreNoneDoNoHarm) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(whole_number(nan), "0");
  EXPECT_EQ(whole_number(-5), "0");
  EXPECT_EQ(duration_words(nan), "0 ms");
  EXPECT_FALSE(duration_words(infinity).empty());
  EXPECT_FALSE(bytes_text(infinity).empty());
  EXPECT_EQ(share_text(1, nan), "");
}

}  // namespace
}  // namespace hitwatch::cli
