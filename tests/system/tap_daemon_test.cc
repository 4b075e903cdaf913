// The wire tap in the daemon: lookups of applications that know nothing of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/packets/namespaces.h"
#include "tests/system/daemon_fixture.h"
#include "tests/system/own_network.h"

namespace hitwatch::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class TapDaemon : public DaemonTest {
 protected:
  void SetUp() override { ASSERT_TRUE(kMayCapture); }

  void tap(const std::string& entries = "") {
    start("targets: [{url: '" + server_.url() +
          "'}]\nkeys:\n  sample: {enabled: false}\n  patterns:\n"
          "    - {match: 'page:{tenant}:*'}\n    - {match: 'user:{tenant}'}\n"
          "tap: {enabled: true" +
          entries + "}\n");
    ASSERT_TRUE(daemon_->shows("redis_up 1")) << daemon_->process().output();
  }
  // Commands over one connection.
  void say(const std::string& commands) const {
    const auto finished = run_to_end({"sh", "-c",
                                      "redis-cli -p " + std::to_string(server_.port()) + " < " +
                                          dir_.write("commands", commands) + " > /dev/null"});
    ASSERT_EQ(finished.code, 0) << finished.output;
  }
  static std::string times(int count, const std::string& line) {
    std::string text;
    for (int i = 0; i < count; ++i) text += line + "\n";
    return text;
  }

  RedisServer server_;
};

TEST_F(TapDaemon, CountsByTenantAndTypeWhatApplicationsLookUp) {
  tap();
  say("SET page:acme:1 hello\nSET user:zeta value\n" + times(3, "GET page:acme:1") +
      times(2, "GET page:acme:2") + times(4, "GET user:zeta") + "MGET user:zeta user:none\n" +
      "HGET page:acme:1 f\n");
  for (
      const char* line : {
          R"(cache_hits_total{layer="redis",type="page",tenant="acme",source="tap"} 3)",
          R"(cache_misses_total{layer="redis",type="page",tenant="acme",source="tap"} 2)",
          R"(cache_hits_total{layer="redis",type="user",tenant="zeta",source="tap"} 5)",
          R"(cache_misses_total{layer="redis",type="user",tenant="none",source="tap"} 1)",
          R"(cache_errors_total{layer="redis",type="page",tenant="acme",operation="hget",source="tap"} 1)",
          R"(cache_bytes_total{layer="redis",type="page",tenant="acme",source="tap",direction="in"} 5)",
          R"(cache_bytes_total{layer="redis",type="user",tenant="zeta",source="tap",direction="out"} 25)",
      }) {
    EXPECT_TRUE(daemon_->shows(line)) << line;
  }
  EXPECT_EQ(
      sample(
          daemon_->metrics(),
          R"(cache_latency_seconds_count{layer="redis",type="user",tenant="zeta",operation="get",source="tap"})"),
      4);
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_up 1"));
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_packets_dropped_total 0"));
}

TEST_F(TapDaemon, AgreesWithTheServerAndSaysSo) {
  tap();
  ASSERT_TRUE(daemon_->shows("hitwatch_tap_coverage_ratio"));  // two polls were compared
  say(times(3000, "GET page:acme:1") + times(500, "HGET user:zeta f"));
  ASSERT_TRUE(daemon_->shows("hitwatch_tap_disagreement_ratio ", std::chrono::seconds(40)))
      << daemon_->metrics();
  EXPECT_LT(sample(daemon_->metrics(), "hitwatch_tap_disagreement_ratio"), 0.002);
  EXPECT_NEAR(sample(daemon_->metrics(), "hitwatch_tap_coverage_ratio").value_or(0), 1, 0.01);
  EXPECT_EQ(sample(daemon_->metrics(), "hitwatch_tap_lookups_total{result=\"miss\"}"), 3000);
  EXPECT_EQ(sample(daemon_->metrics(), "hitwatch_tap_lookups_total{result=\"undecided\"}"), 500);
  EXPECT_GE(sample(daemon_->metrics(), "hitwatch_tap_commands_total"), 3500);
  const auto data = get_json("/api/v1/tap")["data"];
  EXPECT_EQ(data["off"], "");
  EXPECT_THAT(data["ports"], ElementsAre(server_.port()));
  ASSERT_EQ(data["instances"].size(), 1);
  EXPECT_EQ(data["instances"][0]["name"], server_.address());
  // The tap and the server do not count at the same instant.
  EXPECT_NEAR(data["instances"][0]["coverage"].get<double>(), 1, 0.01);
  EXPECT_EQ(data["report"]["patterns"][0]["pattern"], "page:{tenant}:*");
}

TEST_F(TapDaemon, ScriptsAreToldOf) {
  tap();
  say("EVAL 'return 1' 0\n");
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_scripts_total 1"));
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_packets_cut_total 0"));
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_packets_repeated_total 0"));
}

