// Who may connect, who waits, and that those that hang hold up nobody else.
#include "collectors/redis/connect_slots.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;
using Lane = ConnectSlots::Lane;

class ConnectSlotsTest : public testing::Test {
 protected:
  void start(ConnectSlots::Bounds bounds) { slots_.emplace(loop_.get_executor(), bounds); }
  ConnectSlots::Taken take(Lane lane, const std::string& name) {
    return slots_->take(lane, [this, name] { granted_.push_back(name); });
  }
  // Who has been granted a slot since the last call.
  std::vector<std::string> granted() {
    loop_.restart();
    loop_.poll();
    return std::exchange(granted_, {});
  }
  using Names = std::vector<std::string>;

  boost::asio::io_context loop_;
  std::optional<ConnectSlots> slots_;
  std::vector<std::string> granted_;
};

TEST_F(ConnectSlotsTest, WhoComesFirstIsServedFirst) {
  start({.lane = 2, .prompt = 1h});
  auto a = take(Lane::kPrompt, "a");
  EXPECT_TRUE(granted_.empty()) << "granted from within";
  auto b = take(Lane::kPrompt, "b");
  auto c = take(Lane::kPrompt, "c");
  auto d = take(Lane::kPrompt, "d");
  EXPECT_EQ(granted(), (Names{"a", "b"}));
  EXPECT_EQ(slots_->figures().in_flight, 2U);
  EXPECT_EQ(slots_->figures().waiting, 2U);
  b = nullptr;
  EXPECT_EQ(granted(), Names{"c"});
  a = nullptr;
  c = nullptr;
  EXPECT_EQ(granted(), Names{"d"});
  d = nullptr;
  EXPECT_EQ(slots_->figures().in_flight, 0U);
  EXPECT_EQ(slots_->figures().granted, 4U);
}

TEST_F(ConnectSlotsTest, WhoGivesUpWaitingIsNotCalled) {
  start({.lane = 1, .prompt = 1h});
  auto a = take(Lane::kPrompt, "a");
  auto b = take(Lane::kPrompt, "b");
  auto c = take(Lane::kPrompt, "c");
  b = nullptr;
  EXPECT_EQ(granted(), Names{"a"});
  a = nullptr;
  c = nullptr;  // granted by now, but not told
  EXPECT_TRUE(granted().empty());
  EXPECT_EQ(slots_->figures().waiting, 0U);
}

TEST_F(ConnectSlotsTest, ThoseThatHungWaitForEachOtherOnly) {
  start({.lane = 1, .prompt = 1h});
  auto hanging = take(Lane::kHanging, "hanging");
  auto next = take(Lane::kHanging, "next");
  auto prompt = take(Lane::kPrompt, "prompt");
  EXPECT_EQ(granted(), (Names{"hanging", "prompt"}));
  prompt = nullptr;
  EXPECT_TRUE(granted().empty());
  hanging = nullptr;
  EXPECT_EQ(granted(), Names{"next"});
}

TEST_F(ConnectSlotsTest, WhoTakesLongMakesRoomForTheOthers) {
  start({.lane = 1, .prompt = 20ms});
  auto slow = take(Lane::kPrompt, "slow");
  auto other = take(Lane::kPrompt, "other");
  auto third = take(Lane::kPrompt, "third");
  loop_.run_for(200ms);
  EXPECT_EQ(granted(), (Names{"slow", "other"})) << "there is room for one that hangs";
  other = nullptr;
  EXPECT_EQ(granted(), Names{"third"});
  slow = nullptr;
  EXPECT_EQ(slots_->figures().in_flight, 1U);
}

TEST_F(ConnectSlotsTest, ASlotMayOutliveThem) {
  start({.lane = 1, .prompt = 1h});
  auto a = take(Lane::kPrompt, "a");
  auto b = take(Lane::kPrompt, "b");
  slots_.reset();
  a = nullptr;
  b = nullptr;
  granted();
}

}  // namespace
}  // namespace hitwatch::redis
