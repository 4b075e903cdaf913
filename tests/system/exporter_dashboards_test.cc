// Dashboards made for redis_exporter show data of ours: the figures that the well-known ones on
// grafana.com (763, 11835, 14091, and that of its mixin) read, as they read them, of a real master
// and its replica, on the query API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::UnorderedElementsAre;

// How a panel reads a metric.
enum class Reading { kValue, kRate, kBy };

struct Figure {
  std::string metric;
  Reading reading;
  std::string label = {};  // with kBy: each of its values is a line
};

const std::vector<Figure> kServerFigures = {
    {"redis_up", Reading::kValue},
    {"redis_uptime_in_seconds", Reading::kValue},
    {"redis_start_time_seconds", Reading::kValue},
    {"redis_exporter_last_scrape_duration_seconds", Reading::kValue},
    {"redis_connected_clients", Reading::kValue},
    {"redis_blocked_clients", Reading::kValue},
    {"redis_config_maxclients", Reading::kValue},
    {"redis_connections_received_total", Reading::kRate},
    {"redis_rejected_connections_total", Reading::kRate},
    {"redis_memory_used_bytes", Reading::kValue},
    {"redis_memory_used_rss_bytes", Reading::kValue},
    {"redis_memory_max_bytes", Reading::kValue},
    {"redis_mem_fragmentation_ratio", Reading::kValue},
    {"redis_commands_processed_total", Reading::kRate},
    {"redis_commands_total", Reading::kBy, "cmd"},
    {"redis_commands_duration_seconds_total", Reading::kBy, "cmd"},
    {"redis_keyspace_hits_total", Reading::kRate},
    {"redis_keyspace_misses_total", Reading::kRate},
    {"redis_net_input_bytes_total", Reading::kRate},
    {"redis_net_output_bytes_total", Reading::kRate},
    {"redis_expired_keys_total", Reading::kRate},
    {"redis_evicted_keys_total", Reading::kRate},
    {"redis_db_keys", Reading::kBy, "db"},
    {"redis_db_keys_expiring", Reading::kBy, "db"},
    {"redis_db_avg_ttl_seconds", Reading::kBy, "db"},
    {"redis_cpu_sys_seconds_total", Reading::kRate},
    {"redis_cpu_user_seconds_total", Reading::kRate},
    {"redis_slowlog_length", Reading::kValue},
    {"redis_slowlog_last_id", Reading::kValue},
    {"redis_last_slow_execution_duration_seconds", Reading::kValue},
    {"redis_pubsub_channels", Reading::kValue},
    {"redis_latest_fork_seconds", Reading::kValue},
    {"redis_aof_enabled", Reading::kValue},
    {"redis_rdb_changes_since_last_save", Reading::kValue},
    {"redis_rdb_last_bgsave_status", Reading::kValue},
    {"redis_rdb_last_save_timestamp_seconds", Reading::kValue},
    {"redis_master_repl_offset", Reading::kValue},
    {"redis_replication_backlog_bytes", Reading::kValue},
    {"redis_connected_slaves", Reading::kValue},
    {"redis_instance_info", Reading::kBy, "role"},
    {"redis_instance_info", Reading::kBy, "redis_version"},
};
const std::vector<Figure> kMasterFigures = {
    {"redis_connected_slave_lag_seconds", Reading::kBy, "slave_ip"},
    {"redis_connected_slave_offset_bytes", Reading::kBy, "slave_port"},
};
const std::vector<Figure> kReplicaFigures = {
    {"redis_master_last_io_seconds_ago", Reading::kValue},
    {"redis_master_link_up", Reading::kValue},
    {"redis_slave_info", Reading::kBy, "master_host"},
};

class ExporterDashboardsTest : public DaemonTest {
 protected:
  // The values of `label` among what the expression gives, "" where a series lacks it.
  std::vector<std::string> lines(const std::string& expression, const std::string& label) const {
    httplib::Client client("127.0.0.1", daemon_->port());
    const auto answer = client.Post("/api/v1/query", httplib::Params{{"query", expression}});
    if (!answer || answer->status != 200) return {};
    std::vector<std::string> found;
    const json body = json::parse(answer->body);
    for (const json& one : body["data"]["result"]) found.push_back(one["metric"].value(label, ""));
    return found;
  }
  void expect_data(const std::string& instance, const std::vector<Figure>& figures) const {
    for (const Figure& figure : figures) {
      const std::string selected = figure.metric + "{instance=~\"" + instance + "\"}";
      std::string expression = selected;
      if (figure.reading == Reading::kRate) expression = "rate(" + selected + "[1m])";
      if (figure.reading == Reading::kBy) {
        expression = "sum by (" + figure.label + ") (" + selected + ")";
      }
      const auto found = lines(expression, figure.label);
      EXPECT_FALSE(found.empty()) << instance << ": " << expression;
      if (figure.label.empty()) continue;
      for (const std::string& value : found) EXPECT_NE(value, "") << expression;
    }
  }
};

TEST_F(ExporterDashboardsTest, WhatTheyReadIsThere) {
  const RedisServer master({"--maxmemory", "100mb", "--repl-diskless-sync-delay", "0"});
  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  master.command({"SET", "a", "1"});
  master.command({"SET", "b", "1", "EX", "1000"});
  master.command({"GET", "a"});
  start("targets:\n- {url: '" + master.url() + "', alias: one}\n- {url: '" + replica.url() +
        "', alias: two}\nrules: {bundled: false}\nkeys: {sample: {enabled: false}}\n"
        "apps: {statsd: {listen: []}}\n");
  // Replicating, polled twice since: so there are rates.
  ASSERT_TRUE(eventually([&] {
    return lines("redis_connected_slave_lag_seconds", "instance").size() == 1 &&
           lines("redis_master_link_up == 1", "instance").size() == 1 &&
           lines("redis_db_avg_ttl_seconds", "instance").size() == 2 &&
           lines("rate(redis_keyspace_hits_total[1m])", "instance").size() == 2;
  })) << daemon_->process().output();
  for (const std::string instance : {"one", "two"}) expect_data(instance, kServerFigures);
  expect_data("one", kMasterFigures);
  expect_data("two", kReplicaFigures);
  // Their variable of instances.
  const json instances = get_json("/api/v1/label/instance/values?match[]=redis_up")["data"];
  EXPECT_THAT(instances, UnorderedElementsAre("one", "two"));
}

}  // namespace
}  // namespace hitwatch::test
