// Who replicates from whom, by what the servers say: shown as lines, a blank for each step down.
#include "agent/replication.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/replication_api.h"
#include "agent/replication_metrics.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using redis::ListedReplica;
using redis::MasterLink;
using redis::Replication;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

ReplicatedServer server(const std::string& name, const std::string& host, Replication facts,
                        int port = 6379) {
  ReplicatedServer made;
  made.name = name;
  made.host = host;
  made.peer = host;
  made.port = port;
  made.state = "up";
  if (facts.tcp_port == 0) facts.tcp_port = port;
  if (facts.id.empty()) facts.id = "id-1";
  made.latest = made.known = made.earlier = std::make_shared<const Replication>(std::move(facts));
  return made;
}

Replication master(std::vector<ListedReplica> replicas, std::int64_t offset = 1000) {
  Replication facts;
  facts.role = "master";
  facts.offset = offset;
  facts.connected = static_cast<std::int64_t>(replicas.size());
  facts.replicas = std::move(replicas);
  return facts;
}
ListedReplica listed(const std::string& host, std::int64_t offset = 1000, int port = 6379) {
  return {host, port, "online", offset, 0};
}
Replication replica_of(const std::string& host, int port = 6379, bool up = true) {
  Replication facts;
  facts.role = "slave";
  facts.offset = 990;
  facts.connected = 0;
  MasterLink link;
  link.host = host;
  link.port = port;
  link.up = up;
  link.last_io = up ? 2 : -1;
  link.down_since = up ? -1 : 42;
  link.offset = 990;
  facts.masters.push_back(link);
  return facts;
}
Replication and_lists(Replication facts, std::vector<ListedReplica> replicas) {
  facts.connected = static_cast<std::int64_t>(replicas.size());
  facts.replicas = std::move(replicas);
  return facts;
}
void goes_down(ReplicatedServer& server) {
  server.state = "down";
  server.latest = nullptr;
}

std::vector<std::string> lines(const ReplicationForest& forest) {
  std::vector<std::string> all;
  for (const ReplicationTree& tree : forest.trees) {
    for (const ReplicationRow& row : tree.rows) {
      std::string line(row.depth, ' ');
      line += row.name;
      if (row.server == ReplicationRow::kNone) line += " (not watched)";
      if (row.again) line += " (again)";
      all.push_back(std::move(line));
    }
  }
  return all;
}
std::vector<std::string> problems(const ReplicationForest& forest) {
  std::vector<std::string> all;
  for (const ReplicationTree& tree : forest.trees) {
    for (const ReplicationRow& row : tree.rows) {
      all.insert(all.end(), row.problems.begin(), row.problems.end());
    }
  }
  return all;
}
const ReplicationLink& only_link(const ReplicationForest& forest) {
  EXPECT_EQ(forest.links.links.size(), 1U);
  return forest.links.links.at(0);
}
bool any_unlisted(const ReplicationForest& forest) {
  return std::ranges::any_of(forest.links.links, &ReplicationLink::unlisted);
}

TEST(Replication, AMasterItsReplicasAndTheirs) {
  const auto forest = replication_forest(
      {server("c", "10.0.0.3", replica_of("10.0.0.2")),
       server("a", "10.0.0.1", master({listed("10.0.0.2"), listed("10.0.0.4")})),
       server("b", "10.0.0.2", and_lists(replica_of("10.0.0.1"), {listed("10.0.0.3")})),
       server("d", "10.0.0.4", replica_of("10.0.0.1")), server("e", "10.0.0.5", master({}))});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", "  c", " d"));
  EXPECT_THAT(problems(forest), IsEmpty());
  EXPECT_EQ(forest.standalone, 1U);
}

TEST(Replication, LagIsWhatTheMasterSeesOfItsReplica) {
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", master({{"10.0.0.2", 6379, "online", 930, 3}}, 1000)),
       server("b", "10.0.0.2", replica_of("10.0.0.1"))});
  EXPECT_EQ(only_link(forest).lag_bytes, 70);
  EXPECT_EQ(only_link(forest).lag_bytes_from, LagSource::kMaster);
  EXPECT_EQ(only_link(forest).lag_seconds, 3);
  EXPECT_EQ(only_link(forest).lag_seconds_from, LagSource::kMaster);
}

