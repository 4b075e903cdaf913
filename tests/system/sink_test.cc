// `hitwatch sink`: what it shows, and that it fails as it is told.
#include "tests/system/sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "tests/system/alertmanager.h"
#include "tests/system/gzip.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kBody = R"({"status":"firing"})";

httplib::Result send(const SinkProcess& sink, const std::string& body,
                     const httplib::Headers& headers = {}, const std::string& path = "/") {
  httplib::Client client("127.0.0.1", sink.port());
  return client.Post(path, headers, body, "application/json");
}

int status_of(const httplib::Result& answer) { return answer ? answer->status : 0; }

TEST(Sink, ShowsMessagesAndAcceptsThem) {
  const SinkProcess sink;
  const auto answer = send(sink, kBody, {{"webhook-id", "msg_1"}});
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->body, "ok");
  EXPECT_THAT(sink.output(), HasSubstr(" #1 json from 127.0.0.1:"));
  EXPECT_THAT(sink.output(), HasSubstr(": POST /, answered 200\n  id msg_1\n"));
}

httplib::Result send_spans(const SinkProcess& sink, const std::string& body,
                           const std::string& type = "application/json",
                           const httplib::Headers& headers = {}) {
  httplib::Client client("127.0.0.1", sink.port());
  return client.Post("/v1/traces", headers, body, type.c_str());
}

constexpr const char* kSpans = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"one"}]}]}]})";

