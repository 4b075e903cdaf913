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
  using Ledger = redis::EventLedger;
  std::string folder() const { return folder_.path("kept"); }
  static void settle_one(Ledger& ledger) {
    ledger.claim("run-1", Ledger::kSlowLog, std::vector<std::int64_t>{5}, 5, true);
    ledger.settle("run-1", Ledger::kSlowLog, 5);
  }

  web::TemporaryFolder folder_;
  log::Log log_{log::Level::kError, log::Format::kLogfmt};
};

TEST_F(EventMemoryTest, WhatIsSettledOutlivesTheProcess) {
  redis::EventLedger before;
  EventMemory memory(folder(), before, log_);
  memory.begin();
  EXPECT_TRUE(before.remembers());
  const std::vector<std::int64_t> ids = {42, 43};
  before.claim("run-1", Ledger::kSlowLog, ids, 43, true);
  before.claim("run-1", "fork", {}, 1'800'000'000, true);
  before.claim("a\xff\n", Ledger::kSlowLog, {}, 0, true);
  before.settle("run-1", Ledger::kSlowLog, 43);
  memory.save();

  redis::EventLedger after;
  EventMemory(folder(), after, log_).begin();
  EXPECT_EQ(after.claimed("run-1", Ledger::kSlowLog), 41) << "42 was on its way";
  EXPECT_EQ(after.claimed("run-1", "fork"), 1'800'000'000);
  EXPECT_EQ(after.settled().size(), 2U);
}

TEST_F(EventMemoryTest, WithoutAFolderNothingIsKept) {
  redis::EventLedger ledger;
  EventMemory memory(folder() + "/nowhere", ledger, log_);
  memory.begin();
  EXPECT_FALSE(ledger.remembers());
  settle_one(ledger);
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
    settle_one(ledger);
    memory.save();
    redis::EventLedger after;
    EventMemory(folder(), after, log_).begin();
    EXPECT_EQ(after.claimed("run-1", Ledger::kSlowLog), 5) << text;
  }
}

TEST_F(EventMemoryTest, BeforeItHasBegunNothingIsWritten) {
  redis::EventLedger ledger;
  EventMemory memory(folder(), ledger, log_);
  settle_one(ledger);
  memory.save();
  EXPECT_FALSE(std::filesystem::exists(folder() + "/events.json"));
}

}  // namespace
}  // namespace hitwatch