TEST(Replication, WhileACopyIsSentItsOffsetMeansNothing) {
  auto b = replica_of("10.0.0.1", 6379, false);
  b.masters[0].syncing = true;
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", master({{"10.0.0.2", 6379, "send_bulk", 0, 0}}, 1'000'000)),
       server("b", "10.0.0.2", b)});
  EXPECT_EQ(only_link(forest).lag_bytes, -1);
  EXPECT_EQ(only_link(forest).listed_state, "send_bulk");
  EXPECT_EQ(only_link(forest).lag_seconds, 42) << "since the link broke";
  EXPECT_THAT(problems(forest),
              ElementsAre("b's link to a is down for 42 s; a full copy is on its way."));
}

// A hung replica answers nobody, and its master sees it fall behind.
TEST(Replication, OfAReplicaThatIsDownItsMasterTells) {
  std::vector<ReplicatedServer> servers = {
      server("a", "10.0.0.1", master({{"10.0.0.2", 6379, "online", 500, 17}}, 1000)),
      server("b", "10.0.0.2", replica_of("10.0.0.1"))};
  goes_down(servers[1]);
  const auto forest = replication_forest(servers);
  EXPECT_THAT(lines(forest), ElementsAre("a", " b"));
  EXPECT_EQ(only_link(forest).lag_bytes, 500);
  EXPECT_EQ(only_link(forest).lag_seconds, 17);
  EXPECT_FALSE(any_unlisted(forest));
  EXPECT_THAT(problems(forest), ElementsAre("b does not answer."));
}

TEST(Replication, BelowAMasterThatIsDownItsReplicasStay) {
  std::vector<ReplicatedServer> servers = {
      server("a", "10.0.0.1", master({listed("10.0.0.2")})),
      server("b", "10.0.0.2", replica_of("10.0.0.1", 6379, false))};
  goes_down(servers[0]);
  const auto forest = replication_forest(servers);
  EXPECT_THAT(lines(forest), ElementsAre("a", " b"));
  EXPECT_EQ(only_link(forest).lag_seconds, 42);
  EXPECT_EQ(only_link(forest).lag_seconds_from, LagSource::kReplica);
  EXPECT_FALSE(any_unlisted(forest)) << "who is down lists nobody";
}

TEST(Replication, AMasterElsewhereIsTheRootAtItsAddress) {
  const auto forest = replication_forest({server("b", "10.0.0.2", replica_of("172.16.0.1", 6380)),
                                          server("c", "10.0.0.3", replica_of("172.16.0.1", 6380)),
                                          server("d", "10.0.0.4", replica_of("fd00::1", 6380))});
  EXPECT_THAT(lines(forest), ElementsAre("172.16.0.1:6380 (not watched)", " b", " c",
                                         "[fd00::1]:6380 (not watched)", " d"));
  EXPECT_EQ(forest.links.links[0].lag_seconds, 2);
  EXPECT_EQ(forest.links.links[0].lag_bytes, -1);
  EXPECT_THAT(problems(forest), IsEmpty());
}

TEST(Replication, ReplicasThatAreNotWatchedAreShown) {
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", master({listed("10.0.0.2", 990), listed("10.0.0.9", 900)})),
       server("b", "10.0.0.2", replica_of("10.0.0.1"))});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", " 10.0.0.9:6379 (not watched)"));
  ASSERT_EQ(forest.links.unwatched.size(), 1U);
  EXPECT_EQ(forest.links.unwatched[0].lag_bytes, 100);
}

TEST(Replication, NamesAndAddressesAreMatchedByTheConnection) {
  auto a = server("redis-a", "redis-a", master({listed("172.18.0.3")}));
  a.peer = "172.18.0.2";
  auto b = server("Redis-B:6379", "redis-b", replica_of("REDIS-A"));
  b.peer = "172.18.0.3";
  auto c = server("c", "redis-c", replica_of("172.18.0.2"));
  const auto forest = replication_forest({a, b});
  EXPECT_THAT(lines(forest), ElementsAre("redis-a", " Redis-B:6379"));
  EXPECT_EQ(only_link(forest).lag_bytes_from, LagSource::kMaster);
  EXPECT_THAT(lines(replication_forest({a, c})), ElementsAre("redis-a", " c"))
      << "who is listed at an address that leads nowhere is held for the one who is missing";
}

