#include "agent/cli/top_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::cli {
namespace {

constexpr TableExtent kTable{.rows = 100, .visible = 20};

Effect type(TopState& state, const std::string& letters) {
  Effect effect = Effect::kRedraw;
  for (const char letter : letters) {
    effect = press(state, {Key::Kind::kCharacter, std::string(1, letter)}, kTable);
  }
  return effect;
}

TEST(TopKeys, LettersChangeWhatIsAskedFor) {
  TopState state;
  EXPECT_EQ(type(state, "s"), Effect::kAskAgain);
  EXPECT_EQ(state.query.sort, SortKey::kHits);
  EXPECT_EQ(type(state, "<<"), Effect::kAskAgain);
  EXPECT_EQ(state.query.sort, SortKey::kMissRatio);
  EXPECT_EQ(type(state, "r"), Effect::kAskAgain);
  EXPECT_TRUE(state.query.reverse);
  EXPECT_EQ(type(state, "w"), Effect::kAskAgain);
  EXPECT_EQ(state.query.window, Window::k15m);
  type(state, "w");
  EXPECT_EQ(state.query.window, Window::k1m);
  EXPECT_EQ(type(state, "x"), Effect::kRedraw) << "no meaning";
  EXPECT_EQ(type(state, "q"), Effect::kQuit);
}

TEST(TopKeys, AnotherColumnStartsInItsUsualOrder) {
  TopState state;
  type(state, "rs");
  EXPECT_FALSE(state.query.reverse);
}

TEST(TopKeys, AFilterTakesEffectWhenItIsEntered) {
  TopState state;
  type(state, "/ac*q");
  EXPECT_EQ(state.query.tenant, "");
  EXPECT_EQ(state.input, "ac*q") << "letters are text here";
  press(state, {Key::Kind::kBackspace, ""}, kTable);
  EXPECT_EQ(press(state, {Key::Kind::kEnter, ""}, kTable), Effect::kAskAgain);
  EXPECT_EQ(state.query.tenant, "ac*");
  EXPECT_EQ(state.mode, TopMode::kTable);
  type(state, "t");
  type(state, "cat*");
  press(state, {Key::Kind::kEnter, ""}, kTable);
  EXPECT_EQ(state.query.type, "cat*");
}

TEST(TopKeys, EscapeLeavesTheFilterAsItWas) {
  TopState state;
  state.query.tenant = "acme";
  type(state, "/");
  EXPECT_EQ(state.input, "acme");
  press(state, {Key::Kind::kClear, ""}, kTable);
  EXPECT_EQ(state.input, "");
  press(state, {Key::Kind::kEscape, ""}, kTable);
  EXPECT_EQ(state.query.tenant, "acme");
}

TEST(TopKeys, BackspaceRemovesAWholeCharacter) {
  TopState state;
  type(state, "/a");
  press(state, {Key::Kind::kCharacter, "会"}, kTable);
  press(state, {Key::Kind::kBackspace, ""}, kTable);
  EXPECT_EQ(state.input, "a");
}

TEST(TopKeys, AFilterHasABound) {
  TopState state;
  type(state, "/" + std::string(10 * kMaxFilter, 'x'));
  EXPECT_EQ(state.input.size(), kMaxFilter);
}

TEST(TopKeys, ScrollingEndsWithTheTable) {
  TopState state;
  const auto scroll = [&](Key::Kind kind) {
    press(state, {kind, ""}, kTable);
    return state.first_row;
  };
  EXPECT_EQ(scroll(Key::Kind::kUp), 0U);
  EXPECT_EQ(scroll(Key::Kind::kDown), 1U);
  EXPECT_EQ(scroll(Key::Kind::kPageDown), 21U);
  EXPECT_EQ(scroll(Key::Kind::kEnd), 80U);
  EXPECT_EQ(scroll(Key::Kind::kDown), 80U);
  EXPECT_EQ(scroll(Key::Kind::kPageUp), 60U);
  EXPECT_EQ(scroll(Key::Kind::kHome), 0U);
}

TEST(TopKeys, AShorterTableLeavesNoOneBelowItsEnd) {
  TopState state;
  state.first_row = 80;
  press(state, {Key::Kind::kUp, ""}, {.rows = 5, .visible = 20});
  EXPECT_EQ(state.first_row, 0U);
}

TEST(TopKeys, AnyKeyLeavesTheHelp) {
  TopState state;
  type(state, "h");
  EXPECT_EQ(state.mode, TopMode::kHelp);
  EXPECT_EQ(type(state, "q"), Effect::kRedraw);
  EXPECT_EQ(state.mode, TopMode::kTable);
}

}  // namespace
}  // namespace hitwatch::cli
