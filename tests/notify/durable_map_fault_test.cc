// Full disks, damaged files, somebody else's files: said, and gone on from memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "agent/notify/durable_map.h"
#include "tests/notify/times.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

void fill(DurableMap& map, int count) {
  for (int i = 0; i < count; ++i) {
    map.put("kind", "key-" + std::to_string(i), std::string(1000, 'v'));
  }
}

std::size_t size_after_restart(const std::string& path) {
  DurableMap map(path, {});
  EXPECT_TRUE(map.open(kNow));
  return map.size("kind");
}

TEST(DurableMapFault, ADamagedFileIsSetAsideAndANewOneBegun) {
  const web::TemporaryFolder folder;
  write_file(folder.path("notify.db"), std::string(8192, 'x'));
  {
    DurableMap map(folder.path("notify.db"), {});
    const auto opened = map.open(kNow);
    ASSERT_TRUE(opened) << opened.error();
    EXPECT_EQ(opened->set_aside, folder.path("notify.db") + ".corrupt-" + std::to_string(kNow));
    EXPECT_EQ(read_file(opened->set_aside), std::string(8192, 'x'));
    EXPECT_THAT(opened->reason, HasSubstr("not a database"));
    EXPECT_EQ(map.set_asides(), 1U);
    fill(map, 1);
    EXPECT_TRUE(map.commit());
  }
  EXPECT_EQ(size_after_restart(folder.path("notify.db")), 1U);
}

TEST(DurableMapFault, APageThatIsDamagedIsNoticed) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    fill(map, 100);
    ASSERT_TRUE(map.commit());
  }
  std::string bytes = read_file(folder.path("notify.db"));
  ASSERT_GT(bytes.size(), 16384U);
  std::fill(bytes.begin() + 8192, bytes.begin() + 12288, '\x5a');
  write_file(folder.path("notify.db"), bytes);
  DurableMap map(folder.path("notify.db"), {});
  const auto opened = map.open(kNow);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_THAT(opened->set_aside, HasSubstr(".corrupt-"));
  EXPECT_EQ(map.size("kind"), 0U);
}

TEST(DurableMapFault, FilesOfOthersAndOfTheFutureAreSetAsideUntouched) {
  for (const char* sql : {"CREATE TABLE theirs (a)",
                          "CREATE TABLE entry (a); PRAGMA application_id = 1751741550; "
                          "PRAGMA user_version = 2"}) {
    const web::TemporaryFolder folder;
    execute(folder.path("notify.db"), sql);
    const std::string before = read_file(folder.path("notify.db"));
    DurableMap map(folder.path("notify.db"), {});
    const auto opened = map.open(kNow);
    ASSERT_TRUE(opened) << opened.error();
    ASSERT_THAT(opened->set_aside, HasSubstr(".corrupt-"));
    EXPECT_EQ(read_file(opened->set_aside), before);
    fill(map, 1);
    EXPECT_TRUE(map.commit());
  }
}

TEST(DurableMapFault, BeyondItsBoundItGoesOnFromMemoryAndCatchesUp) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {.max_bytes = 100 << 10});
    ASSERT_TRUE(map.open(kNow));
    fill(map, 50);
    ASSERT_TRUE(map.commit());
    fill(map, 200);
    const auto full = map.commit();
    ASSERT_FALSE(full);
    EXPECT_THAT(full.error(), AllOf(HasSubstr("notify.db"), HasSubstr("full")));
    EXPECT_TRUE(map.behind());
    EXPECT_EQ(map.size("kind"), 200U);
    EXPECT_FALSE(map.commit());
    for (int i = 0; i < 150; ++i) map.erase("kind", "key-" + std::to_string(i));
    const auto fits = map.commit();
    ASSERT_TRUE(fits) << fits.error();
    EXPECT_FALSE(map.behind());
  }
  EXPECT_EQ(size_after_restart(folder.path("notify.db")), 50U);
}

TEST(DurableMapFault, AFileThatIsFullToThePageCanBeEmptied) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {.max_bytes = 100 << 10});
    ASSERT_TRUE(map.open(kNow));
    int count = 0;
    while (map.commit()) fill(map, ++count);
    map.erase("kind", "key-" + std::to_string(count - 1));
    ASSERT_TRUE(map.commit());
    for (int i = count - 2; i >= 0; --i) {
      map.erase("kind", "key-" + std::to_string(i));
      const auto erased = map.commit();
      ASSERT_TRUE(erased) << erased.error();
    }
  }
  EXPECT_EQ(size_after_restart(folder.path("notify.db")), 0U);
}

