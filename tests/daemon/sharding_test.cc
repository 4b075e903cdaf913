// Which daemon watches what: the same for ever, evenly, and with few moves when daemons are added.
#include "agent/sharding.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "agent/all_targets.h"

namespace hitwatch {
namespace {

std::vector<std::string> names(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) {
    all.push_back("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":6379");
  }
  return all;
}

// Computed once by another program. Were they to change, an update would move all targets between
// daemons.
TEST(Sharding, WeightsAreTheSameForEver) {
  EXPECT_EQ(shard_weight("", 1), 0xc3817c016ba4ff30U);
  EXPECT_EQ(shard_weight("10.0.0.1:6379", 1), 0x1e9cc22f8a7642a9U);
  EXPECT_EQ(shard_weight("10.0.0.1:6379", 2), 0x3360e86598270292U);
  EXPECT_EQ(shard_weight("orders", 1000), 0xc304cf983d5c5b42U);
  EXPECT_EQ(shard_of("10.0.0.1:6379", 5), 4);
  EXPECT_EQ(shard_of("orders", 5), 2);
  EXPECT_EQ(shard_of("cache", 7), 2);
}

TEST(Sharding, OneShardHasAll) {
  for (const std::string& name : names(100)) EXPECT_EQ(shard_of(name, 1), 1);
}

TEST(Sharding, ShardsAreAboutEven) {
  for (const int count : {2, 3, 5, 16}) {
    std::map<int, int> sizes;
    for (const std::string& name : names(10'000)) ++sizes[shard_of(name, count)];
    ASSERT_EQ(sizes.size(), static_cast<std::size_t>(count));
    for (const auto& [shard, size] : sizes) {
      EXPECT_NEAR(size, 10'000.0 / count, 0.1 * 10'000 / count) << shard << "/" << count;
    }
  }
}

TEST(Sharding, AShardMoreMovesItsPartAndNothingElse) {
  for (const int count : {1, 2, 4, 9}) {
    int moved = 0;
    for (const std::string& name : names(10'000)) {
      const int before = shard_of(name, count);
      const int after = shard_of(name, count + 1);
      if (before == after) continue;
      ++moved;
      EXPECT_EQ(after, count + 1) << name << " moves between shards that there were";
    }
    EXPECT_NEAR(moved, 10'000.0 / (count + 1), 0.1 * 10'000 / (count + 1)) << count;
  }
}

TEST(Sharding, WhatBelongsTogetherStaysTogether) {
  redis::Target target;
  target.url = net::parse_redis_url("redis://10.0.0.1:6379").value();
  EXPECT_EQ(shard_unit(target), "10.0.0.1:6379");
  target.alias = "catalog";
  EXPECT_EQ(shard_unit(target), "catalog");
  target.place.group = "orders";
  EXPECT_EQ(shard_unit(target), "orders");
}

class AllTargetsTest : public testing::Test {
 protected:
  static redis::Target target(const std::string& url, const std::string& alias = "") {
    redis::Target made = config::target_from_url(url).value();
    made.alias = alias;
    made.origin = "hitwatch.yaml:1:1";
    return made;
  }
  std::vector<std::string> chosen(const std::vector<redis::Target>& discovered = {}) {
    std::vector<std::string> found;
    const auto all = all_targets.choose(config, lists, discovered, same_servers);
    elsewhere = all.elsewhere;
    for (const redis::Target& one : all.targets) found.push_back(one.name());
    return found;
  }
  std::string logged() {
    std::string text = testing::internal::GetCapturedStderr();
    testing::internal::CaptureStderr();
    return text;
  }
  AllTargetsTest() { testing::internal::CaptureStderr(); }
  ~AllTargetsTest() override { testing::internal::GetCapturedStderr(); }

  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  config::Config config;
  TargetLists lists{log};
  AllTargets all_targets{log};
  SameServers same_servers{log};
  std::size_t elsewhere = 0;
};
using Names = std::vector<std::string>;

TEST_F(AllTargetsTest, AreTheConfigurationsBeforeThoseThatWereFound) {
  config.targets = {target("redis://10.0.0.1", "cache"), target("redis://10.0.0.2")};
  EXPECT_EQ(
      chosen({target("redis://10.0.0.1"), target("redis://10.0.0.3"), target("redis://10.0.0.3")}),
      (Names{"cache", "10.0.0.2:6379", "10.0.0.3:6379"}));
  EXPECT_EQ(logged(), "") << "a server that several sources name is no fault";
}

TEST_F(AllTargetsTest, AConfiguredOneTakesThePlaceOfTheServerThatWasFoundAtItsAddress) {
  config.targets = {target("redis://10.0.0.1", "catalog")};
  config.targets.front().labels = {{"env", "prod"}, {"shard", "mine"}};
  config.targets.front().username = "monitor";
  redis::Target found = target("redis://10.0.0.1");
  found.place = {.group = "shop", .role = "master", .failed = "", .shard = "1a"};
  found.labels = {{"team", "web"}, {"cluster", "shop"}, {"shard", "1a"}};
  found.username = "default";
  const auto all = all_targets.choose(config, lists, {found}, same_servers);
  ASSERT_EQ(all.targets.size(), 1U);
  const redis::Target& only = all.targets.front();
  EXPECT_EQ(only.place, found.place);
  EXPECT_EQ(only.name(), "catalog");
  EXPECT_EQ(only.username, "monitor");
  EXPECT_EQ(only.labels,
            (metrics::Labels{{"env", "prod"}, {"shard", "mine"}, {"cluster", "shop"}}));
}

TEST_F(AllTargetsTest, AConfiguredOneIsTheServerThatWasFoundAtAnotherAddress) {
  config.targets = {target("redis://cache.example", "catalog"),
                    target("redis://cache.example", "second")};
  redis::Target found = target("redis://10.0.0.1");
  found.place = {.group = "shop", .role = "master", .failed = "", .at = "10.0.0.1:6379"};
  found.labels = {{"cluster", "shop"}};
  EXPECT_EQ(chosen({found}), (Names{"catalog", "second", "10.0.0.1:6379"}));
  redis::TargetState state;
  state.up = true;
  state.run_id = "a";
  state.peer = "10.0.0.1";
  for (const redis::Target& one : config.targets) same_servers.polled(one, state);
  EXPECT_TRUE(same_servers.polled(found, state));
  EXPECT_EQ(chosen({found}), (Names{"catalog", "second"})) << "both databases, no more";
  const auto all = all_targets.choose(config, lists, {found}, same_servers);
  EXPECT_EQ(all.targets.front().place, found.place);
  EXPECT_EQ(all.targets.front().labels, found.labels);
}

// Who has a target is not to depend on what one of several daemons has seen.
TEST_F(AllTargetsTest, AServerOfAnotherShardStaysThere) {
  config.targets = {target("redis://cache.example", "catalog")};
  redis::Target found = target("redis://10.0.0.1");
  found.place.group = "shop";
  redis::TargetState state;
  state.up = true;
  state.run_id = "a";
  state.peer = "10.0.0.1";
  int times = 0;
  for (config.shard = {1, 7}; config.shard.number <= 7; ++config.shard.number) {
    SameServers of_daemon{log};
    static_cast<void>(all_targets.choose(config, lists, {found}, of_daemon));
    of_daemon.polled(config.targets.front(), state);
    of_daemon.polled(found, state);
    for (const redis::Target& one : all_targets.choose(config, lists, {found}, of_daemon).targets) {
      times += one.name() == "catalog" ? 1 : 0;
    }
  }
  EXPECT_EQ(times, 1);
}

// Nor is it counted twice where shards are shared: its place is that of the others of its group.
TEST_F(AllTargetsTest, AConfiguredOneIsOfTheShardOfItsGroup) {
  config.targets = {target("redis://10.1.0.0", "catalog")};
  std::vector<redis::Target> found;
  for (int i = 0; i < 6; ++i) {
    found.push_back(target("redis://10.1.0." + std::to_string(i)));
    found.back().place.group = "orders";
  }
  for (config.shard = {1, 7}; config.shard.number <= 7; ++config.shard.number) {
    const std::size_t part = chosen(found).size();
    EXPECT_TRUE(part == 0 || part == 6) << part;
  }
}

TEST_F(AllTargetsTest, ANameThatIsTakenIsToldOnceForAsLongAsItLasts) {
  config.targets = {target("redis://10.0.0.1", "cache"), target("redis://10.0.0.2", "cache")};
  config.targets.back().origin = "list.yaml:2:3";
  EXPECT_EQ(chosen(), Names{"cache"});
  const std::string text = logged();
  EXPECT_NE(text.find("its name is taken"), std::string::npos);
  EXPECT_NE(text.find("origin=list.yaml:2:3 taken_by=hitwatch.yaml:1:1"), std::string::npos)
      << text;
  chosen();
  EXPECT_EQ(logged(), "");
  config.targets.pop_back();
  chosen();
  config.targets.push_back(target("redis://10.0.0.2", "cache"));
  chosen();
  EXPECT_NE(logged().find("its name is taken"), std::string::npos);
}

TEST_F(AllTargetsTest, ManyNamesThatAreTakenAreToldInFewLines) {
  for (int i = 0; i < 1000; ++i) {
    config.targets.push_back(target("redis://10.0.0.1:" + std::to_string(1 + i), "cache"));
    config.targets.back().origin = "list.yaml:" + std::to_string(i);
  }
  EXPECT_EQ(chosen(), Names{"cache"});
  const std::string text = logged();
  EXPECT_EQ(std::ranges::count(text, '\n'), AllTargets::kMostTold + 1);
  EXPECT_NE(text.find("targets=989"), std::string::npos) << text;
}

TEST_F(AllTargetsTest, OfAShardAreAPartAndAllShardsTogetherHaveAll) {
  for (const std::string& name : names(100)) config.targets.push_back(target("redis://" + name));
  std::vector<redis::Target> found;
  for (int i = 0; i < 6; ++i) {
    found.push_back(target("redis://10.1.0." + std::to_string(i)));
    found.back().place.group = "orders";
  }
  std::map<std::string, int> seen;
  for (config.shard = {1, 3}; config.shard.number <= 3; ++config.shard.number) {
    const Names part = chosen(found);
    EXPECT_EQ(part.size() + elsewhere, 106U);
    int of_orders = 0;
    for (const std::string& name : part) {
      ++seen[name];
      of_orders += name.starts_with("10.1.") ? 1 : 0;
    }
    EXPECT_TRUE(of_orders == 0 || of_orders == 6) << of_orders;
  }
  EXPECT_EQ(seen.size(), 106U);
}

}  // namespace
}  // namespace hitwatch
