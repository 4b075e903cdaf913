// docs/reference/metrics.md names every metric of a daemon with everything switched on, with its
// type and its labels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using Names = std::set<std::string>;

struct Documented {
  std::string type;
  Names labels;
};

// What a cell holds, without blanks around it and backquotes.
std::string content(std::string cell) {
  std::erase(cell, '`');
  const std::size_t first = cell.find_first_not_of(' ');
  return first == cell.npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1);
}

Names words(std::string list) {
  std::ranges::replace(list, ',', ' ');
  std::istringstream parts(list);
  Names names;
  for (std::string part; parts >> part;) names.insert(part);
  return names;
}

// The rows of the tables: metric, type, unit, labels or a field of INFO.
std::map<std::string, Documented> documented() {
  std::ifstream file(HITWATCH_METRIC_REFERENCE);
  std::map<std::string, Documented> rows;
  bool has_labels = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| Metric ")) has_labels = line.find("| Labels ") != line.npos;
    if (!line.starts_with("| `")) continue;
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, '|');) row.push_back(content(cell));
    rows[row.at(1)] = {row.at(2), has_labels ? words(row.at(4)) : Names()};
  }
  return rows;
}

// What every series of the target may have.
const Names kOfTargets = {"instance", "instance_role", "env", "le", "quantile"};

// The names of the labels of a line of the exposition.
Names label_names(const std::string& line) {
  Names names;
  if (line.find('{') == line.npos) return names;
  bool quoted = false;
  std::string name;
  for (std::size_t i = line.find('{') + 1; i < line.size() && (quoted || line[i] != '}'); ++i) {
    const char c = line[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '=') {
      names.insert(std::exchange(name, ""));
    } else if (!quoted && c != ',') {
      name += c;
    }
  }
  return names;
}

// Fields of INFO that pass through under their own name stand in no table.
bool passes_through(const std::string& help) { return help.starts_with("INFO field "); }

// What the exposition has and the reference does not say, one per line.
std::string undocumented(const std::string& exposition) {
  const auto reference = documented();
  std::ostringstream out;
  std::istringstream lines(exposition);
  std::string help;
  const Documented* current = nullptr;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::string hash, keyword, name, type;
    if (line.starts_with("# HELP ")) {
      parts >> hash >> keyword >> name >> std::ws;
      std::getline(parts, help);
      if (help.empty()) out << name << " has no help text\n";
    } else if (line.starts_with("# TYPE ")) {
      parts >> hash >> keyword >> name >> type;
      const auto found = reference.find(name);
      current = found == reference.end() ? nullptr : &found->second;
      if (current == nullptr && !passes_through(help)) out << name << " is missing\n";
      if (current != nullptr && current->type != type) out << name << " is a " << type << "\n";
    } else if (current != nullptr) {
      for (const std::string& label : label_names(line)) {
        if (current->labels.contains(label) || kOfTargets.contains(label)) continue;
        out << "label " << label << " of " << line << "\n";
      }
    }
  }
  return out.str();
}

TEST(MetricReference, SeesWhatIsNotInIt) {
  EXPECT_EQ(
      undocumented("# HELP redis_new x\n# TYPE redis_new gauge\nredis_new 1\n"
                   "# HELP redis_up x\n# TYPE redis_up counter\nredis_up{a=\"}\\\"b=c\"} 1\n"),
      "redis_new is missing\nredis_up is a counter\nlabel a of redis_up{a=\"}\\\"b=c\"} 1\n");
}

class EverythingOn : public testing::Test {
 protected:
  // A master with a replica and keys of all kinds, a node of a cluster, a sentinel, a server that
  // is down.
  void fill_servers() {
    node_.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
    for (int i = 0; i < 300; ++i) {
      master_.command({"SET", "catalog:acme:" + std::to_string(i), "12", "EX", "1000"});
    }
    master_.command({"SET", "session", "text"});
    master_.command({"XADD", "events", "*", "a", "b"});
    master_.command({"XGROUP", "CREATE", "events", "readers", "0"});
    master_.command({"XREADGROUP", "GROUP", "readers", "one", "STREAMS", "events", ">"});
    master_.command({"DEBUG", "SLEEP", "0.02"});
    master_.command({"NO-SUCH-COMMAND"});
    master_.command({"AUTH", "nobody", "nothing"});
  }