TEST(Replication, TheLoopbackIsThatOfWhoSaysIt) {
  const auto forest =
      replication_forest({server("a", "10.0.0.1", master({listed("127.0.0.1", 1000, 6380)})),
                          server("b", "10.0.0.1", replica_of("127.0.0.1", 6379), 6380),
                          server("c", "10.0.0.2", master({listed("127.0.0.1", 1000, 6380)})),
                          server("d", "10.0.0.2", replica_of("localhost", 6379), 6380)});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", "c", " d"));
  EXPECT_FALSE(any_unlisted(forest));
  EXPECT_THAT(forest.links.unwatched, IsEmpty());
}

TEST(Replication, BehindMappedAddressesTheReplicationIdTells) {
  Replication a = master({listed("172.18.0.3"), listed("172.18.0.4", 900)});
  a.tcp_port = 6379;
  Replication other = master({listed("172.18.0.9")});
  other.id = "id-2";
  Replication b = replica_of("172.18.0.2");
  b.tcp_port = 6379;
  const auto forest =
      replication_forest({server("a", "127.0.0.1", a, 16379), server("b", "127.0.0.1", b, 16380),
                          server("other", "127.0.0.1", other, 26379)});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", " 172.18.0.4:6379 (not watched)", "other",
                                         " 172.18.0.9:6379 (not watched)"));
  EXPECT_FALSE(any_unlisted(forest)) << "it is one of the two that the master lists";
  EXPECT_EQ(only_link(forest).lag_bytes, 10);
  EXPECT_EQ(only_link(forest).lag_bytes_from, LagSource::kPolls);
  EXPECT_THAT(problems(forest), ElementsAre("a lists b as another address."));
}

TEST(Replication, AReplicaThatItsMasterDoesNotListIsPointedOut) {
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", master({})), server("b", "10.0.0.2", replica_of("10.0.0.1"))});
  EXPECT_TRUE(any_unlisted(forest));
  EXPECT_THAT(problems(forest),
              ElementsAre("b says that it replicates from a, which lists no such replica."));
}

// With two databases, or by a name beside an address that was discovered.
TEST(Replication, AReplicaUnderSeveralNamesIsListedUnderEach) {
  auto by_name = server("catalog", "localhost", replica_of("10.0.0.1"));
  by_name.peer = "10.0.0.2";
  for (const std::string known : {"10.0.0.2", "172.17.0.2"}) {
    const auto forest =
        replication_forest({server("a", "10.0.0.1", master({listed(known, 930)})),
                            server("db0", "10.0.0.2", replica_of("10.0.0.1")),
                            server("db1", "10.0.0.2", replica_of("10.0.0.1")), by_name});
    EXPECT_THAT(lines(forest), ElementsAre("a", " db0", " db1", " catalog")) << known;
    EXPECT_FALSE(any_unlisted(forest)) << known;
    for (const ReplicationLink& link : forest.links.links) {
      EXPECT_EQ(link.lag_bytes, 70) << known;
      EXPECT_EQ(link.listed_as, known == "10.0.0.2" ? "" : "172.17.0.2:6379");
    }
  }
}

TEST(Replication, BehindOneAddressEachTakesAnEntryOfItsOwn) {
  auto other = server("c", "10.0.0.2", replica_of("10.0.0.1"), 7002);
  auto facts = replica_of("10.0.0.1");
  facts.tcp_port = 6379;
  other.latest = other.known = other.earlier = std::make_shared<const Replication>(facts);
  const auto forest =
      replication_forest({server("a", "10.0.0.1", master({listed("10.0.0.2"), listed("10.0.0.3")})),
                          server("b", "10.0.0.2", replica_of("10.0.0.1"), 6379), other});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", " c"));
  EXPECT_FALSE(any_unlisted(forest));
}

