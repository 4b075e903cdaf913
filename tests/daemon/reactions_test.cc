// How soon rules are evaluated when targets change, and how often.
#include "agent/rules/reactions.h"

#include <gtest/gtest.h>

namespace hitwatch::rules {
namespace {

using namespace std::chrono_literals;
using Time = Reactions::Clock::time_point;

constexpr Time kBegin = Time{} + 24h;

TEST(Reactions, TheFirstChangeIsAnsweredAtOnce) {
  Reactions reactions;
  EXPECT_EQ(reactions.note("a", kBegin), kBegin + Reactions::kGather);
  EXPECT_LE(Reactions::kGather, 20ms);
}

TEST(Reactions, TargetsThatGoDownTogetherAreOneEvaluation) {
  Reactions reactions;
  ASSERT_TRUE(reactions.note("a", kBegin));
  EXPECT_FALSE(reactions.note("b", kBegin + 1ms));
  EXPECT_FALSE(reactions.note("a", kBegin + 2ms));
  EXPECT_EQ(reactions.take(), (std::set<std::string>{"a", "b"}));
}

TEST(Reactions, WhatChangesSoonAfterIsCollectedIntoOneMore) {
  Reactions reactions;
  reactions.note("a", kBegin);
  reactions.take();
  reactions.evaluated(kBegin + 15ms);
  EXPECT_EQ(reactions.note("b", kBegin + 20ms), kBegin + 15ms + Reactions::kDistance);
  EXPECT_FALSE(reactions.note("c", kBegin + 100ms));
  EXPECT_EQ(reactions.take(), (std::set<std::string>{"b", "c"}));
}

TEST(Reactions, ALaterChangeIsAFirstOneAgain) {
  Reactions reactions;
  reactions.note("a", kBegin);
  reactions.take();
  reactions.evaluated(kBegin + 15ms);
  EXPECT_EQ(reactions.note("b", kBegin + 1s), kBegin + 1s + Reactions::kGather);
}

}  // namespace
}  // namespace hitwatch::rules