TEST(Sink, TakesSpansAndAnswersInTheirEncoding) {
  const SinkProcess sink;
  const auto json_answer = send_spans(sink, kSpans);
  EXPECT_EQ(status_of(json_answer), 200);
  EXPECT_EQ(json_answer->body, "{}");
  EXPECT_EQ(json_answer->get_header_value("Content-Type"), "application/json");
  const auto answer = send_spans(sink, "", "application/x-protobuf");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(answer->get_header_value("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(
      status_of(send_spans(sink, gzip(kSpans), "application/json", {{"Content-Encoding", "gzip"}})),
      200);
  EXPECT_THAT(sink.output(), HasSubstr(" #1 spans from 127.0.0.1:"));
  EXPECT_THAT(sink.output(), HasSubstr("  one  unset"));
}

TEST(Sink, RefusesSpansThatAreNone) {
  const SinkProcess sink;
  EXPECT_EQ(status_of(send_spans(sink, "{", "application/json")), 400);
  EXPECT_EQ(status_of(send_spans(sink, "\xff", "application/x-protobuf")), 400);
  EXPECT_EQ(status_of(send_spans(sink, std::string(1000, '['), "application/json")), 400);
  EXPECT_EQ(status_of(send_spans(sink, kSpans, "text/plain")), 415);
  EXPECT_EQ(status_of(send_spans(sink, kSpans, "application/json", {{"Content-Encoding", "br"}})),
            415);
  EXPECT_EQ(status_of(send_spans(sink, "nothing of gzip", "application/json",
                                 {{"Content-Encoding", "gzip"}})),
            400);
  EXPECT_THAT(sink.output(), HasSubstr("answered 415\n  the Content-Type of spans is"));
}

// A real server, and a real daemon that is told where spans go.
class SinkOfSpans : public testing::Test {
 protected:
  SinkOfSpans() { redis_.command({"CONFIG", "SET", "slowlog-log-slower-than", "5000"}); }

  void start(const std::string& traces, const std::vector<std::string>& flags = {},
             const Process::Environment& variables = {}) {
    std::vector<std::string> arguments = {
        "run", "--config",
        dir_.write("h.yaml", "targets: [{url: '" + redis_.url() +
                                 "', alias: cache-1}]\n"
                                 "poll: {interval: 200ms}\n"
                                 "rules: {bundled: false}\n"
                                 "keys: {sample: {enabled: false}}\n"
                                 "apps: {statsd: {listen: []}}\n"
                                 "storage: {path: " +
                                 dir_.path("state") + "}\n" + traces)};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    daemon_ = std::make_unique<Hitwatch>(arguments, variables);
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
    redis_.command({"EVAL", "for i = 1, 3000000 do end", "0"});
  }
  bool receives(const std::string& words) const {
    return eventually([&] { return sink_.output().contains(words); });
  }

  RedisServer redis_;
  SinkProcess sink_;
  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(SinkOfSpans, TheFlagGoesBeforeTheFile) {
  start("traces: {otlp: {endpoint: 'http://127.0.0.1:1'}, queue: {delay: 100ms}}\n",
        {"--otlp", sink_.url()});
  EXPECT_TRUE(receives("db.query.text=\"EVAL ")) << sink_.output();
  EXPECT_THAT(sink_.output(), HasSubstr(" ms  hitwatch  EVAL"));
  EXPECT_THAT(sink_.output(), HasSubstr("hitwatch.target=cache-1"));
}

TEST_F(SinkOfSpans, TheEnvironmentIsEnough) {
  start("", {},
        {{"OTEL_EXPORTER_OTLP_ENDPOINT", sink_.url()},
         {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"},
         {"OTEL_EXPORTER_OTLP_COMPRESSION", "none"},
         {"OTEL_BSP_SCHEDULE_DELAY", "100"},
         {"OTEL_SERVICE_NAME", "cache-watch"}});
  EXPECT_TRUE(receives("db.query.text=\"EVAL ")) << sink_.output();
  EXPECT_THAT(sink_.output(), HasSubstr(" ms  cache-watch  EVAL"));
}

TEST_F(SinkOfSpans, NothingIsSentWhereTheSdkIsDisabled) {
  start("traces: {otlp: {endpoint: '" + sink_.url() + "'}}\n", {"--otlp", sink_.url()},
        {{"OTEL_SDK_DISABLED", "TRUE"}});
  ASSERT_TRUE(daemon_->shows("redis_slowlog_entries_total{instance=\"cache-1\",cmd=\"eval\"} 1"))
      << daemon_->metrics();
  EXPECT_TRUE(daemon_->shows("hitwatch_spans_exported_total 0"));
  EXPECT_TRUE(daemon_->shows("hitwatch_spans_queued 0"));
  EXPECT_THAT(sink_.output(), Not(HasSubstr("spans from")));
}

TEST(Sink, FailsTheFirstMessagesAndTellsOfRepetitions) {
  const SinkProcess sink({"--json", "--fail", "2", "--status", "503", "--retry-after", "7"});
  for (int i = 0; i < 2; ++i) {
    const auto answer = send(sink, kBody, {{"webhook-id", "msg_1"}});
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ(answer->get_header_value("Retry-After"), "7");
  }
  const auto answer = send(sink, kBody, {{"webhook-id", "msg_1"}});
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_FALSE(answer->has_header("Retry-After"));
  const auto messages = sink.messages();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0]["seenBefore"], 0);
  EXPECT_EQ(messages[2]["seenBefore"], 2);
  EXPECT_EQ(messages[1]["answer"], 503);
  EXPECT_EQ(messages[2]["answer"], 200);
  EXPECT_EQ(messages[2]["body"], json::parse(kBody));
}

TEST(Sink, WithAStatusAloneFailsAlwaysWithFailAloneSays500) {
  const SinkProcess refusing({"--status", "400"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(send(refusing, kBody)), 400);
  const SinkProcess failing({"--fail", "1"});
  EXPECT_EQ(status_of(send(failing, kBody)), 500);
  EXPECT_EQ(status_of(send(failing, kBody)), 200);
}

TEST(Sink, ADelayHoldsUpNobodyElse) {
  SinkProcess sink({"--json", "--delay", "1h"});
  std::thread waiting([&] { EXPECT_EQ(status_of(send(sink, kBody)), 0); });
  std::thread too([&] { EXPECT_EQ(status_of(send(sink, kBody)), 0); });
  EXPECT_TRUE(eventually([&] { return sink.messages().size() == 2; })) << sink.output();
  httplib::Client client("127.0.0.1", sink.port());
  EXPECT_EQ(status_of(client.Get("/")), 200);  // which is no message
  sink.process().signal(SIGINT);
  EXPECT_EQ(sink.process().wait(), 0);
  waiting.join();
  too.join();
  EXPECT_EQ(sink.messages().size(), 2U);
}

TEST(Sink, AnswersAfterTheDelay) {
  const SinkProcess sink({"--delay", "50ms"});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(status_of(send(sink, kBody)), 200);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
}

TEST(Sink, EndsAfterSoManyAnswers) {
  SinkProcess sink({"--count", "2", "--delay", "1ms"});
  EXPECT_EQ(status_of(send(sink, kBody)), 200);
  EXPECT_TRUE(sink.process().running());
  EXPECT_EQ(status_of(send(sink, kBody)), 200);
  EXPECT_EQ(sink.process().wait(), 0);
}

class SignedSink : public testing::Test {
 protected:
  // As Standard Webhooks describe it, made by openssl.
  std::string sign(const std::string& id, std::time_t time, const std::string& body) const {
    std::ofstream(dir_.path("signed")) << id << '.' << time << '.' << body;
    const Finished made = run_to_end({"sh", "-c",
                                      "openssl dgst -sha256 -hmac " + key_ + " -binary " +
                                          dir_.path("signed") + " | base64 | tr -d '\\n'"});
    return "v1," + made.output;
  }
  httplib::Headers headers(std::time_t time, const std::string& signature) const {
    return {{"webhook-id", "msg_1"},
            {"webhook-timestamp", std::to_string(time)},
            {"webhook-signature", signature}};
  }

  TempDir dir_;
  const std::string key_ = "a-signing-secret-of-32-characters";
};

TEST_F(SignedSink, SaysWhatSignaturesAreWorth) {
  const SinkProcess sink({"--json", "--secret", key_});
  const std::time_t now = std::time(nullptr);
  const std::string right = sign("msg_1", now, kBody);
  send(sink, kBody, headers(now, right));
  send(sink, kBody, headers(now, "v1,AAAA " + right));
  send(sink, kBody, headers(now + 1, right));
  send(sink, "{}", headers(now, right));
  send(sink, kBody, {{"webhook-id", "msg_1"}, {"webhook-signature", right}});
  send(sink, kBody, {{"webhook-id", "msg_1"}});
  const auto messages = sink.messages();
  ASSERT_EQ(messages.size(), 6U) << sink.output();
  EXPECT_EQ(messages[0]["signature"], "valid");
  EXPECT_EQ(messages[1]["signature"], "valid");
  EXPECT_EQ(messages[2]["signature"], "invalid");
  EXPECT_EQ(messages[3]["signature"], "invalid");
  EXPECT_EQ(messages[4]["signature"], "invalid");
  EXPECT_EQ(messages[5]["signature"], "missing");
}

TEST_F(SignedSink, TakesTheSecretFromAFileAndTellsOfOldTimes) {
  const SinkProcess sink({"--secret-file", dir_.write("secret", key_ + "\n")});
  const std::time_t before = std::time(nullptr) - 3600;
  send(sink, kBody, headers(before, sign("msg_1", before, kBody)));
  EXPECT_THAT(sink.output(), HasSubstr("signature valid, but its time is 360"));
  EXPECT_THAT(sink.output(), Not(HasSubstr(key_)));
}

TEST_F(SignedSink, TheProcessListAndErrorsDoNotShowTheSecret) {
  SinkProcess sink({"--secret", key_});
  std::ifstream file("/proc/" + std::to_string(sink.process().pid()) + "/cmdline");
  std::string arguments;
  std::getline(file, arguments);
  EXPECT_THAT(arguments, HasSubstr("--secret"));
  EXPECT_THAT(arguments, Not(HasSubstr(key_)));
  const Finished short_one = run_to_end({hitwatch_binary(), "sink", "--secret", "geheim"});
  EXPECT_EQ(short_one.code, 1);
  EXPECT_THAT(short_one.output, Not(HasSubstr("geheim")));
}

TEST(SinkUsage, RefusesWhatMakesNoSense) {
  const auto code = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {hitwatch_binary(), "sink"});
    return run_to_end(arguments).code;
  };
  EXPECT_EQ(code({"--status", "99"}), 2);
  EXPECT_EQ(code({"--delay", "soon"}), 2);
  EXPECT_EQ(code({"--count", "0"}), 2);
  EXPECT_EQ(code({"--fail", "-1"}), 2);
  EXPECT_EQ(code({"--secret", "a", "--secret-file", "b"}), 2);
  EXPECT_EQ(code({"--listen", "nowhere"}), 1);
  EXPECT_EQ(code({"--secret-file", "/nonexistent/secret"}), 1);
}

