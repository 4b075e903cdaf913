// What Prometheus and its tools make of our answers: promtool's check, the rules of
// OpenMetrics 1.0, and a real Prometheus that scrapes the daemon.
#include "tests/system/prometheus.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

constexpr char kOpenMetricsAccept[] =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

constexpr char kAllOptIns[] =
    "poll: {interval: 1s, collect: {client_list: true, client_port: true, client_groups: true, "
    "config: true, modules: true, system: true, rdb_file_size: true, sentinel_peers: true, "
    "cluster_slot_stats: true, ping: true}}\n";

class Sentinel {
 public:
  explicit Sentinel(const RedisServer& master)
      : process_({"redis-sentinel",
                  dir_.write("sentinel.conf", "port " + std::to_string(port_) +
                                                  "\nbind 127.0.0.1\ndir " + dir_.path() +
                                                  "\nsentinel monitor cache 127.0.0.1 " +
                                                  std::to_string(master.port()) + " 1\n")}) {
    eventually([&] {
      return run_to_end({"redis-cli", "-p", std::to_string(port_), "PING"}).output == "PONG\n";
    });
  }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  TempDir dir_;
  int port_ = free_port();
  Process process_;
};

// Some of each kind of figure.
void use(const RedisServer& server) {
  for (int i = 0; i < 5; ++i) {
    server.command({"SET", "key:" + std::to_string(i), "value", "EX", "1000"});
    server.command({"GET", "key:" + std::to_string(i)});
  }
  server.command({"INCR", "key:1"});
  server.command({"AUTH", "nobody", "nothing"});
  server.command({"CONFIG", "SET", "latency-monitor-threshold", "1"});
  server.command({"EVAL", "local i = 0 while i < 3000000 do i = i + 1 end", "0"});
}

// One server of each kind that can be watched, and one that is not there.
struct Servers {
  RedisServer single;
  RedisServer replica{{"--replicaof", "127.0.0.1 " + std::to_string(single.port())}};
  RedisServer node{{"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())}};
  Sentinel sentinel{single};
  std::string down = "redis://127.0.0.1:" + std::to_string(free_port());

  Servers() { use(single); }
  std::vector<std::string> urls() const {
    return {single.url(), replica.url(), node.url(), sentinel.url(), down};
  }
};

// Configurations whose answers together have everything.
std::vector<std::string> configurations(const Servers& servers) {
  std::vector<std::string> configurations;
  std::string all = "targets:\n";
  for (const std::string& url : servers.urls()) {
    configurations.push_back("targets: [{url: \"" + url + "\"}]\n" + kAllOptIns);
    all += "  - {url: \"" + url + "\", labels: {env: \"of \\\"\\\\\\n\"}}\n";
  }
  configurations.push_back(all);
  configurations.push_back(all + kAllOptIns);
  return configurations;
}

// The daemon with a configuration, once it has polled everything.
class Polled {
 public:
  explicit Polled(const std::string& configuration)
      : daemon_({"run", "--config", dir_.write("hitwatch.yaml", configuration)}) {
    if (!eventually([this] { return daemon_.get("/-/ready").status == 200; })) {
      throw std::runtime_error("not ready: " + daemon_.process().output());
    }
  }
  Hitwatch& operator*() { return daemon_; }
  Hitwatch* operator->() { return &daemon_; }

 private:
  TempDir dir_;
  Hitwatch daemon_;
};

// The families that the peer shows of these servers, whose names cannot be helped.
std::set<std::string> names_of_the_peer(const std::vector<std::string>& urls) {
  std::set<std::string> names;
  const std::string port = std::to_string(free_port());
  const Process peer({"prometheus-redis-exporter", "--web.listen-address=127.0.0.1:" + port,
                      "--redis.addr=", "--export-client-list"});
  httplib::Client client("127.0.0.1", std::stoi(port));
  eventually([&] { return static_cast<bool>(client.Get("/")); });
  for (const std::string& url : urls) {
    const auto answer = client.Get("/scrape?target=" + url);
    std::istringstream lines(answer ? answer->body : "");
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# TYPE ")) names.insert(line.substr(7, line.rfind(' ') - 7));
    }
  }
  return names;
}

// Names that the peer has in versions later than Debian's.
const std::set<std::string> kLaterNames = {
    "redis_connected_client_channel_subscriptions_count",
    "redis_connected_client_pattern_matching_subscriptions_count",
    "redis_connected_client_shard_channel_subscriptions_count",
    "redis_current_eviction_exceeded_time_ms",
    "redis_eviction_exceeded_time_ms_total",
    "redis_expire_cycle_cpu_time_ms_total",
    "redis_memory_used_vm_total",
    "redis_rdb_saves_total",
    "redis_sentinel_master_setting_down_after_milliseconds",
};
// A field of INFO that the peer leaves out, under its own name.
const std::string kOwnFieldName = "redis_instantaneous_ops_per_sec";

TEST(Promtool, RemarksOnlyOnInheritedNames) {
  const Servers servers;
  std::set<std::string> inherited = names_of_the_peer(servers.urls());
  ASSERT_GT(inherited.size(), 100U);
  inherited.insert(kLaterNames.begin(), kLaterNames.end());
  inherited.insert(kOwnFieldName);
  for (const std::string& configuration : configurations(servers)) {
    Polled daemon(configuration);
    const TempDir dir;
    const std::string file = dir.write("metrics", daemon->metrics());
    const Finished check = run_to_end({"sh", "-c", "promtool check metrics < " + file});
    EXPECT_TRUE(check.code == 0 || check.code == 3) << check.output;  // 3: only remarks
    std::istringstream remarks(check.output);
    for (std::string remark; std::getline(remarks, remark);) {
      EXPECT_TRUE(inherited.contains(remark.substr(0, remark.find(' ')))) << remark;
    }
  }
}

// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md, the rules
// that an exposition of ours could break. Faults are collected, one per line.
class OpenMetricsCheck {
 public:
  explicit OpenMetricsCheck(const std::string& text) {
    if (!text.ends_with("\n# EOF\n")) fault("does not end with # EOF");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (ended_) fault("after # EOF: " + line);
      line == "# EOF" ? end_family() : line.starts_with("# ") ? metadata(line) : sample(line);
      ended_ = line == "# EOF";
    }
  }
  const std::string& faults() const { return faults_; }
  std::size_t samples() const { return series_.size(); }

