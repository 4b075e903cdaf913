// A real cluster of six nodes, all found from one that is alive, and followed through what happens
// to it. The tests share the cluster and the daemon, and take both as they find them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/cluster_set.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

constexpr int kTagged = 300;  // keys of one shard
constexpr int kUsers = 40;    // keys of all shards

// Lines of an exposition that have all of `parts`.
std::vector<std::string> lines_with(const std::string& text,
                                    const std::vector<std::string>& parts) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (std::ranges::all_of(
            parts, [&](const std::string& part) { return line.find(part) != std::string::npos; })) {
      found.push_back(line);
    }
  }
  return found;
}

std::string label_of(const std::string& line, const std::string& name) {
  const std::string start = name + "=\"";
  const std::size_t at = line.find(start);
  if (at == std::string::npos) return "";
  return line.substr(at + start.size(), line.find('"', at + start.size()) - at - start.size());
}

class ClusterSystem : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set = std::make_unique<ClusterSet>(3, 1);
    for (int i = 0; i < kTagged; ++i) set_key("{tag}" + std::to_string(i));
    for (int i = 0; i < kUsers; ++i) set_key("user:" + std::to_string(i));
    // Whatever errors there are from now on, the daemon made them.
    for (const auto& node : set->nodes) node->command({"CONFIG", "RESETSTAT"});
    dir = std::make_unique<TempDir>();
    const std::string dead = "redis://127.0.0.1:" + std::to_string(free_port());
    daemon = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir->write("hitwatch.yaml",
                   fmt::format("targets:\n"
                               "  - cluster: {{name: orders, urls: ['{}', '{}']}}\n"
                               "poll: {{interval: 1s, timeout: 1s}}\n"
                               "keys:\n"
                               "  sample: {{interval: 1s}}\n"
                               "  check: {{keys: ['db0=user:*'], single_keys: ['db0={{tag}}7'],\n"
                               "          count: ['db0=user:*'], interval: 1s}}\n",
                               dead, set->nodes[4]->url()))});
  }
  static void TearDownTestSuite() {
    daemon = nullptr;
    set = nullptr;
    dir = nullptr;
  }

  static void set_key(const std::string& key) {
    for (const ClusterLine& master : set->masters()) {
      if (set->at(master.port).command({"SET", key, "value"}) == "OK") return;
    }
    ADD_FAILURE() << "no master takes " << key;
  }

  static std::string address(int port) { return fmt::format("127.0.0.1:{}", port); }
  static std::string instance(int port) { return fmt::format("instance=\"127.0.0.1:{}\"", port); }
  static std::string metrics() { return daemon->metrics(); }
  static std::vector<std::string> up_lines(int port) {
    return lines_with(metrics(), {"redis_up{", instance(port)});
  }
  static bool shows(int port, const std::string& role, int up = 1) {
    const auto found = up_lines(port);
    return found.size() == 1 && label_of(found[0], "role") == role &&
           found[0].ends_with(" " + std::to_string(up));
  }
  static bool is_logged(const std::string& event, int port) {
    return !lines_with(daemon->process().output(),
                       {"event=" + event, fmt::format("target=127.0.0.1:{} ", port)})
                .empty();
  }

  // The events that one became master in place of the other.
  static std::vector<json> failovers(int from, int to) {
    const auto told = json::parse(daemon->get("/api/v1/events?group=orders&kind=failover").body);
    std::vector<json> found;
    for (const json& event : told["data"]["events"]) {
      if (event["from"] == address(from) && event["to"] == address(to)) found.push_back(event);
    }
    return found;
  }

  // Waits for what the cluster does and what the daemon shows of it, and prints how long it took.
  static void expect_follows(const std::string& what, const std::function<bool()>& agrees,
                             const std::function<bool()>& follows) {
    const auto began = steady_clock::now();
    std::optional<steady_clock::time_point> agreed;
    const bool followed = eventually(
        [&] {
          if (!agreed && agrees()) agreed = steady_clock::now();
          return follows() && agreed;
        },
        std::chrono::seconds(40));
    ASSERT_TRUE(agreed) << what << ": the cluster itself did not\n" << describe();
    EXPECT_TRUE(followed) << what << '\n' << describe() << daemon->process().output();
    const auto ms = [](auto duration) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    };
    std::printf("%s: the cluster after %lld ms, the daemon %lld ms later\n", what.c_str(),
                static_cast<long long>(ms(*agreed - began)),
                static_cast<long long>(ms(steady_clock::now() - *agreed)));
  }
  static std::string describe() {
    std::string text;
    for (const ClusterLine& line : set->lines()) {
      text += fmt::format("{} {} {} {}\n", line.port, line.flags, line.master, line.slots);
    }
    return text;
  }
  static ClusterLine master_with_replica() {
    for (const ClusterLine& master : set->masters()) {
      if (!set->replicas_of(master.id).empty()) return master;
    }
    return {};
  }

  inline static std::unique_ptr<ClusterSet> set;
  inline static std::unique_ptr<TempDir> dir;
  inline static std::unique_ptr<Hitwatch> daemon;
};