// The limit of this process' files stands for a disk without space.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  sighandler_t handler_;
  rlimit before_{};
};

TEST(DurableMapFault, WhenNothingCanBeWrittenItGoesOnFromMemoryAndCatchesUp) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    fill(map, 10);
    ASSERT_TRUE(map.commit());
    {
      const FileSizeLimit limit(64 << 10);
      fill(map, 500);
      for (int i = 0; i < 3; ++i) {
        const auto failed = map.commit();
        ASSERT_FALSE(failed);
        EXPECT_THAT(failed.error(), HasSubstr("notify.db"));
      }
      EXPECT_EQ(map.size("kind"), 500U);
    }
    const auto written = map.commit();
    ASSERT_TRUE(written) << written.error();
  }
  EXPECT_EQ(size_after_restart(folder.path("notify.db")), 500U);
}

TEST(DurableMapFault, AFailedCommitLeavesTheFileAsItWas) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    fill(map, 10);
    ASSERT_TRUE(map.commit());
    const FileSizeLimit limit(64 << 10);
    map.erase("kind", "key-0");
    fill(map, 500);
    ASSERT_FALSE(map.commit());
  }
  EXPECT_EQ(size_after_restart(folder.path("notify.db")), 10U);
}

TEST(DurableMapFault, AFolderThatComesLaterGetsEverything) {
  const web::TemporaryFolder folder;
  const std::string file = folder.path("later/notify.db");
  {
    DurableMap map(file, {});
    const auto opened = map.open(kNow);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error(), HasSubstr("No such file"));
    fill(map, 3);
    EXPECT_FALSE(map.commit());
    map.erase("kind", "key-1");
    std::filesystem::create_directory(folder.path("later"));
    EXPECT_TRUE(map.commit());
    EXPECT_FALSE(map.behind());
  }
  EXPECT_EQ(size_after_restart(file), 2U);
}

TEST(DurableMapFault, WhatAnotherProcessStillHeldIsNotLost) {
  const web::TemporaryFolder folder;
  {
    auto first = std::make_unique<DurableMap>(folder.path("notify.db"), DurableMap::Options());
    ASSERT_TRUE(first->open(kNow));
    first->put("kind", "theirs", "kept");
    first->put("kind", "both", "old");
    DurableMap second(folder.path("notify.db"), {});
    const auto opened = second.open(kNow);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error(), HasSubstr("another process uses it"));
    second.put("kind", "both", "new");
    EXPECT_FALSE(second.commit());
    ASSERT_TRUE(first->commit());
    first.reset();
    ASSERT_TRUE(second.commit());
  }
  DurableMap map(folder.path("notify.db"), {});
  ASSERT_TRUE(map.open(kNow));
  EXPECT_EQ(*map.find("kind", "theirs"), "kept");
  EXPECT_EQ(*map.find("kind", "both"), "new");
}

TEST(DurableMapFault, AWriterThatHoldsTheFileIsReportedAndWaitedForNextTime) {
  const web::TemporaryFolder folder;
  DurableMap map(folder.path("notify.db"), {.busy_timeout_ms = 1});
  ASSERT_TRUE(map.open(kNow));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder.path("notify.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  fill(map, 1);
  const auto locked = map.commit();
  ASSERT_FALSE(locked);
  EXPECT_THAT(locked.error(), HasSubstr("locked"));
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE(map.commit());
  EXPECT_FALSE(map.behind());
}

TEST(DurableMapFault, AFileThatIsDamagedWhileRunningIsReplacedFromMemory) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    fill(map, 10);
    ASSERT_TRUE(map.commit());
    // A table whose pages lie beyond the end of the file.
    execute(folder.path("notify.db"),
            "PRAGMA writable_schema = ON; PRAGMA schema_version = 100;"
            "UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'entry'");
    map.erase("kind", "key-0");
    const auto done = map.commit();
    ASSERT_TRUE(done) << done.error();
    EXPECT_EQ(map.set_asides(), 1U);
    EXPECT_THAT(map.last_set_aside().set_aside, HasSubstr(".corrupt-"));
    EXPECT_THAT(map.last_set_aside().reason, HasSubstr("malformed"));
  }
  DurableMap map(folder.path("notify.db"), {});
  const auto opened = map.open(kNow + 1);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_THAT(opened->set_aside, IsEmpty());
  EXPECT_EQ(map.size("kind"), 9U);
}

}  // namespace
}  // namespace hitwatch::notify
