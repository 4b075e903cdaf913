// A cluster as series and as targets.
#include "collectors/topology/cluster_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "collectors/topology/cluster_targets.h"
#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

std::map<std::string, double> samples_of(const std::vector<prometheus::MetricFamily>& families) {
  std::map<std::string, double> samples;
  for (const auto& family : families) {
    for (const auto& metric : family.metric) {
      std::string name = family.name.substr(std::string("redis_cluster_").size());
      for (const auto& label : metric.label) {
        if (label.name != "cluster") name += " " + label.value;
      }
      samples[name] = metric.gauge.value;
    }
  }
  return samples;
}

Observed seen(double keys, double memory, double ops) {
  Observed observed;
  observed.up = true;
  observed.keys = keys;
  observed.used_memory = memory;
  observed.ops_per_second = ops;
  return observed;
}

class ClusterFiguresTest : public testing::Test {
 protected:
  std::map<std::string, double> samples(const std::vector<std::string>& lines) {
    ShardNames names;
    const ClusterMap map = arranged(names, lines);
    return samples_of(cluster_metrics({name_, map, observations_, dissenting_, labels_, answers_}));
  }
  const std::string name_ = "orders";
  Observations observations_;
  std::size_t dissenting_ = 0;
  bool answers_ = true;
  metrics::Labels labels_;
};

TEST_F(ClusterFiguresTest, NodesShardsAndCoverage) {
  dissenting_ = 2;
  const auto found =
      samples({"a1 1 myself,master 1 0-99 200", "a2 2 slave,fail:a1 1", "a3 3 slave:a1 1",
               "b1 4 master,fail 2 100-199", "c1 :0@0 master,noaddr 0 201-210"});
  const auto expect = [&](const std::string& series, double value) {
    ASSERT_TRUE(found.contains(series)) << series;
    EXPECT_EQ(found.at(series), value) << series;
  };
  expect("node_info a1000000 a1 " + node_id("a1") + " master 0-99,200 master", 1);
  expect("node_info a1000000 a2 " + node_id("a2") + " replica  slave,fail", 1);
  expect("shard_slots a1000000", 101);
  expect("shard_replicas a1000000", 1);
  expect("slots_covered", 101);
  expect("nodes_failed", 3);
  expect("disagreement", 2);
}

TEST_F(ClusterFiguresTest, AReplicaWithoutAnAddressIsNone) {
  const auto found = samples({"a1 1 myself,master 1 0-99", "a2 :0@0 slave,noaddr:a1 1"});
  EXPECT_EQ(found.at("shard_replicas a1000000"), 0);
}

TEST_F(ClusterFiguresTest, WhatNobodyTellsAnyMoreIsLeftOut) {
  answers_ = false;
  const auto found = samples({"a1 1 myself,master 1 0-99", "a2 2 slave,fail:a1 1"});
  EXPECT_FALSE(found.contains("slots_covered"));
  EXPECT_FALSE(found.contains("nodes_failed"));
  EXPECT_FALSE(found.contains("disagreement"));
  EXPECT_EQ(found.at("shard_slots a1000000"), 100);
}

TEST_F(ClusterFiguresTest, FiguresOfAShardAreItsMastersThatAnswers) {
  observations_ = {{"a1", seen(30, 1000, 6)},
                   {"a2", seen(30, 900, 9)},
                   {"b1", seen(10, 500, 2)},
                   {"d1", seen(0, 100, 0)}};
  observations_["c1"].up = false;
  const auto found = samples({"a1 1 master 1 0-99", "a2 2 slave:a1 1", "b1 4 master 2 100-199",
                              "c1 5 master 3 200-299", "d1 6 master 4"});
  EXPECT_EQ(found.at("shard_keys a1000000"), 30);
  EXPECT_EQ(found.at("shard_memory_bytes b1000000"), 500);
  EXPECT_EQ(found.at("shard_ops_per_second a1000000"), 6);
  EXPECT_FALSE(found.contains("shard_keys c1000000"));
  EXPECT_EQ(found.at("imbalance_ratio keys"), 1.5) << "shards without slots are no part of it";
  EXPECT_EQ(found.at("imbalance_ratio ops"), 1.5);
  EXPECT_EQ(found.at("imbalance_ratio slots"), 1);
}

TEST_F(ClusterFiguresTest, NothingIsNotOutOfBalance) {
  observations_ = {{"a1", seen(0, 1000, 0)}, {"b1", seen(0, 1000, 0)}};
  const auto found = samples({"a1 1 master 1 0-99", "b1 4 master 2 100-199"});
  EXPECT_FALSE(found.contains("imbalance_ratio keys"));
  EXPECT_EQ(found.at("imbalance_ratio memory"), 1);
}

