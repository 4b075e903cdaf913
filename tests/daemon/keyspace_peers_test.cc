// Who of many targets is asked about the keys of one.
#include "agent/keyspace_peers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch {
namespace {

using Numbers = std::vector<std::size_t>;

redis::Target target(int number, const std::string& group = "", const std::string& shard = "") {
  redis::Target made;
  made.url.host = "10.0.0." + std::to_string(number);
  made.place = {.group = group, .role = "replica", .failed = "", .shard = shard};
  return made;
}

Replication of_id(const std::string& id) {
  Replication said;
  said.id = id;
  return said;
}

TEST(KeyspacePeers, AreThoseOfTheSameGroupAndShard) {
  KeyspacePeers peers;
  peers.add(target(0, "shop", "1a"), nullptr);
  peers.add(target(1, "shop", "2b"), nullptr);
  peers.add(target(2, "shop", "1a"), nullptr);
  peers.add(target(3, "orders", "1a"), nullptr);
  peers.add(target(4), nullptr);
  peers.add(target(5), nullptr);
  EXPECT_EQ(peers.of(0, nullptr), Numbers{2});
  EXPECT_EQ(peers.of(1, nullptr), Numbers{});
  EXPECT_EQ(peers.of(4, nullptr), Numbers{}) << "no group is none that others share";
}

TEST(KeyspacePeers, AreThoseThatLastSaidTheSameReplicationId) {
  KeyspacePeers peers;
  const Replication a = of_id("a");
  const Replication b = of_id("b");
  const Replication unknown;
  peers.add(target(0), &a);
  peers.add(target(1), nullptr);
  peers.add(target(2), &unknown);
  peers.add(target(3), &unknown);
  peers.note(1, &a);
  EXPECT_EQ(peers.of(0, &a), Numbers{1});
  EXPECT_EQ(peers.of(2, &unknown), Numbers{});
  peers.note(1, &b);
  EXPECT_EQ(peers.of(0, &a), Numbers{});
  peers.note(0, &b);
  EXPECT_EQ(peers.of(1, &b), Numbers{0});
  peers.note(0, nullptr);
  EXPECT_EQ(peers.of(1, &b), Numbers{});
}

TEST(KeyspacePeers, AreThoseAtAddressesThatItAnnounced) {
  KeyspacePeers peers;
  Replication master = of_id("a");
  master.replicas = {{"10.0.0.2", 6379}, {"10.0.0.1", 6380}, {"10.0.0.9", 6379}};
  peers.add(target(0), &master);
  peers.add(target(1), nullptr);
  peers.add(target(2), nullptr);
  EXPECT_EQ(peers.of(0, &master), Numbers{2});
}

TEST(KeyspacePeers, AreFewForEachOfThousands) {
  KeyspacePeers peers;
  constexpr std::size_t kTargets = 5000;
  std::vector<Replication> said;
  for (std::size_t i = 0; i < kTargets; ++i) said.push_back(of_id(std::to_string(i / 2)));
  for (std::size_t i = 0; i < kTargets; ++i) {
    peers.add(target(static_cast<int>(i), "shop", std::to_string(i / 2)), &said[i]);
  }
  for (std::size_t i = 0; i < kTargets; ++i) {
    ASSERT_EQ(peers.of(i, &said[i]), Numbers{i % 2 == 0 ? i + 1 : i - 1});
  }
}

}  // namespace
}  // namespace hitwatch
