// Whether what the tap sees is what the server counts.
#include "agent/tap_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using testing::DoubleNear;
using testing::Optional;

class TapCheckTest : public testing::Test {
 protected:
  // After `wait`, as many more of everything were seen, and were told by the server.
  void pass(TapTotals seen, TapTotals told, TapCheck::Clock::duration wait = 15s) {
    add(seen_, seen);
    add(told_, told);
    now_ += wait;
    check_.take(run_id_, seen_, told_, whole_, now_);
  }

  static void add(TapTotals& sum, const TapTotals& more) {
    sum.hits += more.hits;
    sum.misses += more.misses;
    sum.undecided += more.undecided;
    sum.commands += more.commands;
    sum.scripts += more.scripts;
  }

  TapCheck check_;
  std::string run_id_ = "run";
  bool whole_ = true;
  TapTotals seen_;
  TapTotals told_;
  TapCheck::Clock::time_point now_{};
};

TEST_F(TapCheckTest, NothingIsToldOfOnePoll) {
  pass({.hits = 5000}, {.hits = 5000});
  EXPECT_EQ(check_.disagreement(), std::nullopt);
  EXPECT_EQ(check_.coverage(), std::nullopt);
}

TEST_F(TapCheckTest, EqualCountsAgree) {
  pass({}, {});
  pass({.hits = 900, .misses = 100, .commands = 2000},
       {.hits = 900, .misses = 100, .commands = 2000});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
  EXPECT_THAT(check_.coverage(), Optional(1.0));
}

TEST_F(TapCheckTest, OnlyWhatComesAfterTheFirstPollCounts) {
  pass({}, {.hits = 1e6, .misses = 1e6, .commands = 1e7});
  pass({.hits = 1000, .commands = 1000}, {.hits = 1000, .commands = 1000});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
  EXPECT_THAT(check_.coverage(), Optional(1.0));
}

TEST_F(TapCheckTest, LookupsThatWereNotSeenDisagree) {
  pass({}, {});
  pass({.hits = 800, .misses = 100, .commands = 900},
       {.hits = 900, .misses = 100, .commands = 1000});
  EXPECT_THAT(check_.disagreement(), Optional(DoubleNear(0.1, 1e-9)));
  EXPECT_THAT(check_.coverage(), Optional(DoubleNear(0.9, 1e-9)));
}

TEST_F(TapCheckTest, HitsTakenForMissesDisagreeThoughTheSumIsRight) {
  pass({}, {});
  pass({.hits = 850, .misses = 150}, {.hits = 900, .misses = 100});
  EXPECT_THAT(check_.disagreement(), Optional(DoubleNear(0.1, 1e-9)));
}

TEST_F(TapCheckTest, AnUndecidedLookupMayHaveBeenEither) {
  pass({}, {});
  pass({.hits = 800, .misses = 100, .undecided = 100}, {.hits = 850, .misses = 150});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
  pass({.undecided = 100}, {});
  EXPECT_THAT(check_.disagreement(), Optional(testing::Gt(0.0)));
}

TEST_F(TapCheckTest, WhatScriptsLookUpMayBeMore) {
  pass({}, {});
  pass({.hits = 500, .misses = 100, .scripts = 1}, {.hits = 5000, .misses = 700});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
}

TEST_F(TapCheckTest, ScriptsDoNotExplainThatTheServerCountsLess) {
  pass({}, {});
  pass({.hits = 1000, .scripts = 1}, {.hits = 900});
  EXPECT_THAT(check_.disagreement(), Optional(DoubleNear(0.1, 1e-9)));
}

TEST_F(TapCheckTest, LittleTrafficTellsNothing) {
  pass({}, {});
  pass({.hits = 10}, {.hits = 900});
  EXPECT_EQ(check_.disagreement(), std::nullopt);
}

TEST_F(TapCheckTest, AMomentTellsNothing) {
  pass({}, {});
  pass({.hits = 1000}, {.hits = 2000}, 5s);
  EXPECT_EQ(check_.disagreement(), std::nullopt);
  pass({}, {}, 5s);
  EXPECT_THAT(check_.disagreement(), Optional(0.5));
}

TEST_F(TapCheckTest, OfASampleTheRatiosAreCompared) {
  whole_ = false;
  pass({}, {});
  pass({.hits = 900, .misses = 100, .commands = 1000},
       {.hits = 8800, .misses = 1200, .commands = 10'000});
  EXPECT_THAT(check_.disagreement(), Optional(DoubleNear(0.02, 1e-9)));
  EXPECT_THAT(check_.coverage(), Optional(DoubleNear(0.1, 1e-9)));
  pass({.scripts = 1}, {});
  EXPECT_EQ(check_.disagreement(), std::nullopt);
}

TEST_F(TapCheckTest, AnotherRunOfTheServerBeginsAnew) {
  pass({}, {.hits = 5000, .commands = 5000});
  run_id_ = "another";
  told_ = {};
  pass({.hits = 2000, .commands = 2000}, {.hits = 2000, .commands = 2000});
  EXPECT_EQ(check_.disagreement(), std::nullopt);
  pass({.hits = 1000, .commands = 1000}, {.hits = 1000, .commands = 1000});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
}

TEST_F(TapCheckTest, CountersThatWereResetBeginAnew) {
  pass({}, {.hits = 5000, .commands = 5000});
  told_ = {};
  pass({.hits = 2000, .commands = 2000}, {.hits = 2000, .commands = 2000});
  EXPECT_EQ(check_.coverage(), std::nullopt);
}

TEST_F(TapCheckTest, WhatIsLongPastIsForgotten) {
  pass({}, {});
  pass({}, {.hits = 1000});  // all of it missed
  for (int i = 0; i < 30; ++i) pass({.hits = 1000}, {.hits = 1000});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
}

TEST_F(TapCheckTest, AQuietServerIsJudgedByALongerWindow) {
  pass({}, {});
  for (int i = 0; i < 100; ++i) pass({.hits = 11}, {.hits = 11});
  EXPECT_THAT(check_.disagreement(), Optional(0.0));
}

}  // namespace
}  // namespace hitwatch
