// Whoever changes from redis_exporter loses no series: Debian's prometheus-redis-exporter and
// `hitwatch exporter` watch the same servers with the same flags, and what the peer shows is looked
// for in our answer: every family with its type, every series with its labels, and its value where
// the server stands still.
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/application.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using Arguments = std::vector<std::string>;
using Labels = std::map<std::string, std::string>;

struct Series {
  std::string name;
  Labels labels;
  double value = 0;

  std::string text() const {
    std::string text = name + "{";
    for (const auto& [label, content] : labels) text += label + "=\"" + content + "\",";
    return text + "} " + std::to_string(value);
  }
};

struct Answer {
  std::map<std::string, std::string> types;           // by family
  std::map<std::string, std::vector<Series>> series;  // by family

  std::string family_of(const std::string& name) const {
    if (types.contains(name)) return name;
    return name.substr(0, name.rfind('_'));
  }
};

// The labels of `{a="x",b="y\"z"} 1`, and where the value begins.
Labels parse_labels(const std::string& line, std::size_t& at) {
  Labels labels;
  while (line[at] != '}') {
    const std::size_t equals = line.find('=', ++at);
    std::string content;
    std::size_t i = equals + 2;
    for (; line[i] != '"'; ++i) {
      if (line[i] == '\\') content += line[i++];
      content += line[i];
    }
    labels[line.substr(at, equals - at)] = content;
    at = i + 1;
  }
  ++at;
  return labels;
}

Answer parse(const std::string& exposition) {
  Answer answer;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const std::size_t blank = line.rfind(' ');
      answer.types[line.substr(7, blank - 7)] = line.substr(blank + 1);
    }
    if (line.empty() || line[0] == '#') continue;
    std::size_t at = line.find_first_of("{ ");
    Series series{line.substr(0, at), {}, 0};
    if (line[at] == '{') series.labels = parse_labels(line, at);
    series.value = std::strtod(line.c_str() + at, nullptr);
    answer.series[answer.family_of(series.name)].push_back(std::move(series));
  }
  return answer;
}

// The peer on a free port.
class Peer {
 public:
  explicit Peer(Arguments arguments, const Process::Environment& environment = {})
      : port_(free_port()) {
    arguments.insert(arguments.begin(), "prometheus-redis-exporter");
    arguments.push_back("--web.listen-address=127.0.0.1:" + std::to_string(port_));
    process_ = std::make_unique<Process>(arguments, environment);
    if (!eventually([this] { return !get("/").empty() || !process_->running(); }) ||
        !process_->running()) {
      throw std::runtime_error("the peer did not start: " + process_->output());
    }
  }

  std::string get(const std::string& path) const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(20);
    const auto result = client.Get(path);
    return result ? result->body : "";
  }

 private:
  int port_;
  std::unique_ptr<Process> process_;
};

// What differs between two watchers of one server, and why. A `*` at the end stands for any rest.
struct Volatile {
  std::string_view family;  // without the namespace
  std::string_view why;
};
constexpr Volatile kVolatileValues[] = {
    {"process_*", "of the program itself"},
    {"exporter_*", "of the program's own polls"},
    {"target_scrape_request_errors_total", "of the program itself"},
    {"connected_clients", "one watcher keeps its connection, the other opens one each time"},
    {"connections_received_total", "as above"},
    {"client_recent_max_*", "of the watchers' connections too"},
    {"commands_processed_total", "counts the watchers' commands"},
    {"total_reads_processed", "as above"},
    {"total_writes_processed", "as above"},
    {"net_*", "counts the watchers' bytes"},
    {"cpu_*", "goes on"},
    {"uptime_in_seconds", "goes on"},
    {"memory_used_*", "moves with connections and replies"},
    {"mem_clients_*", "as above"},
    {"mem_fragmentation_*", "as above"},
    {"mem_not_counted_for_eviction_bytes", "as above"},
    {"allocator_*", "as above"},
    {"start_time_seconds", "made of two clocks, each rounded"},
    {"instantaneous_*", "a mean over the last moments"},
    {"db_avg_ttl_seconds", "goes on"},
    {"defrag_*", "goes on"},
    {"expired_stale_percentage", "an estimate that the server renews"},
    {"expire_cycle_*", "goes on"},
    {"expired_time_cap_reached_total", "as above"},
    {"master_last_io_seconds_ago", "goes on"},
    {"connected_slave_*", "the link of replication is never still"},
    {"slave_repl_offset", "as above"},
    {"master_repl_offset", "as above"},
    {"repl_backlog_*", "as above"},
    {"second_repl_offset", "as above"},
    {"sentinel_master_last_ok_ping_reply_seconds", "goes on"},
    {"cluster_messages_*", "goes on"},
    {"cluster_stats_messages_*", "goes on"},
    {"last_key_groups_scrape_duration_milliseconds", "of the program itself"},
    {"slowlog_*", "has the watchers' commands too"},
    {"last_slow_execution_duration_seconds", "as above"},
};
// Families whose labels say such things.
constexpr Volatile kVolatileLabels[] = {
    {"exporter_build_info", "another program"},
    {"exporter_last_scrape_error", "a fixed word instead of a text with addresses in it"},
    {"connected_clients_details", "the time of the last command, and the watchers themselves"},
};
// What watchers send and the link of replication carries: these commands' figures are volatile.
constexpr std::string_view kWatchersCommands[] = {
    "auth",      "client|list", "client|setname", "cluster|info", "config|get", "info",
    "latency*",  "ping",        "acl|log",        "psync",        "replconf",   "replicaof",
    "sentinel*", "slowlog|get", "slowlog|len",    "subscribe",    "publish",    "hello",
    "command*",  "select",      "cluster|slots",
};
// Of its later versions, whose type ours is.
const std::map<std::string, std::string> kTypeChanged = {
    {"expired_time_cap_reached_total", "counter"}};

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

