// Many targets: daemons that share them, a thousand that refuse, and what becomes of the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;

class FleetTest : public DaemonTest {
 protected:
  static constexpr const char* kQuiet =
      "keys: {sample: {enabled: false}}\napps: {statsd: {listen: []}}\nrules: {bundled: false}\n";

  // Of servers that nobody is.
  static std::string targets(int count) {
    std::string list = "targets:\n";
    for (int i = 0; i < count; ++i) {
      list += "  - url: '127.2." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250) +
              ":1'\n";
    }
    return list;
  }
  std::string own_metrics() const { return daemon_->get("/metrics?only=own").body; }
  bool is_ready() const { return daemon_->get("/-/ready").status == 200; }
};

TEST_F(FleetTest, AThousandThatRefuseAreToldOfOnce) {
  start(targets(1000) + kQuiet);
  ASSERT_TRUE(eventually([&] { return is_ready(); }));
  // Three more polls of each, on average.
  const auto failed = [&] { return sample(own_metrics(), "hitwatch_polls_failed_total").value(); };
  ASSERT_TRUE(eventually([&] { return failed() >= 4000; }, std::chrono::seconds(60)));
  const std::string log = daemon_->process().output();
  EXPECT_LE(occurrences(log, "reason=refused"), 1000);
  // A machine that is too slow makes some of them time out.
  EXPECT_LE(occurrences(log, "reason=timeout"), 1000);
  EXPECT_LE(occurrences(log, "\n"),
            occurrences(log, "reason=refused") + occurrences(log, "reason=timeout") + 50);
  EXPECT_TRUE(eventually([&] { return sample(own_metrics(), "hitwatch_connects_waiting") == 0; }));
  EXPECT_GE(sample(own_metrics(), "hitwatch_connects_total").value(), 4000);
  std::printf("CPU of 1,000 targets that refuse: %.2f s after %.0f polls\n",
              sample(own_metrics(), "process_cpu_seconds_total").value(), failed());
}

TEST_F(FleetTest, ShardsHaveAllTargetsTogetherAndNoneTwice) {
  const std::string config =
      dir_.write("hitwatch.yaml", targets(60) + kQuiet + "poll: {interval: 1s, timeout: 1s}\n");
  std::set<std::string> seen;
  for (const std::string shard : {"1/3", "2/3", "3/3"}) {
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", config, "--shard", shard});
    const auto listed = get_json("/sd");
    for (const auto& group : listed) {
      EXPECT_TRUE(seen.insert(group["targets"][0]).second) << group << " is watched twice";
    }
    const std::string metrics = own_metrics();
    EXPECT_THAT(metrics, HasSubstr("\nhitwatch_shard_info{shard=\"" + shard + "\"} 1\n"));
    EXPECT_EQ(sample(metrics, "hitwatch_targets"), static_cast<double>(listed.size()));
    EXPECT_EQ(sample(metrics, "hitwatch_targets_elsewhere"),
              static_cast<double>(60 - listed.size()));
  }
  EXPECT_EQ(seen.size(), 60U);
}

TEST_F(FleetTest, AReloadMayChangeTheShard) {
  start(targets(40) + kQuiet + "shard: 1/2\n");
  const auto before = get_json("/sd");
  EXPECT_LT(before.size(), 40U);
  dir_.write("hitwatch.yaml", targets(40) + kQuiet + "poll: {interval: 1s, timeout: 1s}\n");
  daemon_->process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return get_json("/sd").size() == 40; }));
  EXPECT_THAT(own_metrics(), HasSubstr("\nhitwatch_shard_info{shard=\"1/1\"} 1\n"));
  EXPECT_THAT(own_metrics(), HasSubstr("\nhitwatch_targets_elsewhere 0\n"));
}

TEST_F(FleetTest, ACheckSaysHowManyTargetsAreOfTheShard) {
  const std::string config = dir_.write("hitwatch.yaml", targets(10) + "shard: 2/5\n");
  const Finished checked = run_to_end({hitwatch_binary(), "check", "config", config});
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_THAT(checked.output, HasSubstr("shard 2/5: "));
  EXPECT_THAT(checked.output, HasSubstr(" of the 10 targets"));
  const Finished wrong =
      run_to_end({hitwatch_binary(), "run", "--config", config, "--shard", "6/5"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.output, HasSubstr("--shard: the shards of 5 are 1/5 to 5/5"));
}

TEST_F(FleetTest, ACheckCountsWhatServersAreFoundWith) {
  const Finished checked = run_to_end({hitwatch_binary(), "check", "config",
                                       dir_.write("hitwatch.yaml",
                                                  "targets:\n"
                                                  "  - sentinel: {urls: ['redis://a:26379']}\n"
                                                  "  - sentinel: {urls: ['redis://b:26379']}\n"
                                                  "  - cluster: {urls: ['redis://c']}\n"
                                                  "  - cluster: {urls: ['redis://d']}\n")});
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_THAT(checked.output, HasSubstr("valid, 0 targets, 2 sets of sentinels, 2 clusters, "));
}

TEST_F(FleetTest, AServerUnderTwoNamesIsToldOfOnce) {
  const RedisServer server;
  const std::string port = std::to_string(server.port());
  start("targets: [{url: '127.0.0.1:" + port + "'}, {url: 'localhost:" + port + "'}]\n" + kQuiet);
  const std::string polls = "redis_exporter_scrapes_total{instance=\"localhost:" + port + "\"}";
  ASSERT_TRUE(eventually([&] { return sample(daemon_->metrics(), polls).value_or(0) >= 3; }));
  EXPECT_EQ(occurrences(daemon_->process().output(), "two targets are the same server"), 1);
}

}  // namespace
}  // namespace hitwatch::test