TEST_F(TapDaemon, PacketsThatAreCutAreToldOf) {
  tap(", snaplen: 128");
  say("SET page:acme:1 " + std::string(2000, 'x') + "\n");
  EXPECT_TRUE(eventually([this] {
    return sample(daemon_->metrics(), "hitwatch_tap_packets_cut_total").value_or(0) > 0;
  })) << daemon_->metrics();
  EXPECT_GT(get_json("/api/v1/tap")["data"]["report"]["capture"]["cut"], 0);
}

// The filter in the kernel has room for so many.
TEST_F(TapDaemon, PortsThatAreLeftOutAreTold) {
  std::string targets;
  for (int port = 1; port <= 65; ++port) {
    targets += "  - {url: 'redis://127.0.0.1:" + std::to_string(port) + "'}\n";
  }
  start("targets:\n" + targets + "tap: {enabled: true}\n");
  EXPECT_TRUE(eventually([this] {
    return daemon_->process().output().contains("the tap watches only the lowest ports");
  })) << daemon_->process().output();
  EXPECT_EQ(get_json("/api/v1/tap")["data"]["ports"].size(), 64);
}

// What the server has counted when it is asked, the tap reads some tens of milliseconds later. A
// window that begins in the midst of much traffic must not tell the difference for ever.
TEST_F(TapDaemon, AgreesAlsoWhereItsWindowBeginsInABurst) {
  const std::string port = std::to_string(server_.port());
  const std::string rest =
      "keys: {sample: {enabled: false}}\ntap: {enabled: true, ports: [" + port + "]}\n";
  start("targets: []\n" + rest);
  ASSERT_TRUE(daemon_->shows("hitwatch_tap_up 1"));
  Process burst({"redis-benchmark", "-p", port, "-t", "get", "-n", "120000", "-c", "4", "-q"});
  ASSERT_TRUE(eventually(
      [this] { return get_json("/api/v1/tap")["data"]["report"]["total"]["commands"] > 20'000; }));
  dir_.write("hitwatch.yaml", "targets: [{url: '" + server_.url() +
                                  "'}]\npoll: {interval: 1s, timeout: 1s}\n" + rest);
  daemon_->process().signal(SIGHUP);
  EXPECT_EQ(burst.wait(), 0);
  // A tap that cannot keep up on a busy machine begins its window here.
  ASSERT_TRUE(eventually([this] {
    say(times(10, "PING"));
    return sample(daemon_->metrics(), "hitwatch_tap_coverage_ratio").has_value();
  })) << daemon_->metrics();
  say(times(3000, "GET page:acme:1"));
  ASSERT_TRUE(daemon_->shows("hitwatch_tap_disagreement_ratio ", std::chrono::seconds(40)))
      << daemon_->metrics();
  EXPECT_LT(sample(daemon_->metrics(), "hitwatch_tap_disagreement_ratio"), 0.005);
}

// A namespace has a loopback of its own, with the same addresses.
TEST_F(TapDaemon, AServerInANamespaceIsNotTheOneHere) {
  const packets::test::OwnNamespace container;
  const std::string port = std::to_string(server_.port());
  const std::string inside = "--net=" + container.path();
  const Process other(
      {"nsenter", inside, "redis-server", "--port", port, "--save", "", "--dir", dir_.path()});
  const auto ask = [&](const std::string& times) {
    return run_to_end(
               {"nsenter", inside, "redis-cli", "-p", port, "-r", times, "GET", "page:acme:1"})
        .code;
  };
  ASSERT_TRUE(eventually([&] { return ask("1") == 0; }));
  tap(", netns: ['" + container.path() + "', gone]");
  EXPECT_THAT(daemon_->process().output(), HasSubstr("/run/netns/gone"));
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_up 0"));
  ASSERT_EQ(ask("50"), 0);
  say(times(30, "GET page:acme:1"));
  EXPECT_TRUE(eventually([this] {
    return sample(daemon_->metrics(),
                  "cache_misses_total{layer=\"redis\",type=\"page\",tenant=\"acme\",source="
                  "\"tap\"}") == 80;
  })) << daemon_->metrics();
  // Counted a moment later.
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_lookups_total{result=\"miss\"} 30"));
}

// Looks at keys are the daemon's own lookups: no tenant's, and no disagreement.
TEST_F(TapDaemon, ItsOwnLookupsAreNobodys) {
  say(times(1, "SET page:acme:1 hello"));
  start("targets: [{url: '" + server_.url() +
        "'}]\nkeys:\n  sample: {interval: 1s}\n  patterns:\n"
        "    - {match: 'page:{tenant}:*'}\ntap: {enabled: true}\n");
  ASSERT_TRUE(daemon_->shows("cache_keys{")) << daemon_->metrics();
  say("GET page:acme:1\n");
  ASSERT_TRUE(daemon_->shows(
      R"(cache_hits_total{layer="redis",type="page",tenant="acme",source="tap"} 1)"));
  EXPECT_EQ(sample(daemon_->metrics(),
                   R"(cache_misses_total{layer="redis",type="page",tenant="acme",source="tap"})"),
            0);
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr(R"(type="unclassified",tenant="",source="tap")")));
}

