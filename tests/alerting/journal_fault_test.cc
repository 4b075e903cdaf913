// Full disks, damaged files, somebody else's files: said, and gone on from memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>

#include "rules/alerting/journal.h"
#include "tests/alerting/journal_steps.h"

namespace hitwatch::alerting {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file with one firing alert, told.
void make_journal(const std::string& path) {
  Steps steps;
  Journal journal(path);
  ASSERT_TRUE(journal.open(kNow));
  ASSERT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
}

TEST(JournalFault, ADamagedFileIsSetAsideAndANewOneBegun) {
  const JournalFolder folder;
  write_file(folder.file(), std::string(8192, 'x'));
  Journal journal(folder.file());
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_EQ(opened->set_aside, folder.file() + ".corrupt-1700000000000");
  EXPECT_EQ(read_file(opened->set_aside), std::string(8192, 'x'));
  Steps steps;
  EXPECT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
}

TEST(JournalFault, DamagedFilesDoNotReplaceEachOther) {
  const JournalFolder folder;
  std::string first;
  for (const char c : {'x', 'y'}) {
    write_file(folder.file(), std::string(8192, c));
    Journal journal(folder.file());
    const auto opened = journal.open(kNow);
    ASSERT_TRUE(opened) << opened.error().text;
    if (c == 'x') first = opened->set_aside;
  }
  EXPECT_EQ(read_file(first).front(), 'x');
}

TEST(JournalFault, APageThatIsDamagedIsNoticed) {
  const JournalFolder folder;
  make_journal(folder.file());
  std::string bytes = read_file(folder.file());
  ASSERT_GT(bytes.size(), 8192U);
  std::fill(bytes.begin() + 4096, bytes.end(), '\x5a');
  write_file(folder.file(), bytes);
  Journal journal(folder.file());
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_THAT(opened->set_aside, HasSubstr(".corrupt-"));
}

TEST(JournalFault, WithoutSpaceItGoesOnFromMemoryAndCatchesUp) {
  const JournalFolder folder;
  Steps steps;
  std::vector<ActiveSample> many;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(
        sample("instance-" + std::to_string(i), 1, {{"summary", std::string(100, 's')}}));
  }
  {
    Journal journal(folder.file(), {.max_bytes = 100 << 10});
    ASSERT_TRUE(journal.open(kNow));
    const auto full = journal.commit(outcome_of(steps.at(0, many), 0));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, JournalError::Kind::kFull);
    EXPECT_THAT(full.error().text, HasSubstr("state.db"));
    EXPECT_TRUE(journal.behind());
    EXPECT_THAT(journal.untold(), SizeIs(2000)) << "who is to be told is told";
    // All but one are resolved, forgotten and told about; that much there is room for.
    steps.at(kMinute, {many[0]});
    Step forgotten = steps.at(20 * kMinute, {many[0]});
    ASSERT_TRUE(journal.told(journal.untold()[1998].number) ||
                journal.commit(outcome_of(forgotten, 20 * kMinute)));
    EXPECT_FALSE(journal.behind());
  }
  Journal journal(folder.file());
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened);
  EXPECT_THAT(opened->survivors.alerts.at("rule"), SizeIs(1));
  EXPECT_THAT(journal.untold(), SizeIs(1));
}

TEST(JournalFault, AFolderThatComesLaterGetsEverything) {
  const JournalFolder folder;
  const std::string file = folder.path() / "later" / "state.db";
  Steps steps;
  {
    Journal journal(file);
    ASSERT_FALSE(journal.open(kNow));
    EXPECT_FALSE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
    std::filesystem::create_directory(folder.path() / "later");
    EXPECT_TRUE(journal.commit(outcome_of(steps.at(kMinute, {sample("a")}), kMinute)));
  }
  Journal journal(file);
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened);
  EXPECT_THAT(opened->survivors.alerts.at("rule"), SizeIs(1));
  EXPECT_THAT(journal.untold(), SizeIs(1));
}

TEST(JournalFault, TwoDaemonsDoNotShareAFile) {
  const JournalFolder folder;
  Journal first(folder.file());
  ASSERT_TRUE(first.open(kNow));
  Journal second(folder.file());
  const auto opened = second.open(kNow);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, JournalError::Kind::kLocked);
  EXPECT_THAT(opened.error().text, HasSubstr("another process uses it"));
}

TEST(JournalFault, AWriterThatHoldsTheFileIsReportedAndWaitedForNextTime) {
  const JournalFolder folder;
  Steps steps;
  Journal journal(folder.file(), {.busy_timeout_ms = 1});
  ASSERT_TRUE(journal.open(kNow));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder.file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto locked = journal.commit(outcome_of(steps.at(0, {sample("a")}), 0));
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().kind, JournalError::Kind::kLocked);
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE(journal.commit(Outcome{}));
  EXPECT_FALSE(journal.behind());
}

TEST(JournalFault, FilesOfOthersAndOfTheFutureAreLeftAlone) {
  const JournalFolder folder;
  struct Case {
    std::string sql;
    std::string text;
  };
  for (const Case& one : {Case{"CREATE TABLE theirs (a)", "another program"},
                          Case{"CREATE TABLE alert (a); PRAGMA application_id = 1751741559; "
                               "PRAGMA user_version = 2",
                               "newer hitwatch"}}) {
    const std::string file = folder.path() / (one.text + ".db");
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, one.sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
    Steps steps;
    Journal journal(file);
    const auto opened = journal.open(kNow);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().text, HasSubstr(one.text));
    EXPECT_FALSE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
    EXPECT_THAT(journal.untold(), SizeIs(1));
  }
}

TEST(JournalFault, ADatabaseThatIsDamagedWhileRunningIsReplacedFromMemory) {
  const JournalFolder folder;
  Steps steps;
  {
    Journal journal(folder.file());
    ASSERT_TRUE(journal.open(kNow));
    ASSERT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
    // A table whose pages lie beyond the end of the file.
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(folder.file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other,
                           "PRAGMA writable_schema = ON; PRAGMA schema_version = 100;"
                           "UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'transition'",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(other);
    const auto done = journal.commit(outcome_of(steps.at(kMinute, {}), kMinute));
    ASSERT_TRUE(done) << done.error().text;
  }
  Journal journal(folder.file());
  const auto opened = journal.open(kNow + 1);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_THAT(opened->set_aside, IsEmpty());
  EXPECT_EQ(opened->survivors.alerts.at("rule").begin()->second.state, AlertState::kInactive);
  EXPECT_THAT(journal.untold(), SizeIs(2));
}

}  // namespace
}  // namespace hitwatch::alerting