template <std::size_t N>
bool listed(const Volatile (&table)[N], std::string_view family) {
  return std::ranges::any_of(table, [&](const Volatile& v) { return matches(v.family, family); });
}

bool of_watchers(const Series& series) {
  const auto cmd = series.labels.find("cmd");
  return cmd != series.labels.end() &&
         std::ranges::any_of(kWatchersCommands,
                             [&](std::string_view name) { return matches(name, cmd->second); });
}

bool has_all(const Labels& labels, const Labels& wanted, bool with_content) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && (!with_content || found->second == label.second);
  });
}

// How a comparison differs from that of two /metrics.
struct Variant {
  std::string path = "/metrics";
  std::string name_space = "redis";
  Arguments only_ours = {};                  // flags
  std::set<std::string> volatile_here = {};  // families, without the namespace
};

// Looks for everything of the peer's answer in ours.
class Comparison {
 public:
  Comparison(const std::string& peer, const std::string& ours, Variant variant = {})
      : peer_(parse(peer)),
        ours_(parse(ours)),
        variant_(std::move(variant)),
        prefix_(variant_.name_space + "_") {}

  // What is missing, one per line.
  std::string missing() {
    for (const auto& [family, type] : peer_.types) {
      // The runtime of another language and its library of metrics.
      if (family.starts_with("go_") || family.starts_with("promhttp_")) continue;
      compare_family(family, type);
    }
    return out_.str();
  }
  std::size_t compared_values() const { return compared_values_; }

 private:
  void compare_family(const std::string& family, std::string type) {
    const std::string bare = family.starts_with(prefix_) ? family.substr(prefix_.size()) : family;
    if (const auto changed = kTypeChanged.find(bare); changed != kTypeChanged.end()) {
      type = changed->second;
    }
    if (!ours_.types.contains(family)) {
      out_ << "no family " << family << "\n";
      return;
    }
    if (ours_.types[family] != type) {
      out_ << family << " is a " << ours_.types[family] << ", not a " << type << "\n";
    }
    for (const Series& series : peer_.series[family]) compare_series(bare, family, series);
  }

  void compare_series(const std::string& bare, const std::string& family, const Series& wanted) {
    const bool labels_vary = listed(kVolatileLabels, bare);
    const Series* found = nullptr;
    for (const Series& candidate : ours_.series[family]) {
      if (candidate.name == wanted.name && has_all(candidate.labels, wanted.labels, !labels_vary)) {
        found = &candidate;
      }
    }
    if (found == nullptr) {
      if (!of_watchers(wanted)) out_ << "no series " << wanted.text() << "\n";
      return;
    }
    if (labels_vary || listed(kVolatileValues, bare) || of_watchers(wanted) ||
        variant_.volatile_here.contains(bare)) {
      return;
    }
    ++compared_values_;
    if (found->value != wanted.value) {
      out_ << wanted.text() << " is here " << std::to_string(found->value) << "\n";
    }
  }

  Answer peer_, ours_;
  Variant variant_;
  std::string prefix_;
  std::ostringstream out_;
  std::size_t compared_values_ = 0;
};

const Arguments kFlags = {"--include-config-metrics", "--include-system-metrics",
                          "--export-client-list", "--export-client-port"};