TEST_F(TapDaemon, WithoutTheCapabilityItSaysSoAndAllElseWorks) {
  const std::string config = dir_.write("hitwatch.yaml", "targets: [{url: '" + server_.url() +
                                                             "'}]\ntap: {enabled: true}\n"
                                                             "poll: {interval: 1s}\n");
  const int port = free_port();
  const Process daemon({"setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw",
                        hitwatch_binary(), "run", "--config", config, "--web.listen-address",
                        "127.0.0.1:" + std::to_string(port)});
  EXPECT_TRUE(eventually([&] { return daemon.output().find("is running") != std::string::npos; }))
      << daemon.output();
  EXPECT_THAT(daemon.output(), HasSubstr("the wire tap is off, all else works"));
  EXPECT_THAT(daemon.output(), HasSubstr("CAP_NET_RAW"));
  const auto metrics = [&] {
    return run_to_end({"curl", "-s", "http://127.0.0.1:" + std::to_string(port) + "/metrics"})
        .output;
  };
  EXPECT_TRUE(eventually([&] { return sample(metrics(), "redis_up") == 1; })) << daemon.output();
  EXPECT_EQ(sample(metrics(), "hitwatch_tap_up"), 0);
}

TEST_F(TapDaemon, GivesTheCapabilityUpOnceItsSocketsAreOpen) {
  tap();
  const std::string tasks = "/proc/" + std::to_string(daemon_->process().pid()) + "/task";
  // CAP_NET_RAW, CAP_SYS_PTRACE, CAP_SYS_ADMIN
  constexpr std::uint64_t kGivenUp = 1U << 13 | 1U << 19 | 1U << 21;
  int threads = 0;
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("CapEff:") && !line.starts_with("CapPrm:")) continue;
      EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) & kGivenUp, 0) << line;
      ++threads;
    }
  }
  EXPECT_GT(threads, 4);
}

TEST_F(TapDaemon, AReloadChangesPatternsAndPorts) {
  tap();
  say("GET user:zeta\n");
  ASSERT_TRUE(daemon_->shows(
      R"(cache_misses_total{layer="redis",type="user",tenant="zeta",source="tap"} 1)"));
  dir_.write("hitwatch.yaml", "targets: [{url: '" + server_.url() +
                                  "'}]\nkeys:\n  sample: {enabled: false}\n  patterns:\n"
                                  "    - {match: 'user:{tenant}', type: person}\n"
                                  "tap: {enabled: true, ports: [1]}\n");
  daemon_->process().signal(SIGHUP);
  ASSERT_TRUE(eventually([this] { return get_json("/api/v1/tap")["data"]["ports"][0] == 1; }));
  say("GET user:zeta\n");
  dir_.write("hitwatch.yaml", "targets: [{url: '" + server_.url() +
                                  "'}]\nkeys:\n  sample: {enabled: false}\n  patterns:\n"
                                  "    - {match: 'user:{tenant}', type: person}\n"
                                  "tap: {enabled: true, interfaces: [lo, none0]}\n");
  daemon_->process().signal(SIGHUP);
  ASSERT_TRUE(
      eventually([this] { return get_json("/api/v1/tap")["data"]["ports"][0] == server_.port(); }));
  say("GET user:zeta\n");
  EXPECT_TRUE(daemon_->shows(
      R"(cache_misses_total{layer="redis",type="person",tenant="zeta",source="tap"} 1)"));
  EXPECT_THAT(daemon_->process().output(),
              HasSubstr("of tap, only ports and sample take effect before the next start"));
}

TEST_F(TapDaemon, AnInterfaceThatIsNotThereIsToldAndTheOthersCapture) {
  tap(", interfaces: [none0, lo]");
  EXPECT_TRUE(daemon_->shows("hitwatch_tap_up 0"));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("none0"));
  say("GET user:zeta\n");
  EXPECT_TRUE(daemon_->shows(
      R"(cache_misses_total{layer="redis",type="user",tenant="zeta",source="tap"} 1)"));
}

// Its clients come by where nobody looks.
TEST_F(TapDaemon, AServerOfWhichNothingIsSeenIsADisagreement) {
  tap(", ports: [1]");
  ASSERT_TRUE(daemon_->shows("redis_up 1"));
  ASSERT_TRUE(eventually([this] {
    say(times(10, "PING"));
    return sample(daemon_->metrics(), "hitwatch_tap_coverage_ratio") == 0;
  }));
  say(times(3000, "GET page:acme:1"));
  ASSERT_TRUE(daemon_->shows("hitwatch_tap_disagreement_ratio 1", std::chrono::seconds(40)))
      << daemon_->metrics();
}

TEST_F(TapDaemon, OffItSaysNothing) {
  watch(server_);
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("hitwatch_tap_")));
  const auto data = get_json("/api/v1/tap")["data"];
  EXPECT_EQ(data["enabled"], false);
  EXPECT_EQ(data["off"], "tap.enabled is false");
  EXPECT_EQ(data["report"], nullptr);
}

}  // namespace
}  // namespace hitwatch::test