TEST(Sink, TakesMessagesUpToABound) {
  const SinkProcess sink({"--json"});
  EXPECT_EQ(status_of(send(sink, std::string(15U << 20, 'a'))), 200);
  EXPECT_NE(status_of(send(sink, std::string(17U << 20, 'a'))), 200);
}

TEST(Sink, TakesAlertsAsAlertmanagerDoes) {
  const SinkProcess sink;
  const auto answer = send(sink, R"([{"labels":{"alertname":"A"}}])", {}, "/api/v2/alerts");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_THAT(sink.output(), HasSubstr(" alerts from "));
  EXPECT_THAT(sink.output(), HasSubstr("  alert    A\n"));
}

// Debian's Alertmanager, told of one alert.
class AlertmanagerAndSink : public testing::Test {
 protected:
  void fire() {
    const auto answer = alertmanager_.post(
        "/api/v2/alerts",
        R"([{"labels":{"alertname":"RedisDown","instance":"r1"},"annotations":{"summary":"Down"}}])");
    EXPECT_EQ(status_of(answer), 200);
  }
  std::string configuration() const {
    return "route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1s}\n"
           "receivers:\n- name: team\n"
           "  webhook_configs: [{url: '" +
           sink_.url() + "hook'}]\n  slack_configs: [{api_url: '" + sink_.url() +
           "slack', channel: '#ops'}]\n  pagerduty_configs: [{url: '" + sink_.url() +
           "v2/enqueue', routing_key: 'k3y'}]\n";
  }

