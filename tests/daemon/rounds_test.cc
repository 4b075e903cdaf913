// Rounds that do not overlap, turns that are given back, reasons that are told once.
#include "agent/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <vector>

#include "agent/keyspace_log.h"
#include "agent/turns.h"

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using Clock = Rounds::Clock;

// Runs until `condition` holds, or for far longer than that can take.
bool run_until(boost::asio::io_context& loop, const std::function<bool()>& condition) {
  const auto limit = Clock::now() + 30s;
  while (!condition() && Clock::now() < limit) {
    loop.restart();
    loop.run_one_for(10ms);
  }
  return condition();
}

TEST(Rounds, FollowOneAnother) {
  boost::asio::io_context loop;
  int begun = 0;
  Rounds* self = nullptr;
  Rounds rounds(loop.get_executor(), [&] {
    ++begun;
    self->ended();
  });
  self = &rounds;
  rounds.start(0ms, 1ms);
  EXPECT_TRUE(run_until(loop, [&] { return begun >= 5; }));
}

TEST(Rounds, DoNotOverlap) {
  boost::asio::io_context loop;
  int begun = 0;
  Rounds rounds(loop.get_executor(), [&] { ++begun; });
  rounds.start(0ms, 1ms);
  ASSERT_TRUE(run_until(loop, [&] { return begun == 1; }));
  rounds.set_interval(2ms);
  loop.run_for(30ms);
  EXPECT_EQ(begun, 1) << "the first has not ended";
  rounds.ended();
  EXPECT_TRUE(run_until(loop, [&] { return begun == 2; }));
}

TEST(Rounds, AShorterIntervalBringsTheNextOneForward) {
  boost::asio::io_context loop;
  int begun = 0;
  Rounds rounds(loop.get_executor(), [&] { ++begun; });
  rounds.start(0ms, 24h);
  ASSERT_TRUE(run_until(loop, [&] { return begun == 1; }));
  rounds.ended();
  rounds.set_interval(1ms);
  EXPECT_TRUE(run_until(loop, [&] { return begun == 2; }));
}

TEST(Rounds, EndWhenStoppedOrGone) {
  boost::asio::io_context loop;
  int begun = 0;
  {
    Rounds rounds(loop.get_executor(), [&] { ++begun; });
    rounds.start(0ms, 1ms);
    rounds.stop();
    loop.run_for(20ms);
    rounds.start(0ms, 1ms);
  }
  loop.restart();
  loop.run_for(20ms);
  EXPECT_EQ(begun, 0);
}

TEST(FirstRounds, OfAFewTargetsAreSoonAndOfManySpread) {
  std::vector<double> shares;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "10.0.0.1:" + std::to_string(i);
    EXPECT_LE(first_delay(name, 60s, 1), 600ms);
    EXPECT_LT(first_delay(name, 60s, 1000), 60s);
    shares.push_back(std::chrono::duration<double>(first_delay(name, 60s, 1000)) / 60s);
  }
  std::ranges::sort(shares);
  EXPECT_NEAR(shares[100], 0.1, 0.05);
  EXPECT_NEAR(shares[500], 0.5, 0.1);
  EXPECT_NEAR(shares[900], 0.9, 0.05);
}

TEST(Turns, AreTakenBySoManyAtATimeInTheirOrder) {
  boost::asio::io_context loop;
  Turns turns(loop.get_executor(), 2);
  std::vector<int> order;
  std::vector<Turns::Turn> held;
  for (int i = 0; i < 5; ++i) {
    turns.take([&, i](Turns::Turn turn) {
      order.push_back(i);
      held.push_back(std::move(turn));
    });
  }
  loop.poll();
  EXPECT_THAT(order, testing::ElementsAre(0, 1));
  for (int released = 0; released < 3; ++released) {
    held[static_cast<std::size_t>(released)] = nullptr;
    EXPECT_EQ(order.size(), 2U + static_cast<std::size_t>(released)) << "not from within a release";
    loop.restart();
    loop.poll();
  }
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(Turns, OfWhoDoesNotWantThemAnyMoreGoToTheNext) {
  boost::asio::io_context loop;
  Turns turns(loop.get_executor(), 1);
  int begun = 0;
  Turns::Turn first;
  turns.take([&](Turns::Turn turn) { first = std::move(turn); });
  for (int i = 0; i < 100; ++i) turns.take([&](const Turns::Turn&) { ++begun; });
  first = nullptr;
  loop.poll();
  EXPECT_EQ(begun, 100);
}

TEST(Turns, MayBeGivenBackWhenAllIsOver) {
  boost::asio::io_context loop;
  Turns::Turn held;
  {
    Turns turns(loop.get_executor(), 1);
    turns.take([&](Turns::Turn turn) { held = std::move(turn); });
    turns.take([](const Turns::Turn&) { FAIL() << "after its end"; });
  }
  held = nullptr;
  loop.poll();
}

class ReasonsTold : public testing::Test {
 protected:
  std::string told_by(const std::function<void()>& what) {
    testing::internal::CaptureStderr();
    what();
    return testing::internal::GetCapturedStderr();
  }

  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  KeyspaceLog rounds{log, "catalog", "sample"};
};

TEST_F(ReasonsTold, OnceWithTheTarget) {
  const std::string first = told_by([&] { rounds.failed("refused: nobody listens"); });
  EXPECT_THAT(first, testing::HasSubstr("target=catalog"));
  EXPECT_THAT(first, testing::HasSubstr("nobody listens"));
  EXPECT_EQ(told_by([&] { rounds.failed("refused: nobody listens"); }), "");
}

TEST_F(ReasonsTold, AgainWhenTheyChangeButNotForAFigure) {
  EXPECT_NE(told_by([&] { rounds.partial("12 keys could not be read"); }), "");
  EXPECT_EQ(told_by([&] { rounds.partial("9 keys could not be read"); }), "");
  EXPECT_NE(told_by([&] { rounds.partial("SCAN was refused"); }), "");
  EXPECT_NE(told_by([&] { rounds.failed("SCAN was refused"); }), "");
}

TEST_F(ReasonsTold, AndThatAllIsWellAgain) {
  EXPECT_EQ(told_by([&] { rounds.went_well(); }), "") << "it was";
  told_by([&] { rounds.failed("refused"); });
  EXPECT_NE(told_by([&] { rounds.went_well(); }), "");
  EXPECT_EQ(told_by([&] { rounds.went_well(); }), "");
  EXPECT_NE(told_by([&] { rounds.failed("refused"); }), "");
}

TEST(Notes, MakeOneReasonOfBoundedLength) {
  EXPECT_EQ(joined_notes({}), "no reason was given");
  EXPECT_EQ(joined_notes(std::vector<std::string>{"a", "b"}), "a; b");
  EXPECT_EQ(joined_notes(std::vector<std::string>(9, "x")), "x; x; x; x; x; and more");
}

}  // namespace
}  // namespace hitwatch
