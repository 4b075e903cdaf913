// Shards keep their names whatever happens to their nodes.
#include "collectors/topology/cluster_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

const std::vector<std::string> kTwoShards = {"a1 1 master 1 0-99", "a2 2 slave:a1 1",
                                             "b1 3 master 2 100-199", "b2 4 slave:b1 2"};

TEST(ClusterShardNames, AreThoseOfTheSmallestNode) {
  ShardNames names;
  EXPECT_THAT(shards_text(arranged(names, {"b2 4 slave:b1 2", "b1 3 master 2 100-199",
                                           "a2 2 master 1 0-99", "a1 1 slave:a2 1"})),
              ElementsAre("a1000000: a2 + a1 0-99", "b1000000: b1 + b2 100-199"));
}

TEST(ClusterShardNames, OrOfTheServersShardId) {
  ShardNames names;
  EXPECT_THAT(
      shards_text(arranged(names, {"a1 h:1@2,,shard-id=69bc080733d1355567173199 master 1 0-9",
                                   "b1 3 master 2 10-19"})),
      ElementsAre("69bc0807: a1 0-9", "b1000000: b1 10-19"));
}

TEST(ClusterShardNames, TwoAreNeverTheSame) {
  ShardNames names;
  EXPECT_THAT(shards_text(arranged(names, {"aaaaaaaa1 1 master 1 0-9", "aaaaaaaa2 2 master 2 10"})),
              ElementsAre("aaaaaaaa: aa 0-9", "aaaaaaaa2: aa 10"));
  ShardNames hostile;
  const ClusterMap map = arranged(
      hostile, {"a1 h:1@2,,shard-id=69 master 1 0-9", "b1 h:3@4,,shard-id=69 master 2 10-19"});
  ASSERT_THAT(map.shards, SizeIs(2));
  EXPECT_NE(map.shards[0].name, map.shards[1].name);
}

TEST(ClusterShardNames, StayThroughAFailover) {
  ShardNames names;
  arranged(names, kTwoShards);
  const std::vector<std::string> failed = {"a1 1 master,fail 1", "a2 2 master 3 0-99",
                                           "b1 3 master 2 100-199", "b2 4 slave:b1 2"};
  const ClusterMap map = arranged(names, failed);
  EXPECT_THAT(shards_text(map), ElementsAre("a1000000: a2 + a1 0-99", "b1000000: b1 + b2 100-199"));
  EXPECT_EQ(map.role(0), "replica") << "a shard has one master";
  EXPECT_EQ(map.role(1), "master");
  const std::vector<std::string> back = {"a1 1 master 1", "a2 2 master 3 0-99",
                                         "b1 3 master 2 100-199", "b2 4 slave:b1 2"};
  EXPECT_THAT(shards_text(arranged(names, back)),
              ElementsAre("a1000000: a2 + a1 0-99", "b1000000: b1 + b2 100-199"))
      << "before it has heard that it was replaced";
  const std::vector<std::string> gone = {"a2 2 master 3 0-99", "b1 3 master 2 100-199",
                                         "b2 4 slave:b1 2"};
  EXPECT_THAT(shards_text(arranged(names, gone)),
              ElementsAre("a1000000: a2 0-99", "b1000000: b1 + b2 100-199"))
      << "when the node it was called after has been removed";
}

TEST(ClusterShardNames, StayWhenReplicasMoveToAnotherShard) {
  ShardNames names;
  arranged(names,
           {"a1 1 master 1 0-99", "b1 3 master 2 100-199", "b2 4 slave:b1 2", "b3 5 slave:b1 2"});
  EXPECT_THAT(shards_text(arranged(names, {"a1 1 master 1 0-99", "b1 3 master 2 100-199",
                                           "b2 4 slave:a1 1", "b3 5 slave:a1 1"})),
              ElementsAre("a1000000: a1 + b2 + b3 0-99", "b1000000: b1 100-199"));
}

