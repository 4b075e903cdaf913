// What has happened between two looks at a cluster.
#include "collectors/topology/cluster_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> events_text(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  for (const Event& event : events) {
    texts.push_back(event.kind + " " + event.instance + ": " + event.from + " > " + event.to);
  }
  return texts;
}

class ClusterChangesTest : public testing::Test {
 protected:
  const std::vector<std::string> before_ = {"a1 1 master 1 0-99", "a2 2 slave:a1 1",
                                            "b1 3 master 2 100-199", "b2 4 slave:b1 2"};
  ClusterChanges changes_to(const std::vector<std::string>& after) {
    ShardNames names;
    const ClusterMap former = arranged(names, before_);
    return changes_between(former, arranged(names, after));
  }
};

TEST_F(ClusterChangesTest, NothingChangesWhereNothingDoes) {
  const ClusterChanges changes = changes_to(before_);
  EXPECT_THAT(events_text(changes.events), IsEmpty());
  EXPECT_THAT(changes.to_poll, IsEmpty());
}

TEST_F(ClusterChangesTest, AFailoverIsAFailureAndAnotherMaster) {
  const ClusterChanges changes =
      changes_to({"a1 1 master,fail 1", "a2 2 master 3 0-99", before_[2], before_[3]});
  EXPECT_THAT(events_text(changes.events),
              ElementsAre("node_failed a1: master of shard a1000000 > replica of shard a1000000",
                          "failover a2: a1 > a2"));
  EXPECT_THAT(changes.to_poll, ElementsAre("a2")) << "one that has failed is not polled";
}

TEST_F(ClusterChangesTest, ANodeThatNobodyKnowsTheAddressOfHasFailed) {
  const ClusterChanges changes =
      changes_to({before_[0], "a2 :0@0 slave,noaddr:a1 1", before_[2], before_[3]});
  EXPECT_THAT(events_text(changes.events),
              ElementsAre("node_failed a2:  > replica of shard a1000000"));
}

TEST_F(ClusterChangesTest, APlannedFailoverIsPolledOnBothSides) {
  const ClusterChanges changes =
      changes_to({"a1 1 slave:a2 3", "a2 2 master 3 0-99", before_[2], before_[3]});
  EXPECT_THAT(events_text(changes.events), ElementsAre("failover a2: a1 > a2"));
  EXPECT_THAT(changes.to_poll, UnorderedElementsAre("a1", "a2"));
}

TEST_F(ClusterChangesTest, NodesComeAndGo) {
  const ClusterChanges changes =
      changes_to({before_[0], before_[2], before_[3], "c1 5 master 0", "c2 6 handshake 0"});
  EXPECT_THAT(events_text(changes.events),
              ElementsAre("node_removed a2: replica of shard a1000000 > ",
                          "node_added c1:  > master of shard c1000000"));
}

TEST_F(ClusterChangesTest, ANodeThatIsThereAgainIsPolled) {
  ShardNames names;
  const ClusterMap failed =
      arranged(names, {before_[0], "a2 2 slave,fail:a1 1", before_[2], before_[3]});
  const ClusterChanges changes = changes_between(failed, arranged(names, before_));
  EXPECT_THAT(events_text(changes.events), ElementsAre("node_recovered a2:  > "
                                                       "replica of shard a1000000"));
  EXPECT_THAT(changes.to_poll, ElementsAre("a2"));
}

class SlotMovesTest : public testing::Test {
 protected:
  void look(const std::vector<std::string>& lines, std::chrono::seconds later = 1s) {
    now_ += later;
    ClusterMap next = arranged(names_, lines);
    if (map_) moves_.note(*map_, next, now_);
    map_ = std::move(next);
    told_ = events_text(moves_.take(*map_, now_));
  }

  ShardNames names_;
  SlotMoves moves_;
  std::optional<ClusterMap> map_;
  SlotMoves::Clock::time_point now_{1000s};
  std::vector<std::string> told_;
};

TEST_F(SlotMovesTest, SlotsThatGoOneByOneAreToldTogether) {
  look({"a1 1 master 1 0-99", "b1 3 master 2 100-199"});
  look({"a1 1 master 1 1-99", "b1 3 master 3 0 100-199"});
  EXPECT_THAT(told_, IsEmpty());
  look({"a1 1 master 1 2-99", "b1 3 master 4 0-1 100-199"}, 2s);
  EXPECT_THAT(told_, IsEmpty());
  const std::vector<std::string> last = {"a1 1 master 1 2-49 51-99",
                                         "b1 3 master 5 0-1 50 100-199"};
  look(last, 2s);
  EXPECT_THAT(told_, IsEmpty());
  look(last, 2s);
  EXPECT_THAT(told_, IsEmpty());
  look(last, 1s);
  EXPECT_THAT(told_, ElementsAre("slots_moved b1: 0-1,50 at a1 > 0-1,50 at b1"));
  look(last, 10s);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SlotMovesTest, AFailoverMovesNoSlots) {
  look({"a1 1 master 1 0-99", "a2 2 slave:a1 1"});
  look({"a1 1 master,fail 1", "a2 2 master 2 0-99"});
  look({"a1 1 master,fail 1", "a2 2 master 2 0-99"}, 10s);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SlotMovesTest, SlotsThatComeBackHaveNotMoved) {
  look({"a1 1 master 1 0-99", "b1 3 master 2"});
  look({"a1 1 master 1 1-99", "b1 3 master 3 0"});
  look({"a1 1 master 4 0-99", "b1 3 master 3"});
  look({"a1 1 master 4 0-99", "b1 3 master 3"}, 10s);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SlotMovesTest, SlotsMayComeFromNobodyAndGoThere) {
  look({"a1 1 master 1", "b1 3 master 2"});
  look({"a1 1 master 1 0-9", "b1 3 master 2"});
  look({"a1 1 master 1 0-9", "b1 3 master 2"}, 10s);
  EXPECT_THAT(told_, ElementsAre("slots_moved a1: 0-9 at no node > 0-9 at a1"));
  look({"a1 1 master 1", "b1 3 master 2"});
  look({"a1 1 master 1", "b1 3 master 2"}, 10s);
  EXPECT_THAT(told_, ElementsAre("slots_moved a1: 0-9 at a1 > 0-9 at no node"));
}

TEST_F(SlotMovesTest, WhatTakesLongIsToldEveryMinute) {
  look({"a1 1 master 1 0-999", "b1 3 master 2"});
  int told = 0;
  for (int moved = 1; moved < 130; ++moved) {
    look(
        {fmt::format("a1 1 master 1 {}-999", moved), fmt::format("b1 3 master 2 0-{}", moved - 1)});
    if (!told_.empty()) ++told;
  }
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace hitwatch::topology