  SinkProcess sink_;
  Alertmanager alertmanager_{configuration()};
};

TEST_F(AlertmanagerAndSink, ItsMessagesAreUnderstood) {
  fire();
  ASSERT_TRUE(eventually([&] {
    const std::string output = sink_.output();
    return output.contains("POST /hook,") && output.contains("POST /slack,") &&
           output.contains("POST /v2/enqueue,");
  })) << sink_.output()
      << alertmanager_.process().output();
  const std::string output = sink_.output();
  EXPECT_THAT(output, HasSubstr("  firing to team, group {}:{alertname=\"RedisDown\"}\n"
                                "  firing   RedisDown{instance=\"r1\"} from "));
  EXPECT_THAT(output, HasSubstr("\n    summary: Down\n"));
  EXPECT_THAT(output, HasSubstr("    channel: #ops\n"));
  EXPECT_THAT(output, HasSubstr("    title: [FIRING:1] RedisDown (r1)\n"));
  EXPECT_THAT(output, HasSubstr("  trigger, dedup_key "));
  EXPECT_THAT(output, HasSubstr("POST /v2/enqueue, answered 202\n"));
  EXPECT_THAT(output, Not(HasSubstr("k3y")));
  EXPECT_THAT(alertmanager_.process().output(), Not(HasSubstr("level=error")));
}

}  // namespace
}  // namespace hitwatch::test
