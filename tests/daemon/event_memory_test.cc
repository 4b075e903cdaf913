// Which entries of servers' logs were told is known again after a restart.
#include "agent/event_memory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/web/temporary_folder.h"

namespace hitwatch {
namespace {

class EventMemoryTest : public testing::Test {
 protected:
  EventMemoryTest() { std::filesystem::create_directory(folder()); }
  std::string folder() const { return folder_.path("kept"); }

  web::TemporaryFolder folder_;
  log::Log log_{log::Level::kError, log::Format::kLogfmt};
};

TEST_F(EventMemoryTest, WhatIsSettledOutlivesTheProcess) {
  redis::EventLedger before;
  EventMemory memory(folder(), before, log_);
  memory.begin();
  EXPECT_TRUE(before.remembers());
  before.settle_slow("run-1", 41);
  before.settle_latency("run-1", "fork", 1'800'000'000);
  before.hand_out("run-1", {.slow = 43, .latency = {}});
  before.settle_slow("a\xff\n", 0);
  memory.save();

  redis::EventLedger after;
  EventMemory(folder(), after, log_).begin();
  ASSERT_TRUE(after.handed("run-1"));
  EXPECT_EQ(after.handed("run-1")->slow, 41) << "not what was on its way";
  EXPECT_EQ(after.handed("run-1")->latency.at("fork"), 1'800'000'000);
  EXPECT_EQ(after.settled().size(), 2U);
}

TEST_F(EventMemoryTest, WithoutAFolderNothingIsKept) {
  redis::EventLedger ledger;
  EventMemory memory(folder() + "/nowhere", ledger, log_);
  memory.begin();
  EXPECT_FALSE(ledger.remembers());
  ledger.settle_slow("run-1", 1);
  memory.save();
  EXPECT_FALSE(std::filesystem::exists(folder() + "/nowhere"));
}

TEST_F(EventMemoryTest, AFileThatIsNoneOfOursIsBegunAnew) {
  for (const std::string text :
       {"", "[]", "{}", "{\"runs\": 1}", "{\"runs\": {\"a\": {\"slowlog\": \"x\"}}}",
        "{\"runs\": {\"a\": {\"slowlog\": 1, \"latency\": {\"fork\": null}}}}"}) {
    folder_.write("kept/events.json", text);
    redis::EventLedger ledger;
    EventMemory memory(folder(), ledger, log_);
    memory.begin();
    EXPECT_TRUE(ledger.settled().empty()) << text;
    EXPECT_TRUE(ledger.remembers());
    ledger.settle_slow("run-1", 5);
    memory.save();
    redis::EventLedger after;
    EventMemory(folder(), after, log_).begin();
    EXPECT_EQ(after.settled().at("run-1").slow, 5) << text;
  }
}

TEST_F(EventMemoryTest, BeforeItHasBegunNothingIsWritten) {
  redis::EventLedger ledger;
  EventMemory memory(folder(), ledger, log_);
  ledger.settle_slow("run-1", 5);
  memory.save();
  EXPECT_FALSE(std::filesystem::exists(folder() + "/events.json"));
}

}  // namespace
}  // namespace hitwatch
