// The same rule file in the daemon and in a Prometheus that scrapes it: the same alerts at the same
// times.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/harness.h"
#include "tests/system/prometheus.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using Seconds = std::chrono::seconds;

const std::string kRules =
    "groups:\n"
    "- name: g\n"
    "  interval: 1s\n"
    "  rules:\n"
    "  - record: keys:sum\n"
    "    expr: sum by (instance) (redis_db_keys)\n"
    "  - alert: ManyKeys\n"
    "    expr: keys:sum > 10\n"
    "    for: 2s\n"
    "    labels: {severity: warning, size: '{{ $value | humanize }}'}\n"
    "  - alert: Down\n"
    "    expr: redis_up == 0\n"
    "    for: 3s\n"
    "  - alert: Written\n"
    "    expr: increase(redis_commands_total{cmd=\"set\"}[10s]) > 5\n"
    "    keep_firing_for: 3s\n"
    "  - alert: Nobody\n"
    "    expr: absent(redis_up{instance=\"cache-1\"}) or redis_connected_clients > 1000\n";

// When each series of ALERTS was there, in seconds: from the first to the last point.
struct Span {
  double first;
  double last;
};
std::map<std::string, Span> spans(const json& matrix) {
  std::map<std::string, Span> spans;
  for (const json& series : matrix["result"]) {
    const json& values = series["values"];
    spans[series["metric"].dump()] = {values.front()[0], values.back()[0]};
  }
  return spans;
}

TEST(RulesBesidePrometheus, TheSameAlertsAtTheSameTimes) {
  const TempDir dir;
  const std::string rules = dir.write("rules.yaml", kRules);
  RedisServer server;
  server.command({"SET", "key:0", "x"});  // so that its counter is there
  const Hitwatch daemon(
      {"run", "--config",
       dir.write("hitwatch.yaml", "targets: [{url: '" + server.url() +
                                      "', alias: cache-1}]\npoll: {interval: 1s, timeout: 1s}\n"
                                      "keys: {sample: {enabled: false}}\n"
                                      "rules: {bundled: false, files: ['" +
                                      rules + "'], no_data: resolve, evaluation_interval: 1s}\n")});
  ASSERT_TRUE(daemon.shows("redis_up{instance=\"cache-1\"} 1"));
  const Prometheus prometheus(
      "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
      "rule_files: ['" +
      rules +
      "']\n"
      "scrape_configs:\n- job_name: redis\n  honor_labels: true\n  static_configs:\n"
      "  - targets: ['127.0.0.1:" +
      std::to_string(daemon.port()) + "']\n");
  ASSERT_TRUE(eventually([&] { return prometheus.value("redis_up") == 1; }));
  // What it thought before its first scrapes is not to be compared.
  std::this_thread::sleep_for(Seconds(3));
  const double began = static_cast<double>(std::time(nullptr));

  // At one stroke: no poll sees half of them.
  server.command({"EVAL", "for i = 0, 19 do redis.call('SET', 'key:' .. i, 'x') end", "0"});
  std::this_thread::sleep_for(Seconds(8));
  server.command({"FLUSHALL"});
  std::this_thread::sleep_for(Seconds(4));
  server.kill();
  std::this_thread::sleep_for(Seconds(8));
  server.restart();
  std::this_thread::sleep_for(Seconds(10));

  const std::string parameters =
      "/api/v1/query_range?query=ALERTS&step=1&start=" + std::to_string(began) +
      "&end=" + std::to_string(std::time(nullptr));
  const auto ours = spans(json::parse(daemon.get(parameters).body)["data"]);
  const auto theirs = spans(prometheus.get(parameters));
  std::set<std::string> our_names;
  std::set<std::string> their_names;
  for (const auto& [name, span] : ours) our_names.insert(name);
  for (const auto& [name, span] : theirs) their_names.insert(name);
  ASSERT_EQ(our_names, their_names);
  EXPECT_EQ(our_names.size(), 5U) << "two each of ManyKeys and Down, one of Written";
  // A scrape is up to a second behind a poll, and each side has slots of its own.
  constexpr double kApart = 4;
  for (const auto& [name, span] : ours) {
    EXPECT_NEAR(span.first, theirs.at(name).first, kApart) << name;
    EXPECT_NEAR(span.last, theirs.at(name).last, kApart) << name;
  }
}

}  // namespace
}  // namespace hitwatch::test