TEST_F(ClusterSystem, AllNodesAreFoundFromOneLivingSeed) {
  for (const ClusterLine& line : set->lines()) {
    const std::string role = line.is("master") ? "master" : "replica";
    EXPECT_TRUE(eventually([&] { return shows(line.port, role); })) << metrics();
    EXPECT_EQ(label_of(up_lines(line.port).at(0), "cluster"), "orders");
  }
  for (const ClusterLine& master : set->masters()) {
    const std::string shard = label_of(up_lines(master.port).at(0), "shard");
    EXPECT_EQ(shard.size(), 8U);
    const auto members = lines_with(metrics(), {"redis_up{", fmt::format("shard=\"{}\"", shard)});
    EXPECT_EQ(members.size(), 2U);
    EXPECT_EQ(
        lines_with(metrics(), {"redis_up{", fmt::format("shard=\"{}\"", shard), "role=\"master\""})
            .size(),
        1U);
  }
  EXPECT_EQ(sample(metrics(), "redis_cluster_slots_covered{cluster=\"orders\"}"), 16384);
  EXPECT_EQ(sample(metrics(), "redis_cluster_nodes_failed{cluster=\"orders\"}"), 0);
  EXPECT_EQ(sample(metrics(), "hitwatch_discovery_targets{source=\"cluster:orders\"}"), 6);
}

TEST_F(ClusterSystem, ShardsHaveTheirSumsAndImbalance) {
  double keys = 0;
  double most = 0;
  for (const ClusterLine& master : set->masters()) {
    const double own = std::stod(set->at(master.port).command({"DBSIZE"}));
    keys += own;
    most = std::max(most, own);
  }
  EXPECT_EQ(keys, kTagged + kUsers);
  const std::string imbalance = "redis_cluster_imbalance_ratio{cluster=\"orders\",of=\"keys\"}";
  EXPECT_TRUE(eventually([&] {
    const auto shown = sample(metrics(), imbalance);
    return shown && std::abs(*shown - most / (keys / 3)) < 0.001;
  })) << metrics();
  double shown = 0;
  for (const std::string& line : lines_with(metrics(), {"redis_cluster_shard_keys{"})) {
    shown += std::stod(line.substr(line.rfind(' ')));
  }
  EXPECT_EQ(shown, keys) << "no key twice";
}

TEST_F(ClusterSystem, KeysAreCheckedAndSampledOverAllNodesAndCountedOnce) {
  const auto times = [](const std::vector<std::string>& parts) {
    return lines_with(metrics(), parts).size();
  };
  EXPECT_TRUE(eventually([&] { return times({"redis_key_size{", "key=\"user:"}) == kUsers; }))
      << daemon->process().output();
  for (int i = 0; i < kUsers; ++i) {
    EXPECT_EQ(times({"redis_key_size{", fmt::format("key=\"user:{}\"", i)}), 1U) << i;
  }
  EXPECT_TRUE(eventually([&] { return times({"redis_key_size{", "key=\"{tag}7\""}) == 1; }));
  EXPECT_TRUE(eventually([&] {
    double counted = 0;
    for (const std::string& line : lines_with(metrics(), {"redis_keys_count{"})) {
      counted += std::stod(line.substr(line.rfind(' ')));
    }
    return counted == kUsers;
  })) << metrics();
  EXPECT_TRUE(eventually([&] {
    double sampled = 0;
    double bytes = 0;
    for (const std::string& line : lines_with(metrics(), {"cache_keys{"})) {
      sampled += std::stod(line.substr(line.rfind(' ')));
    }
    for (const std::string& line : lines_with(metrics(), {"cache_size_bytes{"})) {
      bytes += std::stod(line.substr(line.rfind(' ')));
    }
    return sampled == kTagged + kUsers && bytes > 0;
  })) << metrics();
  for (const auto& node : set->nodes) {
    EXPECT_THAT(node->command({"INFO", "errorstats"}), Not(HasSubstr("MOVED")))
        << "no node is asked for another's keys";
  }
}

TEST_F(ClusterSystem, APlannedFailoverIsFollowed) {
  const ClusterLine master = master_with_replica();
  const ClusterLine replica = set->replicas_of(master.id).at(0);
  const std::string shard = label_of(up_lines(master.port).at(0), "shard");
  const std::size_t told_before = failovers(master.port, replica.port).size();
  set->at(replica.port).command({"CLUSTER", "FAILOVER"});
  expect_follows(
      "planned failover", [&] { return set->line(replica.port).is("master"); },
      [&] { return shows(replica.port, "master") && shows(master.port, "replica"); });
  EXPECT_TRUE(is_logged("failover", replica.port));
  EXPECT_EQ(label_of(up_lines(replica.port).at(0), "shard"), shard);
  const std::vector<json> told = failovers(master.port, replica.port);
  ASSERT_EQ(told.size(), told_before + 1);
  EXPECT_EQ(told.front()["target"], address(replica.port));
  EXPECT_TRUE(std::ranges::any_of(set->nodes, [&](const auto& node) {
    return told.front()["toldBy"] == node->address();
  })) << told.front();
  EXPECT_EQ(lines_with(daemon->process().output(),
                       {"event=failover", " from=" + address(master.port) + " ",
                        " to=" + address(replica.port)})
                .size(),
            told.size())
      << "one line each";
}

