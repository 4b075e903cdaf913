// Keys of servers that were discovered are counted once, whoever of a shard is there.
#include "agent/keyspace_place.h"

#include <gtest/gtest.h>

#include <list>
#include <string>
#include <vector>

namespace hitwatch {
namespace {

class KeyspacePlace : public testing::Test {
 protected:
  const redis::Target& add(const std::string& name, const std::string& shard,
                           const std::string& role, bool failed = false,
                           const std::string& group = "orders") {
    redis::Target& target = targets_.emplace_back();
    target.alias = name;
    target.place = {group, role, failed ? "it failed" : "", shard};
    return target;
  }
  std::vector<Peer> peers_of(const redis::Target& own) const {
    std::vector<Peer> peers;
    for (const redis::Target& target : targets_) {
      if (&target != &own) peers.push_back({.target = &target});
    }
    return peers;
  }
  // The names of those that are checked.
  std::vector<std::string> checked(bool on_masters = true) const {
    std::vector<std::string> names;
    for (const redis::Target& target : targets_) {
      if (is_checked_at(target, peers_of(target), on_masters)) names.push_back(target.name());
    }
    return names;
  }
  bool counted_with_master(const redis::Target& own) const {
    return has_master_among(own, peers_of(own));
  }
  using Names = std::vector<std::string>;

  std::list<redis::Target> targets_;
};

TEST_F(KeyspacePlace, EachShardIsCheckedOnce) {
  add("a2", "a", "replica");
  add("a1", "a", "master");
  add("a3", "a", "replica");
  add("b1", "b", "master");
  EXPECT_EQ(checked(), (Names{"a1", "b1"}));
  EXPECT_EQ(checked(false), (Names{"a2", "b1"})) << "where there are replicas, one of them";
}

TEST_F(KeyspacePlace, AReplicaStandsInForAMasterThatFailed) {
  add("a1", "a", "master", true);
  add("a3", "a", "replica");
  add("a2", "a", "replica", true);
  EXPECT_EQ(checked(), (Names{"a3"}));
}

TEST_F(KeyspacePlace, WhereAllHaveFailedOneSaysSo) {
  add("a1", "a", "master", true);
  add("a2", "a", "replica", true);
  EXPECT_EQ(checked(), (Names{"a1"}));
}

TEST_F(KeyspacePlace, OthersAreAllChecked) {
  add("a1", "", "master", false, "one");
  add("a2", "", "replica", false, "one");
  add("b1", "", "master", false, "two");
  add("c1", "", "", false, "");
  add("c2", "", "", false, "");
  add("d1", "", "master", false, "");
  EXPECT_EQ(checked(), (Names{"a1", "b1", "c1", "c2", "d1"}));
}

TEST_F(KeyspacePlace, ReplicasAreCountedWithTheirShardsMaster) {
  const auto& replica = add("a2", "a", "replica");
  EXPECT_FALSE(counted_with_master(replica));
  const auto& other = add("b1", "b", "master");
  EXPECT_FALSE(counted_with_master(replica));
  EXPECT_FALSE(counted_with_master(other));
  targets_.pop_back();
  add("a1", "a", "master", true);
  EXPECT_FALSE(counted_with_master(replica)) << "one that failed says nothing";
  targets_.pop_back();
  add("a1", "a", "master");
  EXPECT_TRUE(counted_with_master(replica));
}

}  // namespace
}  // namespace hitwatch
