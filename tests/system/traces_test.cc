// From the page that came in, over the poll that saw it, to the slow command that caused it: spans
// of the built daemon, of real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/application.h"
#include "tests/system/daemon_fixture.h"
#include "tests/system/fixed_receiver.h"
#include "tests/system/span_receiver.h"

namespace hitwatch::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kMilli = 1'000'000;

// An entry of the server's own slow log.
struct LoggedCommand {
  std::int64_t id = 0;
  std::int64_t second = 0;
  std::int64_t usec = 0;
};

class Traces : public testing::Test {
 protected:
  // Everything slower than ten milliseconds is logged.
  static std::vector<std::string> slow_log() {
    return {"--slowlog-log-slower-than", "10000", "--enable-debug-command", "yes"};
  }

  void start(const std::string& more = "") {
    daemon_.reset();
    dir_.write("hitwatch.yaml",
               "targets: [{url: '" + server_.url() + "', alias: catalog}]\n" +
                   "keys: {sample: {enabled: false}, patterns: [{match: 'catalog:{tenant}:*', "
                   "type: catalog}]}\n"
                   "poll: {interval: 400ms, timeout: 400ms}\n"
                   "storage: {path: '" +
                   data() + "'}\n" +
                   (more.empty() ? "rules: {bundled: false}\n" + traces() : more));
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", dir_.path("hitwatch.yaml")},
        Process::Environment{{"OTEL_BSP_SCHEDULE_DELAY", "50"}});
    wait_for_polls(1);
  }
  std::string traces() const { return "traces: {otlp: {endpoint: '" + receiver_->url() + "'}}\n"; }
  // Alerts of slow.yaml, without delay.
  static std::string told_at_once(const FixedReceiver& page) {
    return "rules: {bundled: false, files: [slow.yaml], evaluation_interval: 1s}\n"
           "notify:\n  route: {receiver: page, group_wait: 0s}\n"
           "  receivers: [{name: page, webhook_configs: [{url: '" +
           page.url() + "'}]}]\n";
  }
  std::string data() const {
    const std::string path = dir_.path("data");
    std::filesystem::create_directory(path);
    return path;
  }
  // So many more polls.
  void wait_for_polls(int count) const {
    const std::string series = "redis_exporter_scrapes_total{instance=\"catalog\"}";
    const double before = sample(daemon_->metrics(), series).value_or(0);
    ASSERT_TRUE(eventually([&] {
      return sample(daemon_->metrics(), series).value_or(0) >= before + count;
    })) << daemon_->process().output();
  }
  // The newest entry of the server's slow log whose command begins so.
  LoggedCommand logged(const std::string& command) const {
    std::istringstream reply(server_.command({"SLOWLOG", "GET", "100"}));
    std::vector<std::string> lines;
    for (std::string line; std::getline(reply, line);) lines.push_back(line);
    for (std::size_t i = 3; i < lines.size(); ++i) {
      if (lines[i] != command) continue;
      return {std::atoll(lines[i - 3].c_str()), std::atoll(lines[i - 2].c_str()),
              std::atoll(lines[i - 1].c_str())};
    }
    ADD_FAILURE() << "no " << command << " in the slow log";
    return {};
  }
  // Sleeps of the server that were told, by the ids of the log.
  std::vector<std::string> told() const {
    std::vector<std::string> ids;
    for (const ReceivedSpan& span : receiver_->named("DEBUG SLEEP")) {
      ids.push_back(span.at("hitwatch.slowlog.id"));
    }
    return ids;
  }
  void expect_told(std::size_t count, int polls = 3) const {
    EXPECT_TRUE(eventually([&] { return told().size() >= count; })) << daemon_->process().output();
    wait_for_polls(polls);
    const std::vector<std::string> ids = told();
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), count) << "each once";
  }
  void sleep_server(const std::string& seconds = "0.03") const {
    server_.command({"DEBUG", "SLEEP", seconds});
  }

  TempDir dir_;
  RedisServer server_{slow_log()};
  std::unique_ptr<SpanReceiver> receiver_ = std::make_unique<SpanReceiver>();
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(Traces, ASlowCommandIsOneSpanAtItsTime) {
  start();
  sleep_server("0.2");
  const ReceivedSpan span = receiver_->wait_for("DEBUG SLEEP");
  const LoggedCommand entry = logged("DEBUG");
  EXPECT_EQ(span.end - span.start, entry.usec * 1000);
  EXPECT_GE(span.end, entry.second * kNanos);
  EXPECT_LE(span.end, (entry.second + 1) * kNanos);
  EXPECT_EQ(span.at("hitwatch.slowlog.id"), std::to_string(entry.id));
  EXPECT_EQ(span.at("hitwatch.log.timestamp"), std::to_string(entry.second));
  EXPECT_EQ(span.at("db.system.name"), "redis");
  EXPECT_EQ(span.at("db.query.text"), "DEBUG SLEEP ?");
  EXPECT_EQ(span.at("server.address"), "127.0.0.1");
  EXPECT_EQ(span.at("server.port"), std::to_string(server_.port()));
  EXPECT_EQ(span.at("client.address"), "127.0.0.1");
  EXPECT_EQ(span.resource.at("service.name"), "hitwatch");
  // Polls come twice a second and more, and the last one waited for this very command.
  EXPECT_LE(std::atof(span.at("hitwatch.end_time.uncertainty").c_str()), 1.0);
  expect_told(1, 10);
}

