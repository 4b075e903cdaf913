// How often lost connections may cause polls.
#include "collectors/redis/loss_pace.h"

#include <gtest/gtest.h>

#include <vector>

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;
using Time = LossPace::Clock::time_point;

constexpr Time kBegin = Time{} + 24h;

// The distances between polls of a target that loses its connection all the time.
std::vector<std::chrono::seconds> distances(LossPace& pace, int polls, bool well) {
  std::vector<std::chrono::seconds> found;
  Time now = kBegin;
  for (int i = 0; i < polls; ++i) {
    pace.polled(now);
    if (well) pace.was_well();
    found.push_back(std::chrono::duration_cast<std::chrono::seconds>(pace.next() - now));
    now = pace.next();
  }
  return found;
}

using Seconds = std::vector<std::chrono::seconds>;

TEST(LossPace, LetsTheFirstLossCauseAPollAtOnce) {
  const LossPace pace(15s);
  EXPECT_LE(pace.next(), kBegin);
}

TEST(LossPace, GrowsToTheIntervalWhileTheServerIsFoundWell) {
  LossPace pace(15s);
  EXPECT_EQ(distances(pace, 6, true), (Seconds{2s, 4s, 8s, 15s, 15s, 15s}));
}

TEST(LossPace, DoesNotGrowByWhatIsNews) {
  LossPace pace(15s);
  EXPECT_EQ(distances(pace, 4, false), (Seconds{2s, 2s, 2s, 2s}));
}

TEST(LossPace, StartsAgainAfterAQuietTime) {
  LossPace pace(15s);
  distances(pace, 6, true);
  const Time later = pace.next() - 15s + LossPace::kQuiet * 15s;
  pace.polled(later);
  EXPECT_EQ(pace.next(), later + 2s);
}

TEST(LossPace, IsNeverSlowerThanTheInterval) {
  LossPace pace(500ms);
  pace.polled(kBegin);
  pace.was_well();
  EXPECT_EQ(pace.next(), kBegin + 500ms);
  pace.polled(kBegin + 500ms);
  EXPECT_EQ(pace.next(), kBegin + 1s);
}

}  // namespace
}  // namespace hitwatch::redis