TEST(ClusterShardNames, AMasterThatGaveItsSlotsAwayIsAShardStill) {
  ShardNames names;
  arranged(names, kTwoShards);
  EXPECT_THAT(shards_text(arranged(names, {"a1 1 master 1", "a2 2 slave:a1 1",
                                           "b1 3 master 2 0-199", "b2 4 slave:b1 2"})),
              ElementsAre("a1000000: a1 + a2", "b1000000: b1 + b2 0-199"));
  EXPECT_THAT(shards_text(arranged(names, {"a1 1 master 1", "a2 2 slave:b1 1",
                                           "b1 3 master 2 0-199", "b2 4 slave:b1 2"})),
              ElementsAre("a1000000: a1", "b1000000: b1 + a2 + b2 0-199"))
      << "when its replica has found another master, too";
}

TEST(ClusterShardNames, AFailedMasterThatWasNotReplacedIsItsShards) {
  ShardNames names;
  const ClusterMap map = arranged(names, {"a1 1 master,fail 1 0-99", "a2 2 slave:a1 1"});
  EXPECT_THAT(shards_text(map), ElementsAre("a1000000: a1 + a2 0-99"));
  EXPECT_EQ(map.role(0), "master");
}

TEST(ClusterShardNames, AServersShardIdTellsWhereAReplacedMasterBelongs) {
  ShardNames names;
  EXPECT_THAT(shards_text(arranged(names, {"a1 h:1@2,,shard-id=6911 master,fail 1",
                                           "a2 h:3@4,,shard-id=6911 master 2 0-99"})),
              ElementsAre("6911: a2 + a1 0-99"));
}

TEST(ClusterShardNames, AreGivenWhenThereAreSlots) {
  ShardNames early;
  arranged(early, {"a1 1 master 0", "a2 2 master 0"});
  ShardNames late;
  const std::vector<std::string> whole = {"a1 1 slave:a2 1", "a2 2 master 1 0-99"};
  EXPECT_EQ(shards_text(arranged(early, whole)), shards_text(arranged(late, whole)))
      << "whoever came while the cluster was made";
}

TEST(ClusterShardNames, AreHandedOn) {
  ShardNames former;
  arranged(former, {"a2 2 master 1 0-99"});
  arranged(former, {"a1 1 slave:a2 1", "a2 2 master 1 0-99"});
  ShardNames next(former.by_node());
  EXPECT_THAT(shards_text(arranged(next, {"a1 1 slave:a2 1", "a2 2 master 1 0-99"})),
              ElementsAre("a2000000: a2 + a1 0-99"));
}

TEST(ClusterMapTest, AHalfCreatedClusterIsShownAsItIs) {
  ShardNames names;
  const ClusterMap map = arranged(
      names, {"a1 1 myself,master 0", "b1 3 handshake 0", "c1 4 slave:dd 0", "c2 5 slave:dd 0"});
  EXPECT_THAT(shards_text(map), ElementsAre("a1000000: a1", "c1000000: nobody + c1 + c2"));
  EXPECT_EQ(map.role(1), "") << "a handshake is no node yet";
  EXPECT_EQ(map.shard(1), nullptr);
}

TEST(ClusterMapTest, ACircleOfReplicasEnds) {
  ShardNames names;
  EXPECT_THAT(arranged(names, {"a1 1 slave:a2 1", "a2 2 slave:a1 1", "a3 3 slave:a3 1"}).shards,
              SizeIs(3));
}

TEST(ClusterMapTest, ReplicasOfReplicasAreOfTheSameShard) {
  ShardNames names;
  EXPECT_THAT(
      shards_text(arranged(names, {"a1 1 master 1 0", "a2 2 slave:a1 1", "a3 3 slave:a2 1"})),
      ElementsAre("a1000000: a1 + a2 + a3 0"));
}

}  // namespace
}  // namespace hitwatch::topology
