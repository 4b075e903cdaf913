// What we have looked up in servers is known again after a restart.
#include "agent/probe_memory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/web/temporary_folder.h"

namespace hitwatch {
namespace {

class ProbeMemoryTest : public testing::Test {
 protected:
  std::string folder() const { return folder_.path("kept"); }

  ProbeMemoryTest() { std::filesystem::create_directory(folder()); }

  web::TemporaryFolder folder_;
  log::Log log_{log::Level::kError, log::Format::kLogfmt};
};

TEST_F(ProbeMemoryTest, TheLedgerOutlivesTheProcess) {
  redis::ProbeLedger before;
  before.sent("run-1", "cache", 30);
  before.missed("run-1", 2);
  before.sent("run-2", "a\xff\n", 1);
  ProbeMemory(folder(), before, log_).save();
  redis::ProbeLedger after;
  ProbeMemory memory(folder(), after, log_);
  memory.load();
  EXPECT_EQ(after.of_run("run-1").hits, 28U);
  EXPECT_EQ(after.of_run("run-1").misses, 2U);
  EXPECT_EQ(after.of_run("run-2").hits, 1U);
  ASSERT_EQ(after.entries().size(), 2U);
  EXPECT_EQ(after.entries()[1].lookups, 30U);
}

TEST_F(ProbeMemoryTest, WithoutAFolderNothingIsKept) {
  redis::ProbeLedger ledger;
  ledger.sent("run-1", "cache", 30);
  ProbeMemory memory(folder() + "/nowhere", ledger, log_);
  memory.load();
  memory.save();
  EXPECT_FALSE(std::filesystem::exists(folder() + "/nowhere"));
  EXPECT_EQ(ledger.of_run("run-1").hits, 30U);
}

TEST_F(ProbeMemoryTest, AFileThatIsNoneOfOursIsLeftUntilSomethingIsToBeKept) {
  for (const std::string text : {"", "[]", "{}", "{\"runs\": {\"a\": 1}, \"instances\": {}}",
                                 "{\"runs\": {\"a\": {\"hits\": -1, \"misses\": 0}}, "
                                 "\"instances\": {}}"}) {
    folder_.write("kept/probes.json", text);
    redis::ProbeLedger ledger;
    ProbeMemory memory(folder(), ledger, log_);
    memory.load();
    EXPECT_TRUE(ledger.entries().empty()) << text;
    memory.save();
    ledger.sent("run-1", "cache", 1);
    memory.save();
    redis::ProbeLedger again;
    ProbeMemory(folder(), again, log_).load();
    EXPECT_EQ(again.of_run("run-1").hits, 1U);
  }
}

}  // namespace
}  // namespace hitwatch