 private:
  void fault(const std::string& what) { faults_ += what + "\n"; }

  // "# TYPE name type", "# HELP name text" or "# UNIT name unit".
  void metadata(const std::string& line) {
    const std::string keyword = line.substr(2, 4);
    const std::size_t blank = line.find(' ', 7);
    const std::string name = line.substr(7, blank - 7);
    if (keyword != "TYPE" && keyword != "HELP" && keyword != "UNIT") fault("comment: " + line);
    if (name != family_) {
      end_family();
      family_ = name;
      if (!families_.insert(name).second) fault("family again, or interleaved: " + name);
    }
    if (samples_in_family_ > 0) fault("metadata after samples: " + line);
    if (!keywords_.insert(keyword).second) fault("metadata twice: " + line);
    if (keyword != "TYPE") return;
    type_ = line.substr(blank + 1);
    static const std::set<std::string> types = {"counter", "gauge",   "histogram", "summary",
                                                "info",    "unknown", "stateset"};
    if (!types.contains(type_)) fault("type: " + line);
    for (const std::string& suffix : suffixes()) {
      if (!names_.insert(family_ + suffix).second) fault("name of two families: " + line);
    }
  }

  std::vector<std::string> suffixes() const {
    if (type_ == "counter") return {"_total", "_created"};
    if (type_ == "histogram") return {"_bucket", "_count", "_sum", "_created"};
    if (type_ == "summary") return {"", "_count", "_sum", "_created"};
    if (type_ == "info") return {"_info"};
    return {""};
  }

  void sample(const std::string& line) {
    std::size_t at = line.find_first_of("{ ");
    const std::string name = line.substr(0, at);
    if (!name.starts_with(family_) ||
        std::ranges::count(suffixes(), name.substr(family_.size())) == 0) {
      fault("sample outside of its family: " + line);
      return;
    }
    const std::string suffix = name.substr(family_.size());
    ++samples_in_family_;
    std::string metric;  // the labels but for le and quantile
    std::string edge;
    if (line[at] == '{' && !labels(line, at, metric, edge)) fault("labels: " + line);
    if (!series_.insert(line.substr(0, at)).second) fault("series twice: " + line);
    const std::string number = line.substr(std::min(at + 1, line.size()));
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (line[at] != ' ' || end == number.c_str() || *end != '\0') fault("value: " + line);
    if (metric != metric_ || samples_in_family_ == 1) {
      end_metric();
      metric_ = metric;
      if (!metrics_.insert(metric).second) fault("metrics are interleaved: " + line);
    }
    check_value(line, suffix, edge, value);
  }