TEST(Replication, NotToBeListedMustShowInTwoPolls) {
  std::vector<ReplicatedServer> servers = {server("a", "10.0.0.1", master({})),
                                           server("b", "10.0.0.2", replica_of("10.0.0.1"))};
  const auto not_yet = [&] { return !any_unlisted(replication_forest(servers)); };
  const auto before = servers;
  servers[0].earlier = nullptr;
  EXPECT_TRUE(not_yet()) << "the master was not asked before";
  servers = before;
  servers[1].earlier = nullptr;
  EXPECT_TRUE(not_yet()) << "nor the replica";
  servers = before;
  servers[0].earlier = std::make_shared<const Replication>(master({listed("10.0.0.2")}));
  EXPECT_TRUE(not_yet()) << "it was listed then";
  servers = before;
  servers[1].earlier = std::make_shared<const Replication>(replica_of("10.0.0.7"));
  EXPECT_TRUE(not_yet()) << "it claimed another then";
  servers = before;
  goes_down(servers[1]);
  EXPECT_TRUE(not_yet()) << "it claims nothing now";
}

TEST(Replication, APortThatNobodyListsExcusesNothing) {
  const auto with_entry = [](int port, bool up) {
    return any_unlisted(
        replication_forest({server("a", "10.0.0.1", master({listed("192.168.7.7", 1000, port)})),
                            server("b", "10.0.0.2", replica_of("10.0.0.1", 6379, up))}));
  };
  EXPECT_TRUE(with_entry(7777, true));
  EXPECT_FALSE(with_entry(6379, true)) << "it may be listed under another address";
  EXPECT_TRUE(with_entry(6379, false)) << "but not if its link is down";
}

TEST(Replication, AListThatIsCutSaysNothingOfThoseLeftOut) {
  Replication a = master({});
  a.connected = 20'000;
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", a), server("b", "10.0.0.2", replica_of("10.0.0.1"))});
  EXPECT_FALSE(any_unlisted(forest));
}

TEST(Replication, CirclesAreShownOnceAround) {
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", and_lists(replica_of("10.0.0.3"), {listed("10.0.0.2")})),
       server("b", "10.0.0.2", and_lists(replica_of("10.0.0.1"), {listed("10.0.0.3")})),
       server("c", "10.0.0.3", and_lists(replica_of("10.0.0.2"), {listed("10.0.0.1")})),
       server("d", "10.0.0.4", replica_of("10.0.0.4"))});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", "  c", "   a (again)", "d", " d (again)"));
  EXPECT_THAT(problems(forest).front(), HasSubstr("in a circle"));
}

TEST(Replication, AServerWithSeveralMastersStandsBelowEach) {
  const auto active = [](std::vector<std::string> hosts, std::vector<ListedReplica> replicas) {
    Replication facts = and_lists(replica_of(hosts.front()), std::move(replicas));
    facts.role = "active-replica";
    for (std::size_t i = 1; i < hosts.size(); ++i) {
      facts.masters.push_back(replica_of(hosts[i]).masters[0]);
    }
    return facts;
  };
  const auto forest = replication_forest(
      {server("a", "10.0.0.1",
              active({"10.0.0.2", "10.0.0.3"}, {listed("10.0.0.2"), listed("10.0.0.3")})),
       server("b", "10.0.0.2",
              active({"10.0.0.1", "10.0.0.3"}, {listed("10.0.0.1"), listed("10.0.0.3")})),
       server("c", "10.0.0.3",
              active({"10.0.0.1", "10.0.0.2"}, {listed("10.0.0.1"), listed("10.0.0.2")}))});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b", "  a (again)", "  c", "   a (again)",
                                         "   b (again)", " c (again)"));
  EXPECT_THAT(problems(forest), IsEmpty());
  EXPECT_EQ(forest.links.links.size(), 6U);
}

TEST(Replication, AMasterThatIsNamedTwiceIsOne) {
  Replication twice = replica_of("10.0.0.1");
  twice.masters.push_back(replica_of("a").masters[0]);
  twice.masters.push_back(replica_of("10.9.9.9", 6379, false).masters[0]);
  twice.masters.push_back(replica_of("10.9.9.9", 6379, false).masters[0]);
  auto a = server("a", "a", master({listed("10.0.0.2")}));
  a.peer = "10.0.0.1";
  const auto forest = replication_forest({a, server("b", "10.0.0.2", twice)});
  EXPECT_EQ(forest.links.links.size(), 2U);
  EXPECT_FALSE(any_unlisted(forest));
}

