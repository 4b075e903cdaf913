// What is put is there, also after a restart.
#include "agent/notify/durable_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/notify/times.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::Pointee;

std::vector<std::pair<std::string, std::string>> entries(const DurableMap& map,
                                                         std::string_view kind) {
  std::vector<std::pair<std::string, std::string>> all;
  map.for_each(kind, [&](const std::string& key, const std::string& value) {
    all.emplace_back(key, value);
  });
  return all;
}

TEST(DurableMap, WhatIsCommittedOutlivesTheProcess) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    map.put("silence", "b", "2");
    map.put("silence", "a", "1");
    map.put("alert", "a", "other");
    ASSERT_TRUE(map.commit());
    map.put("silence", "b", "3");
    map.erase("alert", "a");
    ASSERT_TRUE(map.commit());
    map.put("silence", "c", "not committed");
  }
  DurableMap map(folder.path("notify.db"), {});
  const auto opened = map.open(kNow);
  ASSERT_TRUE(opened);
  EXPECT_THAT(opened->set_aside, IsEmpty());
  EXPECT_THAT(entries(map, "silence"), ElementsAre(Pair("a", "1"), Pair("b", "3")));
  EXPECT_THAT(entries(map, "alert"), IsEmpty());
  EXPECT_EQ(map.size("silence"), 2U);
  EXPECT_EQ(map.bytes(), 4U);
}

TEST(DurableMap, ChangesAreSeenAtOnce) {
  const web::TemporaryFolder folder;
  DurableMap map(folder.path("notify.db"), {});
  ASSERT_TRUE(map.open(kNow));
  EXPECT_EQ(map.find("kind", "key"), nullptr);
  EXPECT_FALSE(map.behind());
  map.put("kind", "key", "value");
  EXPECT_THAT(map.find("kind", "key"), Pointee(std::string("value")));
  EXPECT_EQ(map.bytes(), 8U);
  EXPECT_TRUE(map.behind());
  map.erase("kind", "key");
  EXPECT_EQ(map.find("kind", "key"), nullptr);
  EXPECT_EQ(map.bytes(), 0U);
  EXPECT_FALSE(map.behind()) << "the file never had it";
  map.erase("kind", "key");
  map.erase("none", "key");
}

TEST(DurableMap, ACommitWithoutChangesWritesNothing) {
  const web::TemporaryFolder folder;
  DurableMap map(folder.path("notify.db"), {});
  ASSERT_TRUE(map.open(kNow));
  ASSERT_TRUE(map.commit());
  EXPECT_EQ(map.commits(), 0U);
  map.put("kind", "key", "value");
  ASSERT_TRUE(map.commit());
  map.put("kind", "key", "value");
  ASSERT_TRUE(map.commit());
  EXPECT_EQ(map.commits(), 1U);
}

TEST(DurableMap, WhatIsErasedAndPutAgainIsThere) {
  const web::TemporaryFolder folder;
  for (const bool commit_between : {true, false}) {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    map.put("kind", "key", "first");
    ASSERT_TRUE(map.commit());
    map.erase("kind", "key");
    if (commit_between) {
      ASSERT_TRUE(map.commit());
    }
    map.put("kind", "key", "second");
    map.erase("kind", "key");
    map.put("kind", "key", "third");
    map.erase("kind", "key");
    ASSERT_TRUE(map.commit());
    EXPECT_FALSE(map.behind());
  }
  DurableMap map(folder.path("notify.db"), {});
  ASSERT_TRUE(map.open(kNow));
  EXPECT_EQ(map.size("kind"), 0U);
}

TEST(DurableMap, KeysAndValuesAreAnyBytes) {
  const web::TemporaryFolder folder;
  const std::string odd("a\0b\xff'\n", 6);
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
    map.put("kind", odd, odd);
    map.put("kind", "", "");
    ASSERT_TRUE(map.commit());
  }
  DurableMap map(folder.path("notify.db"), {});
  ASSERT_TRUE(map.open(kNow));
  EXPECT_THAT(entries(map, "kind"), ElementsAre(Pair("", ""), Pair(odd, odd)));
}

TEST(DurableMap, TheFileSaysWhatItIs) {
  const web::TemporaryFolder folder;
  {
    DurableMap map(folder.path("notify.db"), {});
    ASSERT_TRUE(map.open(kNow));
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(folder.path("notify.db").c_str(), &database), SQLITE_OK);
  const auto pragma = [&](const char* name) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, name, -1, &statement, nullptr);
    sqlite3_step(statement);
    std::string text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
  };
  EXPECT_EQ(pragma("PRAGMA application_id"), std::to_string(0x6869746e));
  EXPECT_EQ(pragma("PRAGMA user_version"), "1");
  EXPECT_EQ(pragma("PRAGMA journal_mode"), "wal");
  sqlite3_close(database);
}

}  // namespace
}  // namespace hitwatch::notify
