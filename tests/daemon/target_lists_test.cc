// Lists of targets that are written while they are read.
#include "agent/target_lists.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch {
namespace {

class TargetListsTest : public testing::Test {
 protected:
  TargetListsTest() {
    write("- targets: ['a:6379', 'b:6379']\n");
    lists.look(globs);
  }
  void write(const std::string& text, const std::string& name = "list.yaml") const {
    std::ofstream(dir.path(name), std::ios::trunc) << text;
  }
  std::string named() const {
    std::string names;
    for (const redis::Target& target : lists.targets()) names += target.name() + " ";
    return names;
  }
  std::string faulty() const {
    std::string paths;
    for (const TargetLists::State& list : lists.states()) {
      if (list.faulty) paths += list.path;
    }
    return paths;
  }
  bool look() { return lists.look(globs, TargetLists::Haste::kOnceSettled); }

  test::TempDir dir;
  std::vector<config::TargetFiles> globs{{dir.path("*.yaml"), "hitwatch.yaml:1:1"}};
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  TargetLists lists{log};
};

TEST_F(TargetListsTest, AFileThatIsBeingWrittenKeepsItsTargetsUntilItIsThere) {
  write("- targets:\n  - 'a:6379'\n");  // valid, and half of it
  EXPECT_FALSE(look());
  EXPECT_EQ(named(), "a:6379 b:6379 ");
  write("- targets:\n  - 'a:6379'\n  - 'b:6379'\n  - 'c:6379'\n");
  EXPECT_FALSE(look());
  EXPECT_TRUE(look());
  EXPECT_EQ(named(), "a:6379 b:6379 c:6379 ");
  EXPECT_FALSE(look());
}

TEST_F(TargetListsTest, AFileThatTakesItsPlaceIsReadAtOnce) {
  write("- targets: ['c:6379']\n", "new");
  ASSERT_EQ(std::rename(dir.path("new").c_str(), dir.path("list.yaml").c_str()), 0);
  EXPECT_TRUE(look());
  EXPECT_EQ(named(), "c:6379 ");
}

TEST_F(TargetListsTest, WhoeverAsksForAReloadNeedNotWait) {
  write("- targets: ['c:6379']\n");
  EXPECT_TRUE(lists.look(globs));
  EXPECT_EQ(named(), "c:6379 ");
}

TEST_F(TargetListsTest, AFileWithAFaultKeepsItsTargets) {
  EXPECT_EQ(faulty(), "");
  for (const char* text :
       {"", "- targets: ['a:63", "- targets: ['a:6379']\n- targ", "\x80\x81", "{"}) {
    write(text);
    lists.look(globs);
    EXPECT_EQ(named(), "a:6379 b:6379 ") << text;
    EXPECT_EQ(faulty(), dir.path("list.yaml")) << text;
  }
  write("- targets: ['c:6379']\n");
  lists.look(globs);
  EXPECT_EQ(faulty(), "");
}

TEST_F(TargetListsTest, ADuplicateKeepsNothingFromBeingWatched) {
  TargetLists fresh(log);
  write("- targets: ['a:6379', 'a:6379', 'b:6379']\n");
  fresh.look(globs);
  EXPECT_EQ(fresh.targets().size(), 2U);
  EXPECT_FALSE(fresh.states().at(0).faulty);
}

TEST_F(TargetListsTest, AListThatWasNeverGoodIsFaulty) {
  TargetLists fresh(log);
  write("- targets: ['a:63");
  fresh.look(globs);
  EXPECT_TRUE(fresh.targets().empty());
  ASSERT_EQ(fresh.states().size(), 1U);
  EXPECT_TRUE(fresh.states().at(0).faulty);
}

TEST_F(TargetListsTest, FilesComeAndGo) {
  write("- targets: ['c:6379']\n", "other.yaml");
  EXPECT_TRUE(look());
  EXPECT_EQ(named(), "a:6379 b:6379 c:6379 ");
  std::remove(dir.path("other.yaml").c_str());
  EXPECT_TRUE(look());
  EXPECT_EQ(named(), "a:6379 b:6379 ");
}

}  // namespace
}  // namespace hitwatch