  // Reads `{a="x",…}`; false if it is not well formed.
  bool labels(const std::string& line, std::size_t& at, std::string& metric, std::string& edge) {
    std::set<std::string> seen;
    while (at < line.size() && line[at] != '}') {
      const std::size_t begin = ++at;
      const std::size_t equals = line.find("=\"", begin);
      if (equals == std::string::npos) return false;
      const std::string name = line.substr(begin, equals - begin);
      if (!seen.insert(name).second || name.empty()) return false;
      for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') continue;
        if (++at >= line.size() || std::string("\\\"n").find(line[at]) == std::string::npos) {
          return false;
        }
      }
      const std::string text = line.substr(begin, ++at - begin);
      const bool is_edge =
          (name == "le" && type_ == "histogram") || (name == "quantile" && type_ == "summary");
      if (is_edge) {
        edge = line.substr(equals + 2, at - equals - 3);
      } else {
        metric += text + ",";
      }
      if (at < line.size() && line[at] != ',' && line[at] != '}') return false;
    }
    return ++at <= line.size();
  }

  void check_value(const std::string& line, const std::string& suffix, const std::string& edge,
                   double value) {
    if (type_ == "counter" && !(value >= 0)) fault("counter below 0: " + line);
    if (type_ == "summary" && suffix.empty()) {
      const double quantile = edge.empty() ? -1 : std::stod(edge);
      if (quantile < 0 || quantile > 1) fault("quantile: " + line);
    }
    if (type_ != "histogram") return;
    if (suffix == "_bucket") {
      if (edge.find('.') == std::string::npos && edge.find('e') == std::string::npos &&
          edge != "+Inf") {
        fault("le is no canonical float: " + line);
      }
      const double upper = edge.empty() ? NAN : std::stod(edge);
      if (!(upper > last_edge_) || value < last_bucket_) fault("buckets: " + line);
      last_edge_ = upper;
      last_bucket_ = value;
    }
    if (suffix == "_count" && (!std::isinf(last_edge_) || value != last_bucket_)) {
      fault("count is not that of le=\"+Inf\": " + line);
    }
  }

  void end_metric() {
    last_edge_ = -INFINITY;
    last_bucket_ = 0;
  }
  void end_family() {
    end_metric();
    family_.clear();
    type_ = "unknown";
    metric_.clear();
    metrics_.clear();
    keywords_.clear();
    samples_in_family_ = 0;
  }

  std::string faults_;
  bool ended_ = false;
  std::set<std::string> families_, names_, series_, keywords_, metrics_;
  std::string family_, type_ = "unknown", metric_;
  std::size_t samples_in_family_ = 0;
  double last_edge_ = -INFINITY, last_bucket_ = 0;
};

TEST(OpenMetrics, TheCheckFindsFaults) {
  const std::string gauge = "# TYPE a gauge\n";
  const std::string histogram = "# TYPE a histogram\n";
  const std::string summary = "# TYPE a summary\n";
  for (const std::string& text : {
           gauge + "a 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n",
           gauge + "# TYPE b gauge\na 1\n",
           gauge + "# HELP a x\n# HELP a x\na 1\n",
           gauge + "a 1\na 2\n",
           gauge + "a{b=\"1\",b=\"2\"} 1\n",
           gauge + "a{b=\"1} 1\n",
           gauge + "a one\n",
           gauge + "a 1\n\n",
           gauge + "a 1\n# EOF\n",
           std::string("# TYPE a counter\na 1\n"),
           std::string("# TYPE a counter\n# TYPE a_total gauge\n"),
           summary + "a{quantile=\"99\"} 1\n",
           summary + "a_sum{b=\"1\"} 1\na_sum{b=\"2\"} 1\na_count{b=\"1\"} 1\n",
           histogram + "a_bucket{le=\"1.0\"} 2\na_bucket{le=\"+Inf\"} 1\n",
           histogram + "a_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 2\n",
           histogram + "a_bucket{le=\"+Inf\"} 1\na_count 2\n",
       }) {
    EXPECT_NE(OpenMetricsCheck(text + "# EOF\n").faults(), "") << text;
  }
  EXPECT_NE(OpenMetricsCheck(gauge + "a 1\n").faults(), "");
  EXPECT_EQ(OpenMetricsCheck(gauge + "a 1\n# EOF\n").faults(), "");
}

TEST(OpenMetrics, AnswersKeepItsRules) {
  const Servers servers;
  for (const std::string& configuration : configurations(servers)) {
    Polled daemon(configuration);
    const HttpResponse answer = daemon->get("/metrics", {{"Accept", kOpenMetricsAccept}});
    EXPECT_TRUE(answer.headers.at("content-type").starts_with("application/openmetrics-text"));
    const OpenMetricsCheck check(answer.body);
    EXPECT_EQ(check.faults(), "") << configuration;
    EXPECT_GT(check.samples(), 30U);
  }
}