Arguments flags_for(const std::string& url, Arguments more = {}) {
  Arguments flags = kFlags;
  flags.push_back("--redis.addr=" + url);
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

Arguments exporter(Arguments flags) {
  flags.insert(flags.begin(), "exporter");
  return flags;
}

// Both watch; the second answers are compared, so that the first polls' own traces are in both.
void expect_parity(const Arguments& flags, const Variant& variant = {}) {
  const Peer peer(flags);
  Arguments ours = exporter(flags);
  ours.insert(ours.end(), variant.only_ours.begin(), variant.only_ours.end());
  const Hitwatch daemon(ours);
  peer.get(variant.path);
  daemon.get(variant.path);
  Comparison comparison(peer.get(variant.path), daemon.get(variant.path).body, variant);
  EXPECT_EQ(comparison.missing(), "");
  EXPECT_GT(comparison.compared_values(), 30U);
}

void write_keys(const RedisServer& server) {
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key:" + std::to_string(i);
    server.command({"SET", key, std::string(100, 'x')});
    if (i % 3 == 0) server.command({"EXPIRE", key, "100000"});
    if (i % 4 == 0) server.command({"MOVE", key, std::to_string(i % 3 + 1)});
    server.command({"GET", key});
    server.command({"GET", "missing:" + key});
  }
  server.command({"SET", "gone", "x", "PX", "1"});
  eventually([&] { return server.command({"EXISTS", "gone"}) == "0"; });
  server.command({"EVAL", "return redis.call('GET', KEYS[1])", "1", "key:1"});
  server.command({"SCRIPT", "LOAD", "return 1"});
  server.command({"FUNCTION", "LOAD",
                  "#!lua name=library\nredis.register_function('answer', function() return 42 "
                  "end)"});
}

void make_errors(const RedisServer& server) {
  server.command({"INCR", "key:1"});
  server.command({"LPUSH", "key:1", "x"});
  server.command({"NO-SUCH-COMMAND"});
  server.command({"GET"});
  server.command({"EVAL", "return redis.call('no-such')", "0"});
  server.command({"AUTH", "nobody", "nothing"});
  server.command({"ACL", "SETUSER", "reader", "on", ">secret", "~key:*", "+get", "+auth"});
  Application denied(server.port());
  denied.command({"AUTH", "reader", "secret"});
  denied.command({"SET", "key:1", "x"});
  denied.command({"GET", "other"});
}

TEST(Comparison, FindsWhatIsMissing) {
  const std::string peer =
      "# TYPE redis_a gauge\nredis_a{db=\"0\"} 1\nredis_a{db=\"1\"} 1\n"
      "# TYPE redis_b counter\nredis_b 1\n# TYPE redis_c gauge\nredis_c 1\n# TYPE go_x gauge\n";
  EXPECT_EQ(Comparison(peer, peer).missing(), "");
  const std::string ours =
      "# TYPE redis_a gauge\nredis_a{db=\"0\",more=\"x\"} 2\n# TYPE redis_b gauge\nredis_b 1\n";
  EXPECT_EQ(Comparison(peer, ours).missing(),
            "redis_a{db=\"0\",} 1.000000 is here 2.000000\n"
            "no series redis_a{db=\"1\",} 1.000000\n"
            "redis_b is a gauge, not a counter\n"
            "no family redis_c\n");
}

TEST(Parity, ABusyServer) {
  // A spike that a busy machine adds between the two watchers would be a difference: it is to be
  // rarer than those of a millisecond are.
  const RedisServer server({"--enable-debug-command", "yes", "--latency-monitor-threshold", "200",
                            "--slowlog-log-slower-than", "0", "--databases", "20", "--maxmemory",
                            "100mb", "--maxmemory-policy", "allkeys-lfu"});
  write_keys(server);
  make_errors(server);
  server.command({"DEBUG", "SLEEP", "0.3"});
  Application subscriber(server.port());
  subscriber.command({"CLIENT", "SETNAME", "subscriber"});
  subscriber.command({"SUBSCRIBE", "news"});
  Application patterns(server.port());
  patterns.command({"PSUBSCRIBE", "news.*"});
  Application blocked(server.port());
  blocked.command({"CLIENT", "SETNAME", "worker"});
  blocked.send({"BLPOP", "queue", "0"});
  server.command({"PUBLISH", "news", "today"});
  expect_parity(flags_for(server.url()));
}

TEST(Parity, AReplicaAndItsMaster) {
  const RedisServer master({"--repl-diskless-sync-delay", "0"});
  write_keys(master);
  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  ASSERT_TRUE(eventually([&] {
    return replica.command({"INFO", "replication"}).find("master_link_status:up") !=
           std::string::npos;
  }));
  ASSERT_TRUE(eventually([&] {
    return master.command({"INFO", "replication"}).find("state=online") != std::string::npos;
  }));
  expect_parity(flags_for(master.url()));
  expect_parity(flags_for(replica.url()));
}

