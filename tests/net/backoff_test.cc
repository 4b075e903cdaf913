#include "agent/net/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace hitwatch::net {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToTheMost) {
  Backoff backoff(milliseconds(100), milliseconds(1000), 7);
  for (const int step : {100, 200, 400, 800, 1000, 1000}) {
    const auto delay = backoff.next();
    EXPECT_GE(delay, milliseconds(step / 2));
    EXPECT_LE(delay, milliseconds(step));
  }
}

TEST(Backoff, StartsAgainAfterASuccess) {
  Backoff backoff(milliseconds(100), milliseconds(1000), 7);
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, SpreadsThoseThatStartTogether) {
  std::set<milliseconds> delays;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Backoff backoff(milliseconds(10'000), milliseconds(10'000), seed * 0x9E3779B97F4A7C15U);
    delays.insert(backoff.next());
  }
  EXPECT_GT(delays.size(), 15U);
}

TEST(Backoff, NeverExceedsAMostBelowTheFirst) {
  Backoff backoff(milliseconds(100), milliseconds(10), 7);
  for (int i = 0; i < 5; ++i) EXPECT_LE(backoff.next(), milliseconds(100));
}

}  // namespace
}  // namespace hitwatch::net
