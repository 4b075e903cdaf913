// How much a source may add to the log and the events.
#include "collectors/topology/telling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/topology/source_metrics.h"

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class TellingOfASource : public testing::Test {
 protected:
  void happen(std::string_view kind, const std::string& group, std::size_t times = 1) {
    for (std::size_t i = 0; i < times; ++i) {
      Event event;
      event.kind = kind;
      event.group = group;
      telling.event(std::move(event), now);
    }
  }
  // What is logged meanwhile.
  template <typename Action>
  static std::string logged(Action action) {
    testing::internal::CaptureStderr();
    action();
    return testing::internal::GetCapturedStderr();
  }

  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  std::vector<Event> events;
  Telling telling{log, "sentinel:a:1", [this](Event event) { events.push_back(std::move(event)); }};
  Telling::Clock::time_point now{1h};
};

TEST_F(TellingOfASource, EventsHaveABudgetAMinuteAndTheRestIsTold) {
  happen(event_kind::kNodeAdded, "cache", Telling::kMostEvents + 7);
  EXPECT_THAT(events, SizeIs(Telling::kMostEvents));
  EXPECT_EQ(telling.untold_events(), 7U);
  now += Telling::kPeriod;
  telling.turn(now);
  ASSERT_THAT(events, SizeIs(Telling::kMostEvents + 1));
  EXPECT_EQ(events.back().kind, event_kind::kNodeAdded);
  EXPECT_EQ(events.back().group, "cache");
  EXPECT_EQ(events.back().to, "… and 7 more");
  happen(event_kind::kNodeAdded, "cache");
  EXPECT_THAT(events, SizeIs(Telling::kMostEvents + 2)) << "each minute anew";
  now += Telling::kPeriod;
  telling.turn(now);
  EXPECT_THAT(events, SizeIs(Telling::kMostEvents + 2)) << "and is told once";
}

TEST_F(TellingOfASource, AFloodOfOneKindHidesNoOther) {
  happen(event_kind::kNodeAdded, "cache", 10 * Telling::kMostEvents);
  happen(event_kind::kFailover, "cache");
  EXPECT_EQ(events.back().kind, event_kind::kFailover);
}

TEST_F(TellingOfASource, TheRestOfSeveralGroupsIsOfNone) {
  happen(event_kind::kNodeAdded, "cache", Telling::kMostEvents + 1);
  happen(event_kind::kNodeAdded, "queue");
  now += Telling::kPeriod;
  telling.turn(now);
  EXPECT_EQ(events.back().group, "");
  EXPECT_EQ(events.back().to, "… and 2 more");
}

TEST_F(TellingOfASource, LinesHaveABudgetAMinuteAndTheRestIsTold) {
  const std::string first = logged([&] {
    for (std::size_t i = 0; i < Telling::kMostLines + 3; ++i) {
      telling.warn("a node left", {{"node", i == Telling::kMostLines ? "over" : "in"}}, now);
    }
    telling.info("another text", {}, now);
  });
  EXPECT_THAT(first, HasSubstr("node=in"));
  EXPECT_THAT(first, Not(HasSubstr("node=over")));
  EXPECT_THAT(first, HasSubstr("another text"));
  EXPECT_EQ(telling.untold_lines(), 3U);
  const std::string rest = logged([&] { telling.turn(now + Telling::kPeriod); });
  EXPECT_THAT(rest, HasSubstr("a node left"));
  EXPECT_THAT(rest, HasSubstr("sentinel:a:1"));
  EXPECT_THAT(rest, HasSubstr("and 3 more"));
}

TEST_F(TellingOfASource, WhatIsLeftOutIsCounted) {
  happen(event_kind::kNodeAdded, "cache", Telling::kMostEvents + 7);
  std::vector<prometheus::MetricFamily> families;
  add_source_metrics(families, telling, 12);
  ASSERT_THAT(families, SizeIs(2));
  EXPECT_EQ(families[0].name, "hitwatch_discovery_left_out");
  EXPECT_EQ(families[0].metric[0].gauge.value, 12);
  EXPECT_EQ(families[1].name, "hitwatch_discovery_untold_total");
  EXPECT_EQ(families[1].metric[0].counter.value, 7);
  EXPECT_EQ(families[1].metric[0].label[0].value, "sentinel:a:1");
}

}  // namespace
}  // namespace hitwatch::topology