TEST_F(Traces, AScriptIsNamedByTheTypeOfItsKey) {
  start();
  server_.command(
      {"EVAL", "local n = 0 for i = 1, 5000000 do n = n + i end return n", "1", "catalog:acme:42"});
  const ReceivedSpan span = receiver_->wait_for("EVAL catalog");
  EXPECT_EQ(span.end - span.start, logged("EVAL").usec * 1000);
  EXPECT_EQ(span.at("cache.tenant"), "acme");
  EXPECT_EQ(span.at("db.query.text"), "EVAL ? ? ?");
}

TEST_F(Traces, ASlowCommandIsToldOnceWhateverRestarts) {
  start();
  sleep_server();
  expect_told(1);
  start();  // the daemon
  expect_told(1);
  sleep_server();
  expect_told(2);
  server_.command({"SLOWLOG", "RESET"});
  expect_told(2);
  sleep_server();
  expect_told(3);
  server_.restart();
  wait_for_polls(2);
  sleep_server();
  eventually([&] { return told().size() >= 4; });
  EXPECT_EQ(told().size(), 4U);
}

TEST_F(Traces, ADaemonThatIsKilledTellsNothingTwice) {
  start();
  sleep_server();
  expect_told(1);
  daemon_->process().signal(SIGKILL);
  daemon_->process().wait();
  sleep_server();  // meanwhile
  start();
  expect_told(2);
}

TEST_F(Traces, WhatAShortLogHasDroppedIsCounted) {
  server_.command({"CONFIG", "SET", "slowlog-max-len", "1"});
  start();
  sleep_server();
  expect_told(1);
  constexpr int kBurst = 30;
  Application application(server_.port());
  std::vector<Application::Arguments> burst(kBurst, {"DEBUG", "SLEEP", "0.011"});
  application.pipeline(burst);
  const auto missed = [&] {
    int sum = 0;
    for (const ReceivedSpan& poll : receiver_->named("poll")) {
      if (const std::string text = poll.at("hitwatch.slowlog.missed"); text != "(none)") {
        sum += std::atoi(text.c_str());
      }
    }
    return sum;
  };
  // Of whatever command: on a busy machine others are slow, too.
  const auto told_ids = [&] {
    std::vector<std::string> ids;
    for (const ReceivedSpan& span : receiver_->spans()) {
      if (span.at("hitwatch.slowlog.id") != "(none)") ids.push_back(span.at("hitwatch.slowlog.id"));
    }
    return ids;
  };
  const auto newest = [&] { return std::atoi(server_.command({"SLOWLOG", "GET", "1"}).c_str()); };
  EXPECT_GE(newest(), kBurst);
  EXPECT_TRUE(
      eventually([&] { return missed() + static_cast<int>(told_ids().size()) == newest() + 1; }));
  EXPECT_GT(missed(), 0);
  const std::vector<std::string> ids = told_ids();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size()) << "each once";
  EXPECT_GT(sample(daemon_->metrics(), "hitwatch_slowlog_entries_missed_total"), 0);
}