TEST_F(ClusterSystem, SlotsThatMoveAreFollowed) {
  const std::vector<ClusterLine> masters = set->masters();
  const auto slots_of = [](int port) {
    const std::string shard = label_of(up_lines(port).at(0), "shard");
    return sample(
        metrics(),
        fmt::format("redis_cluster_shard_slots{{cluster=\"orders\",shard=\"{}\"}}", shard));
  };
  const double before = slots_of(masters[1].port).value_or(-1);
  const Finished moved = run_to_end(
      {"redis-cli", "--cluster", "reshard", set->at(masters[0].port).address(), "--cluster-from",
       masters[0].id, "--cluster-to", masters[1].id, "--cluster-slots", "50", "--cluster-yes"});
  ASSERT_EQ(moved.code, 0) << moved.output;
  expect_follows(
      "reshard", [&] { return set->line(masters[1].port).slots != masters[1].slots; },
      [&] { return slots_of(masters[1].port) == before + 50; });
  EXPECT_TRUE(eventually([&] { return is_logged("slots_moved", masters[1].port); }));
  EXPECT_THAT(lines_with(metrics(), {"redis_cluster_node_info{", instance(masters[1].port)}).at(0),
              HasSubstr("slots=\"" + set->line(masters[1].port).slots + "\""));
}

TEST_F(ClusterSystem, AMasterThatIsKilledIsReplacedAndReportedAsDown) {
  const ClusterLine master = master_with_replica();
  const ClusterLine replica = set->replicas_of(master.id).at(0);
  const std::string shard = label_of(up_lines(master.port).at(0), "shard");
  set->at(master.port).kill();
  expect_follows(
      "failover after kill -9", [&] { return set->line(replica.port).is("master"); },
      [&] { return shows(replica.port, "master") && shows(master.port, "replica", 0); });
  EXPECT_TRUE(is_logged("node_failed", master.port));
  EXPECT_TRUE(is_logged("failover", replica.port));
  EXPECT_EQ(label_of(up_lines(replica.port).at(0), "shard"), shard);
  EXPECT_EQ(sample(metrics(), "redis_cluster_nodes_failed{cluster=\"orders\"}"), 1);
  EXPECT_EQ(lines_with(metrics(), {"redis_exporter_last_scrape_error{", instance(master.port),
                                   "err=\"failed\""})
                .size(),
            1U);
  set->at(master.port).restart();
  expect_follows(
      "return of the killed node",
      [&] { return !set->line(master.port).is("fail") && set->line(master.port).is("slave"); },
      [&] { return shows(master.port, "replica"); });
  EXPECT_TRUE(is_logged("node_recovered", master.port));
  ASSERT_TRUE(set->settles());
}

TEST_F(ClusterSystem, AMasterThatIsCutOffIsReplaced) {
  const ClusterLine master = master_with_replica();
  const ClusterLine replica = set->replicas_of(master.id).at(0);
  set->cut_off(master.port);
  expect_follows(
      "failover after the network was cut", [&] { return set->line(replica.port).is("master"); },
      [&] { return shows(replica.port, "master") && shows(master.port, "replica", 0); });
  set->reconnect(master.port);
  expect_follows(
      "return of the node that was cut off",
      [&] { return !set->line(master.port).is("fail") && set->line(master.port).is("slave"); },
      [&] { return shows(master.port, "replica"); });
  ASSERT_TRUE(set->settles());
}

TEST_F(ClusterSystem, NodesThatComeAndGoAreFollowed) {
  const auto added = cluster_node();
  const int port = added->port();
  const Finished joined = run_to_end(
      {"redis-cli", "--cluster", "add-node", added->address(), set->nodes[0]->address()});
  ASSERT_EQ(joined.code, 0) << joined.output;
  expect_follows(
      "a node that joined", [&] { return set->line(port).is("master"); },
      [&] { return shows(port, "master"); });
  EXPECT_TRUE(is_logged("node_added", port));
  // A node that has not heard of it yet refuses to forget it.
  const std::string id = set->line(port).id;
  ASSERT_TRUE(eventually([&] {
    return std::ranges::all_of(set->nodes, [&](const auto& node) {
      return node->command({"CLUSTER", "NODES"}).find(id) != std::string::npos;
    });
  }));
  const Finished left =
      run_to_end({"redis-cli", "--cluster", "del-node", set->nodes[0]->address(), id});
  ASSERT_EQ(left.code, 0) << left.output;
  expect_follows(
      "a node that left", [&] { return set->line(port).id.empty(); },
      [&] { return up_lines(port).empty(); });
  EXPECT_TRUE(is_logged("node_removed", port));
}

}  // namespace
}  // namespace hitwatch::test