TEST(Replication, WhatAGroupHoldsAServerForIsComparedWithItsWord) {
  std::vector<ReplicatedServer> servers = {server("a", "10.0.0.1", master({})),
                                           server("b", "10.0.0.2", master({})),
                                           server("c", "10.0.0.3", Replication())};
  servers[0].group = servers[1].group = servers[2].group = "orders";
  servers[0].role = "master";
  servers[1].role = servers[2].role = "replica";
  servers[2].state = "unknown";
  servers[2].latest = servers[2].known = servers[2].earlier = nullptr;
  const auto forest = replication_forest(servers);
  EXPECT_THAT(lines(forest), ElementsAre("a", " c", "b"));
  EXPECT_THAT(problems(forest),
              ElementsAre("b says that it is a master, and its group that it is a replica."));
}

// After a failover: what it last said of itself is over.
TEST(Replication, AFormerMasterThatIsDownStandsBelowTheNewOne) {
  std::vector<ReplicatedServer> servers = {server("a", "10.0.0.1", master({listed("10.0.0.2")})),
                                           server("b", "10.0.0.2", master({}))};
  servers[0].group = servers[1].group = "orders";
  servers[0].role = "replica";
  servers[1].role = "master";
  EXPECT_THAT(lines(replication_forest(servers)), ElementsAre("a", "b")) << "while it says so";
  goes_down(servers[0]);
  EXPECT_THAT(lines(replication_forest(servers)), ElementsAre("b", " a"));
}

// Sentinels of two regions may watch masters of the same name.
TEST(Replication, GroupsOfTwoSourcesAreTwo) {
  std::vector<ReplicatedServer> servers = {server("eu1", "10.0.0.1", master({})),
                                           server("us1", "10.1.0.1", master({})),
                                           server("us2", "10.1.0.2", Replication())};
  goes_down(servers[2]);
  servers[2].known = servers[2].earlier = nullptr;
  for (ReplicatedServer& one : servers) {
    one.group = "orders";
    one.role = one.name.ends_with("1") ? "master" : "replica";
    one.source = one.name.starts_with("eu") ? "sentinel:10.0.0.9:26379" : "sentinel:10.1.0.9:26379";
  }
  const auto forest = replication_forest(servers);
  EXPECT_THAT(lines(forest), ElementsAre("eu1", "us1", " us2"));
  ASSERT_EQ(forest.trees.size(), 2U);
  EXPECT_EQ(forest.trees[0].problems, 0U);
  EXPECT_EQ(forest.trees[1].problems, 1U);
  web::Request request;
  request.query = {{"group", "orders"}, {"source", "sentinel:10.1.0.9:26379"}};
  const json trees = json::parse(answer_replication(request, forest).body)["data"]["trees"];
  ASSERT_EQ(trees.size(), 1U);
  EXPECT_EQ(trees[0]["servers"][0]["name"], "us1");
  EXPECT_EQ(trees[0]["source"], "sentinel:10.1.0.9:26379");
}

TEST(Replication, SentinelsHaveNoPartInIt) {
  auto sentinel = server("s", "10.0.0.9", Replication(), 26379);
  const auto plain = replication_forest({sentinel});
  sentinel.group = "orders";
  sentinel.role = "sentinel";
  const auto placed = replication_forest({sentinel});
  EXPECT_THAT(lines(plain), IsEmpty());
  EXPECT_THAT(lines(placed), IsEmpty());
  EXPECT_EQ(plain.standalone + placed.standalone, 0U);
}

TEST(Replication, AServerThatOnlyItsMasterKnowsIsBelowIt) {
  auto b = server("b", "10.0.0.2", Replication());
  b.latest = b.known = b.earlier = nullptr;
  b.state = "down";
  const auto forest =
      replication_forest({server("a", "10.0.0.1", master({listed("10.0.0.2", 900)})), b});
  EXPECT_THAT(lines(forest), ElementsAre("a", " b"));
  EXPECT_EQ(only_link(forest).lag_bytes, 100);
  EXPECT_FALSE(only_link(forest).told);
}