TEST_F(ClusterFiguresTest, HaveTheConfiguredLabels) {
  labels_ = {{"env", "prod"}, {"shard", "mine"}};
  const auto found = samples({"a1 1 master 1 0-99"});
  EXPECT_EQ(found.at("slots_covered prod mine"), 100);
  EXPECT_EQ(found.at("shard_slots a1000000 prod"), 100) << "no label twice";
}

TEST_F(ClusterFiguresTest, EveryFamilyIsDescribed) {
  ShardNames names;
  const ClusterMap map = arranged(names, {"a1 1 master 1 0-99"});
  std::vector<std::string> described;
  for (const auto& about : cluster_descriptions()) described.emplace_back(about.name);
  for (const auto& family : cluster_metrics({name_, map, observations_, 0, labels_})) {
    EXPECT_THAT(described, Contains(family.name));
  }
}

class ClusterTargetsTest : public testing::Test {
 protected:
  ClusterTargetsTest() {
    options_.name = "orders";
    options_.login.username = "watcher";
    options_.login.password.literal = "open sesame";
    options_.labels = {{"env", "prod"}};
  }
  std::vector<redis::Target> targets(const std::vector<std::string>& lines,
                                     bool failures_known = true) {
    const net::RedisUrl asked = net::parse_redis_url("redis://seed.example:6379").value();
    ClusterView view = view_of(lines);
    const auto reached = node_targets(view, asked, options_);
    std::vector<std::string> instances;
    for (const auto& target : reached) instances.push_back(target ? target->name() : "");
    ShardNames names;
    return placed_targets(names.arrange(std::move(view), std::move(instances)), reached, options_,
                          failures_known);
  }
  ClusterOptions options_;
};

TEST_F(ClusterTargetsTest, HaveTheClustersLoginLabelsAndTheirPlace) {
  const auto found = targets({"a1 7001 master 1 0-99", "a2 7002 slave:a1 1"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name(), "127.0.0.1:7001");
  EXPECT_EQ(found[0].username, "watcher");
  EXPECT_EQ(found[0].password.literal, "open sesame");
  EXPECT_THAT(found[0].labels,
              ElementsAre(metrics::Label{"env", "prod"}, metrics::Label{"cluster", "orders"},
                          metrics::Label{"shard", "a1000000"}));
  EXPECT_EQ(found[0].place, (redis::Place{"orders", "master", "", "a1000000"}));
  EXPECT_EQ(found[1].place, (redis::Place{"orders", "replica", "", "a1000000"}));
}

TEST_F(ClusterTargetsTest, KeepTheLabelsThatTheConfigurationGives) {
  options_.labels = {{"cluster", "mine"}};
  EXPECT_THAT(targets({"a1 7001 master 1 0-99"})[0].labels,
              ElementsAre(metrics::Label{"cluster", "mine"}, metrics::Label{"shard", "a1000000"}));
}

TEST_F(ClusterTargetsTest, BehindNatKeepTheirNames) {
  options_.address_map = {{"10.0.0.1", "127.0.0.1"}, {"10.0.0.2:7002", "127.0.0.1:9002"}};
  const auto found = targets({"a1 10.0.0.1:7001@1 master 1 0-99", "a2 10.0.0.2:7002@1 slave:a1 1"});
  EXPECT_EQ(found[0].name(), "10.0.0.1:7001");
  EXPECT_EQ(found[0].url.address(), "127.0.0.1:7001");
  EXPECT_EQ(found[1].name(), "10.0.0.2:7002");
  EXPECT_EQ(found[1].url.address(), "127.0.0.1:9002");
}

TEST_F(ClusterTargetsTest, ThatFailedOrHaveNotJoinedAreNotPolled) {
  const std::vector<std::string> lines = {"a1 7001 master,fail 1 0-99", "a2 7002 slave:a1 1",
                                          "a3 7003 handshake 0", "a4 :0@0 master,noaddr 1"};
  const auto found = targets(lines);
  ASSERT_EQ(found.size(), 3U) << "what has no address is no target";
  EXPECT_NE(found[0].place.failed, "");
  EXPECT_EQ(found[1].place.failed, "");
  EXPECT_NE(found[2].place.failed, "");
  EXPECT_EQ(targets(lines, false)[0].place.failed, "") << "nobody says so any more";
}

TEST_F(ClusterTargetsTest, OfTwoNodesAtOneAddressTheOneThatIsThere) {
  const auto found = targets(
      {"a1 7001 master,fail 9", "b1 7001 slave:c1 2", "c1 7002 master 2 0", "d1 7002 handshake 0"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].place, (redis::Place{"orders", "replica", "", "b1000000"}));
  EXPECT_EQ(found[1].place, (redis::Place{"orders", "master", "", "b1000000"}));
}

}  // namespace
}  // namespace hitwatch::topology
