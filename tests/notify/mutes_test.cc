// Which time intervals close a route.
#include "agent/notify/mutes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TimeInterval weekdays(const std::string& name, std::vector<Span> days) {
  TimeInterval interval{.name = name, .specs = {}};
  interval.specs.emplace_back().weekdays = std::move(days);
  return interval;
}

TEST(ClosedBy, NamesTheIntervalsThatMuteOrThoseThatAreNotNow) {
  Settings settings;
  settings.time_intervals = {weekdays("weekend", {{6, 6}, {0, 0}}), weekdays("week", {{1, 5}}),
                             weekdays("saturday", {{6, 6}})};
  constexpr std::int64_t kSaturday = 1'794'657'600'000;  // 2026-11-14T12:00:00Z
  constexpr std::int64_t kMonday = kSaturday + 2LL * 86'400'000;
  Route route;
  EXPECT_THAT(closed_by(settings, route, kSaturday), IsEmpty());
  route.mute_time_intervals = {"week", "weekend", "saturday"};
  EXPECT_THAT(closed_by(settings, route, kSaturday), ElementsAre("weekend", "saturday"));
  EXPECT_THAT(closed_by(settings, route, kMonday), ElementsAre("week"));
  route.mute_time_intervals = {"saturday"};
  route.active_time_intervals = {"week"};
  EXPECT_THAT(closed_by(settings, route, kMonday), IsEmpty());
  EXPECT_THAT(closed_by(settings, route, kSaturday), ElementsAre("saturday"));
  EXPECT_THAT(closed_by(settings, route, kSaturday + 86'400'000), ElementsAre("week"));
  route.active_time_intervals = {"saturday", "week"};
  EXPECT_THAT(closed_by(settings, route, kMonday), IsEmpty());
  EXPECT_THAT(closed_by(settings, route, kSaturday + 86'400'000), ElementsAre("saturday", "week"));
}

}  // namespace
}  // namespace hitwatch::notify