TEST(Parity, ANodeOfACluster) {
  const RedisServer node(
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())});
  node.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  ASSERT_TRUE(eventually([&] {
    return node.command({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
  }));
  node.command({"SET", "key", "value"});
  expect_parity(flags_for(node.url(), {"--is-cluster"}));
}

TEST(Parity, ASentinel) {
  const RedisServer master({"--repl-diskless-sync-delay", "0"});
  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  const TempDir dir;
  const std::string port = std::to_string(free_port());
  const Process sentinel(
      {"redis-sentinel",
       dir.write("sentinel.conf", "port " + port + "\nbind 127.0.0.1\ndir " + dir.path() +
                                      "\nsentinel monitor cache 127.0.0.1 " +
                                      std::to_string(master.port()) + " 1\n")});
  ASSERT_TRUE(eventually([&] {
    return run_to_end({"redis-cli", "-p", port, "INFO", "sentinel"})
               .output.find("status=ok,address=127.0.0.1:" + std::to_string(master.port()) +
                            ",slaves=1") != std::string::npos;
  })) << sentinel.output();
  // The peer asks a sentinel for CONFIG, which it has not.
  expect_parity(flags_for("redis://127.0.0.1:" + port), {.volatile_here = {"total_error_replies"}});
}

TEST(Parity, ServersThatAreDown) {
  const std::string url = "redis://127.0.0.1:" + std::to_string(free_port());
  const Peer peer({"--redis.addr=" + url});
  const Hitwatch daemon(exporter({"--redis.addr=" + url}));
  Comparison comparison(peer.get("/metrics"), daemon.metrics());
  EXPECT_EQ(comparison.missing(), "");
}

TEST(Parity, AnotherNamespace) {
  const RedisServer server;
  write_keys(server);
  expect_parity(flags_for(server.url(), {"--namespace=cache"}), {.name_space = "cache"});
}

TEST(Parity, AUserAndAPassword) {
  const RedisServer server({"--requirepass", "secret"});
  expect_parity(flags_for(server.url(), {"--redis.password=secret"}));
  Application admin(server.port());
  admin.command({"AUTH", "secret"});
  admin.command({"ACL", "SETUSER", "watcher", "on", ">hidden", "+@all"});
  expect_parity(flags_for(server.url(), {"--redis.user=watcher", "--redis.password=hidden"}));
}

TEST(Parity, APasswordFile) {
  const RedisServer server({"--requirepass", "secret"});
  const TempDir dir;
  const std::string file = dir.write("passwords.json", "{\"" + server.url() + "\": \"secret\"}");
  expect_parity(flags_for(server.url(), {"--redis.password-file=" + file}));
}

TEST(Parity, TheScrapeEndpoint) {
  const RedisServer server;
  write_keys(server);
  expect_parity(flags_for(""), {.path = "/scrape?target=" + server.url(),
                                .only_ours = {"--web.scrape-allow=127.0.0.1:*"}});
  expect_parity(flags_for(""), {.path = "/scrape?target=" + server.address(),
                                .only_ours = {"--web.scrape-allow=127.0.0.1:*"}});
}

TEST(Parity, EnvironmentVariables) {
  const RedisServer server({"--requirepass", "secret"});
  const Process::Environment variables = {
      {"REDIS_ADDR", server.url()},
      {"REDIS_PASSWORD", "secret"},
      {"REDIS_EXPORTER_NAMESPACE", "shop"},
      {"REDIS_EXPORTER_INCL_CONFIG_METRICS", "true"},
      {"REDIS_EXPORTER_INCL_SYSTEM_METRICS", "true"},
      {"REDIS_EXPORTER_EXPORT_CLIENT_LIST", "true"},
      {"REDIS_EXPORTER_EXPORT_CLIENT_PORT", "true"},
      {"REDIS_EXPORTER_SET_CLIENT_NAME", "false"},
      {"REDIS_EXPORTER_PING_ON_CONNECT", "true"},
      {"REDIS_EXPORTER_WEB_TELEMETRY_PATH", "/figures"},
  };
  const Peer peer({}, variables);
  const Hitwatch daemon({"exporter"}, variables);
  peer.get("/figures");
  daemon.get("/figures");
  Comparison comparison(peer.get("/figures"), daemon.get("/figures").body, {.name_space = "shop"});
  EXPECT_EQ(comparison.missing(), "");
  EXPECT_GT(comparison.compared_values(), 100U);
}

}  // namespace
}  // namespace hitwatch::test