TEST_F(Traces, ALongLogLosesNothing) {
  server_.command({"CONFIG", "SET", "slowlog-max-len", "5000"});
  server_.command({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  start();
  Application application(server_.port());
  application.pipeline(std::vector<Application::Arguments>(2000, {"GET", "catalog:acme:1"}));
  EXPECT_TRUE(eventually([&] { return receiver_->named("GET catalog").size() >= 2000; }));
  wait_for_polls(3);
  EXPECT_EQ(receiver_->named("GET catalog").size(), 2000U);
}

TEST_F(Traces, LatencyEventsAreSpans) {
  server_.command({"CONFIG", "SET", "latency-monitor-threshold", "20"});
  start();
  sleep_server("0.05");
  const ReceivedSpan span = receiver_->wait_for("latency command");
  EXPECT_GE(span.end - span.start, 50 * kMilli);
  EXPECT_EQ(span.at("hitwatch.latency.event"), "command");
  EXPECT_EQ(span.at("server.port"), std::to_string(server_.port()));
  wait_for_polls(4);
  // There may be others, on a busy machine.
  std::vector<std::string> seconds;
  for (const ReceivedSpan& one : receiver_->named("latency command")) {
    seconds.push_back(one.at("hitwatch.log.timestamp"));
  }
  EXPECT_EQ(std::set<std::string>(seconds.begin(), seconds.end()).size(), seconds.size())
      << "each once";
}

TEST_F(Traces, WhatHappensToAServerIsAnEventOfThePollThatSawIt) {
  start();
  RedisServer other;
  server_.command({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
  EXPECT_TRUE(eventually(
      [&] { return std::ranges::count(receiver_->events(), "redis.role_changed") > 0; }));
  server_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(eventually(
      [&] { return std::ranges::count(receiver_->events(), "redis.role_changed") > 1; }));
  server_.kill();
  // The first attempts may find the process on its way out.
  EXPECT_TRUE(eventually([&] {
    const auto connects = receiver_->named("connect");
    return std::ranges::any_of(connects, [](const ReceivedSpan& connect) {
      return connect.status == 2 && connect.at("error.type") == "refused";
    });
  })) << "where it failed";
  EXPECT_THAT(receiver_->events(), Contains("redis.down"));
  const auto polls = receiver_->named("poll");
  EXPECT_TRUE(std::ranges::any_of(polls, [](const ReceivedSpan& poll) {
    return poll.status == 2 && poll.at("error.type") == "refused";
  }));
  server_.restart();
  EXPECT_TRUE(eventually([&] { return std::ranges::count(receiver_->events(), "redis.up") > 0; }));
  EXPECT_TRUE(
      eventually([&] { return std::ranges::count(receiver_->events(), "redis.restarted") == 1; }));
  server_.command({"CLIENT", "KILL", "TYPE", "normal"});
  EXPECT_TRUE(
      eventually([&] { return std::ranges::count(receiver_->events(), "redis.reconnected") > 0; }));
}

TEST_F(Traces, AllPollsAreSentWhereTheEnvironmentSaysSo) {
  server_.command({"CONFIG", "SET", "requirepass", "secret"});
  dir_.write("password", "secret");
  dir_.write("all.yaml", "targets: [{url: '" + server_.url() +
                             "', alias: catalog, password_file: '" + dir_.path("password") +
                             "'}]\n" +
                             "poll: {interval: 400ms, timeout: 400ms}\nrules: {bundled: false}\n");
  daemon_ = std::make_unique<Hitwatch>(
      std::vector<std::string>{"run", "--config", dir_.path("all.yaml")},
      Process::Environment{{"OTEL_EXPORTER_OTLP_ENDPOINT", receiver_->url()},
                           {"OTEL_TRACES_SAMPLER", "always_on"},
                           {"OTEL_SERVICE_NAME", "cache-watch"}});
  EXPECT_TRUE(eventually([&] { return receiver_->named("poll").size() >= 3; }));
  const ReceivedSpan first = receiver_->named("poll").front();
  EXPECT_EQ(first.resource.at("service.name"), "cache-watch");
  EXPECT_EQ(first.at("network.peer.address"), "127.0.0.1");
  std::set<std::string> failed;  // there may be some, on a busy machine
  for (const ReceivedSpan& poll : receiver_->named("poll")) {
    if (poll.status == 2) failed.insert(poll.id);
  }
  std::set<std::string> steps;
  for (const ReceivedSpan& span : receiver_->spans()) {
    const bool of_failed = failed.contains(span.parent) || failed.contains(span.id);
    EXPECT_TRUE(span.status != 2 || of_failed) << span.name;
    if (span.parent == first.id) steps.insert(span.name);
  }
  EXPECT_THAT(steps, testing::IsSupersetOf({"connect", "auth", "round trip", "parse"}));
}

TEST_F(Traces, OneLeadsFromThePageToTheCommand) {
  FixedReceiver page("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  dir_.write("slow.yaml",
             "groups:\n- name: slow\n  rules:\n  - alert: SlowCommands\n"
             "    expr: redis_slowlog_last_id >= 0 and redis_last_slow_execution_duration_seconds "
             "> 0.02\n");
  start(told_at_once(page) + traces());
  sleep_server();
  ASSERT_TRUE(eventually([&] { return page.requests().contains("trace_id"); }))
      << daemon_->process().output();

  const ReceivedSpan delivery = receiver_->wait_for("notify webhook");
  EXPECT_THAT(page.requests(), HasSubstr("\"trace_id\":\"" + delivery.trace + "\""));
  EXPECT_THAT(page.requests(),
              HasSubstr("traceparent: 00-" + delivery.trace + "-" + delivery.id + "-01"));
  EXPECT_EQ(delivery.at("http.response.status_code"), "200");
  const ReceivedSpan transition = receiver_->wait_for("alert SlowCommands firing");
  EXPECT_EQ(delivery.parent, transition.id);
  const ReceivedSpan evaluation = receiver_->wait_for("evaluate slow");
  EXPECT_EQ(transition.parent, evaluation.id);
  EXPECT_EQ(delivery.trace, evaluation.trace);
  // The sample may be of a poll after the one that saw the command first.
  ASSERT_EQ(transition.links.size(), 1U);
  const auto polls = receiver_->named("poll");
  EXPECT_TRUE(std::ranges::any_of(
      polls, [&](const ReceivedSpan& poll) { return transition.leads_to(poll); }));
  const ReceivedSpan slow = receiver_->wait_for("DEBUG SLEEP");
  EXPECT_TRUE(std::ranges::any_of(
      polls, [&](const ReceivedSpan& poll) { return poll.leads_to(slow) && slow.leads_to(poll); }));
}

TEST_F(Traces, AnAlertmanagerThatCannotBeAskedIsAFailedDelivery) {
  FixedReceiver alertmanager("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  dir_.write("slow.yaml",
             "groups:\n- name: slow\n  rules:\n  - alert: SlowCommands\n"
             "    expr: redis_last_slow_execution_duration_seconds > 0.02\n");
  const std::string token = dir_.write("token", "a");
  start(
      "rules: {bundled: false, files: [slow.yaml], evaluation_interval: 1s}\n"
      "notify:\n  alertmanagers: [{url: '" +
      alertmanager.url() + "', authorization: {credentials_file: '" + token +
      "'}, http_headers: {traceparent: {values: [mine]}}}]\n" + traces());
  std::filesystem::remove(token);
  sleep_server();
  const ReceivedSpan span = receiver_->wait_for("notify alertmanager");
  EXPECT_EQ(span.status, 2);
  EXPECT_EQ(span.at("error.type"), "no_answer");
  EXPECT_EQ(span.at("server.address"), "127.0.0.1");
  dir_.write("token", "a");
  ASSERT_TRUE(eventually([&] { return alertmanager.requests().contains("SlowCommands"); }))
      << daemon_->process().output();
  EXPECT_THAT(alertmanager.requests(), HasSubstr("traceparent: mine\r\n"));
  EXPECT_THAT(alertmanager.requests(), Not(HasSubstr("traceparent: 00-")));
}

TEST_F(Traces, ARequestWithACallersTraceIsASpanOfIt) {
  start();
  daemon_->get("/api/v1/targets",
               {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
  const ReceivedSpan span = receiver_->wait_for("GET /api/v1/targets");
  EXPECT_EQ(span.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span.parent, "00f067aa0ba902b7");
}

TEST_F(Traces, RequestsThatLeadNowhereAreSpansToo) {
  start();
  const std::map<std::string, std::string> caller = {
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  daemon_->get("/nowhere", caller);
  EXPECT_EQ(receiver_->wait_for("GET").at("http.response.status_code"), "404");
  httplib::Client("127.0.0.1", daemon_->port())
      .Delete("/api/v1/targets", httplib::Headers(caller.begin(), caller.end()));
  EXPECT_EQ(receiver_->wait_for("DELETE /api/v1/targets").at("http.response.status_code"), "405");
}

TEST_F(Traces, AReceiverThatIsAwayLosesNothingAndHoldsUpNobody) {
  FixedReceiver page("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const int port = receiver_->port();
  dir_.write("slow.yaml",
             "groups:\n- name: slow\n  rules:\n  - alert: Always\n    expr: redis_up == 1\n");
  receiver_ = nullptr;
  start(told_at_once(page) + "traces: {otlp: {endpoint: 'http://127.0.0.1:" + std::to_string(port) +
        "'}}\n");
  sleep_server();
  EXPECT_TRUE(eventually([&] { return page.requests().contains("Always"); }));
  wait_for_polls(4);
  receiver_ = std::make_unique<SpanReceiver>(port);
  expect_told(1);
}

TEST_F(Traces, AReceiverThatHangsHoldsUpNobody) {
  FixedReceiver page("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  // It answers nothing for as long as the test takes.
  FixedReceiver hanging("", [](int socket) { receive(socket); });
  dir_.write("slow.yaml",
             "groups:\n- name: slow\n  rules:\n  - alert: Always\n    expr: redis_up == 1\n");
  start(told_at_once(page) + "traces: {otlp: {endpoint: '" + hanging.url() + "'}}\n");
  sleep_server();
  EXPECT_TRUE(eventually([&] { return hanging.requests().contains("POST /v1/traces"); }));
  EXPECT_TRUE(eventually([&] { return page.requests().contains("Always"); }));
  wait_for_polls(4);
}

TEST_F(Traces, WithoutAnEndpointNothingIsKeptOrAsked) {
  start("rules: {bundled: false}\n");
  sleep_server();
  wait_for_polls(3);
  EXPECT_TRUE(receiver_->spans().empty());
  EXPECT_FALSE(std::filesystem::exists(data() + "/events.json"));
  EXPECT_THAT(server_.command({"INFO", "commandstats"}), Not(HasSubstr("latency|history")));
}

}  // namespace
}  // namespace hitwatch::test