TEST(Replication, AReplicaThatHasGoneIsNotShownTwice) {
  const auto forest = replication_forest({server("a", "10.0.0.1", master({listed("10.0.0.3")})),
                                          server("b", "10.0.0.2", master({listed("10.0.0.3")})),
                                          server("c", "10.0.0.3", replica_of("10.0.0.2"))});
  EXPECT_THAT(lines(forest), ElementsAre("b", " c")) << "the master before has yet to notice";
}

// A star, a chain, and no end of masters that are not there: each as large as it may get.
TEST(Replication, ThousandsAreNoMatter) {
  constexpr int kMany = 5000;
  const auto host = [](int i) { return fmt::format("10.{}.{}.1", i / 250, i % 250); };
  std::vector<ReplicatedServer> star;
  std::vector<ReplicatedServer> chain;
  std::vector<ReplicatedServer> away;
  std::vector<ListedReplica> all;
  for (int i = 1; i < kMany; ++i) {
    star.push_back(server("s" + std::to_string(i), host(i), replica_of(host(0))));
    all.push_back(listed(host(i)));
    chain.push_back(server("c" + std::to_string(i), host(i),
                           and_lists(replica_of(host(i - 1)), {listed(host(i + 1))})));
    away.push_back(server("w" + std::to_string(i), host(i),
                          and_lists(replica_of("away", i), {listed("nobody", 1, i)})));
  }
  star.push_back(server("root", host(0), master(all)));
  chain.push_back(server("root", host(0), master({listed(host(1))})));
  const auto broad = replication_forest(std::move(star));
  EXPECT_EQ(broad.trees.size(), 1U);
  EXPECT_EQ(lines(broad).size(), static_cast<std::size_t>(kMany));
  EXPECT_THAT(problems(broad), IsEmpty());
  const auto deep = replication_forest(std::move(chain));
  ASSERT_EQ(deep.trees.size(), 1U);
  EXPECT_EQ(deep.trees[0].rows.back().depth, static_cast<std::size_t>(kMany));
  EXPECT_EQ(replication_forest(std::move(away)).trees.size(), static_cast<std::size_t>(kMany - 1));
}

TEST(ReplicationMetrics, OfEachLinkAndServer) {
  auto c = replica_of("10.0.0.1");
  const auto forest = replication_forest(
      {server("a", "10.0.0.1",
              master({{"10.0.0.2", 6379, "online", 930, 3}, {"10.0.0.9", 6380, "online", 900, 5}})),
       server("b", "10.0.0.2", replica_of("10.0.0.1")), server("c", "10.0.0.3", c),
       server("alone", "10.0.0.4", master({}))});
  const auto texts = [&](std::string_view name_space, bool instance) {
    std::vector<std::string> all;
    for (const auto& family : replication_metrics(forest, name_space, instance)) {
      for (const auto& metric : family.metric) {
        std::string labels;
        for (const auto& label : metric.label) {
          labels += (labels.empty() ? "" : ",") + label.name + "=" + label.value;
        }
        all.push_back(fmt::format("{}{{{}}} {}", family.name, labels, metric.gauge.value));
      }
    }
    return all;
  };
  EXPECT_THAT(texts("redis", true),
              UnorderedElementsAre("redis_replication_lag_bytes{instance=b,master=a} 70",
                                   "redis_replication_lag_bytes{instance=c,master=a} 10",
                                   "redis_replication_lag_seconds{instance=b,master=a} 3",
                                   "redis_replication_lag_seconds{instance=c,master=a} 2",
                                   "redis_replication_unlisted{instance=c,master=a} 1",
                                   "redis_replication_unwatched{instance=a,slave_ip=10.0.0.9,"
                                   "slave_port=6380} 1",
                                   "redis_replication_depth{instance=a} 0",
                                   "redis_replication_depth{instance=b} 1",
                                   "redis_replication_depth{instance=c} 1"));
  EXPECT_THAT(texts("cache", false), testing::Contains("cache_replication_unlisted{master=a} 1"));
}