  std::string config() {
    const std::string closed = std::to_string(free_port());
    return "targets:\n"
           "  - {url: '" +
           master_.url() +
           "', alias: master, labels: {env: test}}\n"
           "  - {url: '" +
           replica_.url() +
           "'}\n"
           "  - {url: '" +
           node_.url() +
           "'}\n"
           "  - {url: 'redis://127.0.0.1:" +
           sentinel_port_ +
           "', alias: sentinel}\n"
           "  - {url: 'redis://127.0.0.1:" +
           closed +
           "', alias: down}\n"
           "poll:\n  interval: 1s\n  timeout: 1s\n  collect: {client_groups: true, client_list: "
           "true, "
           "client_port: true, cluster_slot_stats: true, config: true, instance_role: true, "
           "modules: "
           "true, ping: true, rdb_file_size: true, search_indexes: true, sentinel_peers: true, "
           "system: true}\n"
           "apps:\n  http: {enabled: true, token: t}\n  otlp: {enabled: true, token: t}\n"
           "  stats_endpoints: [{url: 'http://127.0.0.1:" +
           closed +
           "/', hits: /h, misses: /m}]\n"
           "keys:\n  patterns: [{match: 'catalog:{tenant}:*'}, {match: 'session', tenant: "
           "required}]\n"
           "  sample: {interval: 1s, budget: 100%}\n"
           "  check: {interval: 1s, keys: ['catalog:acme:1*'], single_keys: [session], count: "
           "['catalog:*'], groups: ['^([^:]+):'], streams: ['ev*'], values: true}\n"
           "notify:\n  route: {receiver: team}\n"
           "  receivers: [{name: team, webhook_configs: [{url: 'http://127.0.0.1:" +
           closed +
           "/'}]}]\n"
           "  alertmanagers: [{url: 'http://127.0.0.1:" +
           closed +
           "'}]\n"
           "traces: {otlp: {endpoint: 'http://127.0.0.1:" +
           closed +
           "'}}\n"
           "storage: {path: '" +
           dir_.path("data") + "'}\n";
  }

  void report_lookups(const Hitwatch& daemon) {
    httplib::Client client("127.0.0.1", daemon.port());
    client.set_bearer_token_auth("t");
    const auto answer = client.Post(
        "/v1/lookups",
        R"([{"key":"catalog:acme:1","operation":"get","result":"hit","latency_ms":1,"layer":"redis"},
            {"key":"catalog:acme:2","operation":"get","result":"miss"},
            {"type":"catalog","operation":"set","result":"error"}])",
        "application/json");
    ASSERT_TRUE(answer && answer->status < 300);
  }

  TempDir dir_;
  const RedisServer master_{{"--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes",
                             "--latency-monitor-threshold", "10", "--slowlog-log-slower-than",
                             "0"}};
  const RedisServer replica_{{"--replicaof", "127.0.0.1 " + std::to_string(master_.port())}};
  const RedisServer node_{
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())}};
  const std::string sentinel_port_ = std::to_string(free_port());
  const Process sentinel_{
      {"redis-sentinel",
       dir_.write("sentinel.conf", "port " + sentinel_port_ + "\nbind 127.0.0.1\ndir " +
                                       dir_.path() + "\nsentinel monitor cache 127.0.0.1 " +
                                       std::to_string(master_.port()) + " 1\n")}};
};

TEST_F(EverythingOn, NamesEveryMetricWithItsTypeAndItsLabels) {
  fill_servers();
  const Hitwatch daemon({"run", "--config", dir_.write("hitwatch.yaml", config())});
  report_lookups(daemon);
  std::string exposition;
  // One of each part, the last that come.
  const std::vector<std::string> wanted = {"\ncache_latency_seconds_bucket{",
                                           "\ncache_keys{",
                                           "\ncache_ttl_seconds_bucket{",
                                           "\nredis_key_value{",
                                           "\nredis_key_group_count{",
                                           "\nredis_stream_group_consumer_idle_seconds{",
                                           "\nredis_sentinel_master_status{",
                                           "\nredis_connected_slave_lag_seconds{",
                                           "\nredis_master_link_up{",
                                           "\nredis_cluster_state{",
                                           "\nredis_connected_client_info{",
                                           "\nredis_slowlog_entries_total{",
                                           "\nredis_latency_spike_max_seconds{",
                                           "\nredis_config_key_value{",
                                           "\nhitwatch_stats_endpoint_up{",
                                           "\nhitwatch_notifications_pending{",
                                           "\nhitwatch_alertmanager_requests_failed_total{",
                                           "\nhitwatch_spans_dropped_total{",
                                           "\nhitwatch_alerts_active{",
                                           "\nhitwatch_threshold{",
                                           "\nhitwatch_rule_evaluations_total{",
                                           "\nhitwatch_probe_keyspace_lookups_total{"};
  const auto missing = [&] {
    exposition = daemon.metrics();
    std::string list;
    for (const std::string& series : wanted) {
      if (exposition.find(series) == exposition.npos) list += series;
    }
    return list;
  };
  EXPECT_TRUE(eventually([&] { return missing().empty(); })) << missing();
  EXPECT_EQ(undocumented(exposition), "");
}

}  // namespace
}  // namespace hitwatch::test