std::string scrape_configuration(int port) {
  const std::string address = "127.0.0.1:" + std::to_string(port);
  return "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
         "scrape_configs:\n"
         "  - job_name: redis\n"
         "    honor_labels: true\n"
         "    static_configs: [{targets: [\"" +
         address +
         "\"]}]\n"
         "  - job_name: each\n"
         "    honor_labels: true\n"
         "    metrics_path: /scrape\n"
         "    http_sd_configs: [{url: \"http://" +
         address +
         "/sd\", refresh_interval: 1s}]\n"
         "    relabel_configs:\n"
         "      - {source_labels: [__address__], target_label: __param_target}\n"
         "      - {source_labels: [__param_target], target_label: instance}\n"
         "      - {target_label: __address__, replacement: \"" +
         address + "\"}\n";
}

class PrometheusTest : public testing::Test {
 protected:
  void expect_no_complaint() {
    const json targets = prometheus.get("/api/v1/targets");
    EXPECT_EQ(targets["activeTargets"].size(), 3U);
    for (const json& target : targets["activeTargets"]) {
      EXPECT_EQ(target["lastError"], "");
      EXPECT_EQ(target["health"], "up");
    }
    const std::string log = prometheus.process().output();
    for (const char* complaint : {"level=warn", "level=error", "duplicate", "out-of-order"}) {
      EXPECT_EQ(log.find(complaint), std::string::npos) << log;
    }
  }

  void expect_types_and_help() {
    const json metadata = prometheus.get("/api/v1/metadata");
    EXPECT_EQ(metadata["redis_up"][0]["type"], "gauge");
    EXPECT_NE(metadata["redis_up"][0]["help"], "");
    // Counters stand under the name of their family in OpenMetrics.
    EXPECT_EQ(metadata["redis_commands"][0]["type"], "counter");
    EXPECT_EQ(metadata["redis_commands_latencies_usec"][0]["type"], "histogram");
  }

  RedisServer first, second;
  Polled daemon{"targets:\n  - {url: \"" + first.url() +
                "\", alias: catalog, labels: {env: prod}}\n  - {url: \"" + second.url() + "\"}\n" +
                kAllOptIns};
  Prometheus prometheus{scrape_configuration(daemon->port())};
};

TEST_F(PrometheusTest, StoresWhatTwoJobsScrape) {
  use(first);
  ASSERT_TRUE(eventually([&] {
    return prometheus.value("count(up == 1)") == 3 &&
           prometheus.value("min(count_over_time(up[1m]))").value_or(0) >= 2 &&
           prometheus.value("redis_commands_total{cmd=\"incr\",job=\"redis\"}") == 1 &&
           prometheus.value("redis_commands_total{cmd=\"incr\",job=\"each\"}") == 1;
  })) << prometheus.process().output();
  expect_no_complaint();
  expect_types_and_help();
  for (const char* job : {"redis", "each"}) {
    const std::string in_job = std::string("job=\"") + job + "\"";
    EXPECT_EQ(prometheus.value("redis_up{instance=\"catalog\",env=\"prod\"," + in_job + "}"), 1);
    EXPECT_EQ(
        prometheus.value("redis_up{instance=\"" + second.address() + "\",env=\"\"," + in_job + "}"),
        1);
    EXPECT_EQ(prometheus.value("count(redis_up{" + in_job + "})"), 2);
    EXPECT_GT(prometheus
                  .value("redis_commands_latencies_usec_bucket{instance=\"catalog\",cmd=\"set\","
                         "le=\"+Inf\"," +
                         in_job + "}")
                  .value_or(0),
              0);
  }
  EXPECT_EQ(prometheus.value("count({__name__=~\".+\",exported_instance!=\"\"})"), std::nullopt);
  EXPECT_EQ(prometheus.value("count({__name__=~\".+\",exported_env!=\"\"})"), std::nullopt);
}

TEST(Gzip, IsAnsweredToWhoTakesIt) {
  const RedisServer server;
  Polled daemon("targets: [{url: \"" + server.url() + "\"}]\n" + kAllOptIns);
  const HttpResponse answer =
      daemon->get("/metrics", {{"Accept", kOpenMetricsAccept}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.headers.at("content-encoding"), "gzip");
  EXPECT_TRUE(answer.body.starts_with("\x1f\x8b"));
  EXPECT_LT(answer.body.size(), daemon->metrics().size() / 3);
}

}  // namespace
}  // namespace hitwatch::test