TEST(ReplicationMetrics, HaveTheLabelsOfTheServersOtherSeries) {
  ReplicatedServer replica = server("b", "10.0.0.2", replica_of("10.0.0.1"));
  replica.labels = {{"cluster", "shop"}, {"master", "of theirs"}, {"role", "replica"}};
  const auto forest = replication_forest(
      {server("a", "10.0.0.1", master({{"10.0.0.2", 6379, "online", 930, 3}})), replica});
  for (const auto& family : replication_metrics(forest, "redis", true)) {
    const auto of_replica = std::ranges::find_if(
        family.metric, [](const auto& metric) { return metric.label.at(0).value == "b"; });
    ASSERT_NE(of_replica, family.metric.end()) << family.name;
    std::vector<std::string> labels;
    for (const auto& label : of_replica->label) labels.push_back(label.name + "=" + label.value);
    if (family.name == "redis_replication_depth") {
      EXPECT_THAT(labels, testing::ElementsAre("instance=b", "cluster=shop", "master=of theirs",
                                               "role=replica"));
    } else {
      EXPECT_THAT(labels,
                  testing::ElementsAre("instance=b", "cluster=shop", "role=replica", "master=a"))
          << family.name;
    }
  }
}

class ReplicationApi : public testing::Test {
 protected:
  json answer(std::vector<web::Header> query = {}) const {
    web::Request request;
    request.method = "GET";
    request.query = std::move(query);
    return json::parse(answer_replication(request, forest).body)["data"];
  }
  static std::vector<std::string> roots(const json& data) {
    std::vector<std::string> names;
    for (const json& tree : data["trees"]) names.push_back(tree["servers"][0]["name"]);
    return names;
  }

  ReplicationForest forest =
      replication_forest({server("a", "10.0.0.1", master({listed("10.0.0.2", 930)})),
                          server("b", "10.0.0.2", replica_of("10.0.0.1")),
                          server("\xff", "10.0.0.3", replica_of("10.9.9.9", 6379, false)),
                          server("alone", "10.0.0.4", master({}))});
};

TEST_F(ReplicationApi, ListsTreesFromTheRootDown) {
  const json data = answer();
  EXPECT_EQ(data["total"], 2);
  EXPECT_EQ(data["problems"], 1);
  EXPECT_EQ(data["standalone"], 1);
  const json& rows = data["trees"][0]["servers"];
  EXPECT_EQ(rows[0]["role"], "master");
  EXPECT_EQ(rows[0]["offset"], 1000);
  EXPECT_EQ(rows[0]["link"], nullptr);
  EXPECT_EQ(rows[0]["fullSyncs"], nullptr) << "it did not say";
  EXPECT_EQ(rows[1]["depth"], 1);
  EXPECT_EQ(rows[1]["role"], "replica");
  EXPECT_EQ(rows[1]["link"]["master"], "a");
  EXPECT_EQ(rows[1]["link"]["state"], "up");
  EXPECT_EQ(rows[1]["link"]["lagBytes"], 70);
  EXPECT_EQ(rows[1]["link"]["lagBytesFrom"], "master");
  EXPECT_EQ(rows[1]["link"]["unlisted"], false);
  const json& away = data["trees"][1]["servers"];
  EXPECT_EQ(away[0]["watched"], false);
  EXPECT_EQ(away[1]["name"], "\xEF\xBF\xBD");
  EXPECT_EQ(away[1]["link"]["downSeconds"], 42);
  EXPECT_THAT(away[1]["problems"][0], HasSubstr("link to 10.9.9.9:6379 is down for 42 s"));
}

TEST_F(ReplicationApi, ForHowLongALinkIsDownIsNotSaidOfThePast) {
  goes_down(forest.servers[2]);
  const json data = answer();
  const json& link = data["trees"][1]["servers"][1]["link"];
  EXPECT_EQ(link["state"], "unknown");
  EXPECT_EQ(link["downSeconds"], nullptr);
}

TEST_F(ReplicationApi, ChoosesTrees) {
  EXPECT_THAT(roots(answer({{"target", "b"}})), ElementsAre("a"));
  EXPECT_THAT(roots(answer({{"group", "orders"}})), IsEmpty());
  EXPECT_THAT(roots(answer({{"limit", "1"}})), ElementsAre("10.9.9.9:6379"))
      << "the one with a problem comes first";
  EXPECT_EQ(answer({{"limit", "1"}})["total"], 2);
}

}  // namespace
}  // namespace hitwatch
