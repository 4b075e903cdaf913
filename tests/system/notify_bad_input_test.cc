// What nobody should send or write: hostile requests to the API, templates that fail, and reloads
// that change what waits. The built daemon says what is wrong and goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/system/fixed_receiver.h"
#include "tests/system/notify_daemon.h"

namespace hitwatch::test {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class BadRequests : public NotifyingDaemon {
 protected:
  void SetUp() override { start_with(team(webhook(sink_.url()))); }
  void TearDown() override {
    fire("Afterwards");
    EXPECT_TRUE(eventually([&] { return !alerts_told(sink_).empty(); })) << log();
    EXPECT_THAT(alerts_told(sink_), ElementsAre("Afterwards"));
  }
  HttpResponse post_alerts(const std::string& body) const { return post("/api/v2/alerts", body); }
  HttpResponse post_silence(const std::string& matchers) const {
    return post("/api/v2/silences",
                R"({"matchers":[)" + matchers +
                    R"(],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2126-01-01T00:00:00Z",)"
                    R"("createdBy":"ada","comment":"why"})");
  }
  // The status is that, and the answer says these words.
  static void expect_refused(const HttpResponse& answer, int status, const std::string& words) {
    EXPECT_EQ(answer.status, status) << answer.body.substr(0, 500);
    EXPECT_THAT(answer.body, HasSubstr(words));
    EXPECT_LT(answer.body.size(), 1000U);
  }

  const SinkProcess sink_{{"--json"}};
};

TEST_F(BadRequests, AlertsThatAreTooLargeAreRefused) {
  const std::string large(500'000, 'x');
  expect_refused(post_alerts(R"([{"labels":{"alertname":"A","large":")" + large + "\"}}]"), 400,
                 "its labels take 500015 bytes, more than ");
  expect_refused(post_alerts(R"([{"labels":{"alertname":"A",")" + large + R"(":"x"}}])"), 400,
                 "its labels take ");
  expect_refused(
      post_alerts(R"([{"labels":{"alertname":"A"},"annotations":{"large":")" + large + "\"}}]"),
      400, "its annotations take ");
}

TEST_F(BadRequests, LabelsOfAMegabyteAreRefusedUnread) {
  expect_refused(post_alerts(R"([{"labels":{"alertname":")" + std::string(1 << 20, 'x') + "\"}}]"),
                 413, "is larger than 1048576 bytes");
}

TEST_F(BadRequests, ALabelSetOfManyLabelsIsRefused) {
  std::string labels = "\"alertname\":\"A\"";
  for (int i = 0; i < 50'000; ++i) labels += ",\"l" + std::to_string(i) + "\":\"x\"";
  expect_refused(post_alerts("[{\"labels\":{" + labels + "}}]"), 400, "50001 labels, more than ");
}

TEST_F(BadRequests, ABodyOfTenMegabytesIsRefused) {
  const HttpResponse answer = post_alerts(std::string(10 << 20, ' '));
  // 0: the daemon has closed the connection before the client had sent all.
  EXPECT_THAT(answer.status, AnyOf(413, 0)) << answer.body;
}

TEST_F(BadRequests, WhatNestsDeepIsRefused) {
  expect_refused(post_alerts(std::string(500'000, '[')), 400, "the body nests too deep");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  expect_refused(post_alerts(objects), 400, "the body nests too deep");
}

TEST_F(BadRequests, WhatIsNoListOfAlertsIsRefused) {
  expect_refused(post_alerts(""), 422, "missing");
  expect_refused(post_alerts("{"), 400, "no JSON from byte 2 on");
  expect_refused(post_alerts("{}"), 400, "must be an array of alerts");
  expect_refused(post_alerts("[1]"), 400, "alert 0: must be an object");
  expect_refused(post_alerts("[{}]"), 422, R"(alert 0: \"labels\" is missing)");
  expect_refused(post_alerts(R"([{"labels":{"alertname":1}}])"), 400, "strings for values");
  expect_refused(post_alerts(R"([{"labels":{}}])"), 400, "it has no label with a value");
  expect_refused(post_alerts(R"([{"labels":{"":"x"}}])"), 400, "one of its labels has no name");
  expect_refused(post_alerts(R"([{"labels":{"a":"b"},"startsAt":"yesterday"}])"), 400,
                 "must be a time");
}

TEST_F(BadRequests, SilencesThatSilenceEverythingOrNothingAreRefused) {
  expect_refused(post_silence(""), 422, "a silence needs a matcher");
  expect_refused(post_silence(R"({"name":"a","value":"(","isRegex":true})"), 400, "matcher 0: ");
  expect_refused(post_silence(R"({"name":"","value":"x","isRegex":false})"), 400,
                 "invalid label name");
  expect_refused(post_silence(R"({"name":"a","isRegex":false})"), 422,
                 R"(matcher 0: \"value\" is missing)");
  expect_refused(post_silence(R"({"name":"a","value":"","isRegex":true})"), 400,
                 "invalid silence: ");
  expect_refused(post_silence(R"({"name":"a","value":".*","isRegex":true})"), 400,
                 "invalid silence: ");
  expect_refused(
      post_silence(R"({"name":"a","value":")" + std::string(100'000, 'x') + R"(","isRegex":true})"),
      422, "longer than ");
  expect_refused(post("/api/v2/silences", R"({"matchers":[]})"), 422, "is missing");
  EXPECT_EQ(daemon_->get("/api/v2/silences").body, "[]\n");
}

class OtherBytes : public NotifyingDaemon {};

TEST_F(OtherBytes, BytesThatAreNoTextArriveAsReplacements) {
  const SinkProcess sink({"--json"});
  start_with(team(webhook(sink.url())));
  EXPECT_EQ(post("/api/v2/alerts", "[{\"labels\":{\"alertname\":\"A\xff\xfe\"}}]").status, 200);
  EXPECT_TRUE(eventually([&] { return !alerts_told(sink).empty(); })) << log();
  EXPECT_THAT(alerts_told(sink), ElementsAre("A\xEF\xBF\xBD\xEF\xBF\xBD"));
}

TEST_F(OtherBytes, NamesThatPrometheusWouldNotTakeAreGroupedAndToldAsTheyAre) {
  const SinkProcess sink({"--json"});
  start_with(team(webhook(sink.url())));
  const HttpResponse answer =
      post("/api/v2/alerts", R"([{"labels":{"alertname":"A","my-label ü":"\"\\\n{}"}}])");
  if (answer.status != 200) {
    EXPECT_THAT(answer.body, HasSubstr("label"));
    return;
  }
  EXPECT_TRUE(eventually([&] { return !alerts_told(sink).empty(); })) << log();
  EXPECT_EQ(sink.messages()[0]["body"]["alerts"][0]["labels"]["my-label ü"], "\"\\\n{}");
}

// --- templates that fail ---

class FailingTemplates : public NotifyingDaemon {
 protected:
  void expect_plain_and_said(const std::string& integration, const std::string& setting,
                             const std::string& kind) {
    start_with(team(integration));
    fire("A");
    EXPECT_TRUE(eventually([&] { return sink_.messages().size() == 1; })) << log();
    EXPECT_TRUE(daemon_->shows(of_team("hitwatch_notifications_sent_total", kind) + " 1"));
    EXPECT_TRUE(daemon_->shows("hitwatch_notify_template_failures_total 1"));
    EXPECT_THAT(log(), AllOf(HasSubstr("a template failed and the message went out plain"),
                             HasSubstr("team/" + kind + "[0]"), HasSubstr(setting)));
  }

  const SinkProcess sink_{{"--json"}};
};

TEST_F(FailingTemplates, ATextForSlackThatNamesNoTemplateGoesOutPlain) {
  expect_plain_and_said("    slack_configs: [{api_url: '" + sink_.url() +
                            "', channel: '#ops', title: '{{ template \"nothing\" . }}'}]\n",
                        "title: ", "slack");
  EXPECT_EQ(sink_.messages()[0]["body"]["attachments"][0]["title"], "[FIRING:1] alertname=A: A");
}

TEST_F(FailingTemplates, AFunctionThatFailsInABodyOfAWebhookGivesTheUsualBody) {
  expect_plain_and_said(webhook(sink_.url(), "payload: '{{ index .Alerts 99 }}'"),
                        "payload: ", "webhook");
  EXPECT_EQ(sink_.messages()[0]["body"]["version"], "4");
  EXPECT_THAT(alerts_told(sink_), ElementsAre("A"));
}

TEST_F(FailingTemplates, InADescriptionForPagerDutyTheIncidentIsOpenedAllTheSame) {
  expect_plain_and_said("    pagerduty_configs: [{url: '" + sink_.url() +
                            "', routing_key: key, description: '{{ .Nothing.Here }}'}]\n",
                        "description: ", "pagerduty");
  EXPECT_EQ(sink_.messages()[0]["body"]["payload"]["summary"], "[FIRING:1] alertname=A: A");
}

// --- reloads ---

class Reloads : public NotifyingDaemon {
 protected:
  void write_template(const std::string& text) const { dir_.write("own.tmpl", text); }
  std::string with_template() const {
    return team("    slack_configs: [{api_url: '" + sink_.url() +
                "', channel: '#ops', text: '{{ template \"own\" . }}'}]\n") +
           "  templates: ['" + dir_.path("own.tmpl") + "']\n";
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& message : sink_.messages()) {
      texts.push_back(message["body"]["attachments"][0].value("text", ""));
    }
    return texts;
  }
  HttpResponse reload() const { return daemon_->post("/-/reload"); }

  const SinkProcess sink_{{"--json"}};
};

TEST_F(Reloads, ATemplateThatWasChangedIsUsedByTheNextMessage) {
  write_template(R"({{ define "own" }}old words{{ end }})");
  start_with(with_template());
  fire("A");
  EXPECT_TRUE(eventually([&] { return texts().size() == 1; })) << log();
  write_template(R"({{ define "own" }}new words{{ end }})");
  EXPECT_EQ(reload().status, 200);
  fire("B");
  EXPECT_TRUE(eventually([&] { return texts().size() == 2; })) << log();
  EXPECT_THAT(texts(), ElementsAre("old words", "new words"));
}

TEST_F(Reloads, ABrokenTemplateIsRefusedAndTheOldGoesOn) {
  write_template(R"({{ define "own" }}old words{{ end }})");
  start_with(with_template());
  write_template(R"({{ define "own" }}{{ if }}{{ end }})");
  const HttpResponse refused = reload();
  EXPECT_NE(refused.status, 200);
  EXPECT_THAT(refused.body, HasSubstr("own.tmpl"));
  EXPECT_EQ(metric("hitwatch_config_last_reload_successful"), 0);
  fire("A");
  EXPECT_TRUE(eventually([&] { return texts().size() == 1; })) << log();
  EXPECT_THAT(texts(), ElementsAre("old words"));
}

TEST_F(Reloads, MessagesForAReceiverThatIsRemovedDieAreListedAndSaid) {
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(free_port()) + "/geheim-token";
  start_with(team(webhook(nowhere)));
  fire("A");
  EXPECT_TRUE(eventually([&] { return list("pending").size() == 1; }));
  configure("  route: {receiver: other, group_wait: 0s}\n  receivers: [{name: other}]\n");
  EXPECT_EQ(reload().status, 200);
  EXPECT_TRUE(eventually([&] { return list("dead").size() == 1; })) << log();
  EXPECT_THAT(list("pending"), IsEmpty());
  EXPECT_THAT(list("dead")[0].value("lastError", ""), HasSubstr("no longer configured"));
  EXPECT_TRUE(daemon_->shows(of_team("hitwatch_notifications_dead_total") + " 1"));
  EXPECT_THAT(log(),
              AllOf(HasSubstr("a notification was given up"), HasSubstr("receiver=team/webhook[0]"),
                    HasSubstr("reason=\"the destination is no longer configured\""),
                    Not(HasSubstr("geheim"))));
}

TEST_F(Reloads, ASecretInAFileIsReadAnewForEachMessage) {
  const FixedReceiver receiver("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const std::string file = dir_.write("token", "old-token\n");
  start_with(team(
      webhook(receiver.url(), "http_config: {authorization: {credentials_file: '" + file + "'}}")));
  fire("A");
  EXPECT_TRUE(eventually([&] {
    return receiver.requests().contains("Authorization: Bearer old-token\r\n");
  })) << log();
  dir_.write("token", "new-token\n");
  EXPECT_EQ(reload().status, 200);
  fire("B");
  EXPECT_TRUE(eventually([&] {
    return receiver.requests().contains("Authorization: Bearer new-token\r\n");
  })) << log();
}

TEST_F(Reloads, ASecretThatIsGoneIsSaidAndTheMessageWaitsForIt) {
  const std::string file = dir_.write("token", "old-token\n");
  start_with(team(
      webhook(sink_.url(), "http_config: {authorization: {credentials_file: '" + file + "'}}")));
  std::filesystem::remove(file);
  fire("A");
  EXPECT_TRUE(eventually([&] { return pending_error().contains(file); })) << pending_error();
  dir_.write("token", "new-token\n");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink_).size() == 1; })) << log();
}

class Deaths : public NotifyingDaemon {};

TEST_F(Deaths, AMessageThatIsRefusedIsSaidOnceWithoutSecrets) {
  const SinkProcess sink({"--json", "--status", "400"});
  start_with(team(webhook(sink.url() + "geheim-token")));
  fire("A");
  EXPECT_TRUE(eventually([&] { return list("dead").size() == 1; })) << log();
  EXPECT_EQ(occurrences(log(), "a notification was given up"), 1);
  EXPECT_THAT(log(), AllOf(HasSubstr("level=warning msg=\"a notification was given up\""),
                           HasSubstr("receiver=team/webhook[0]"),
                           HasSubstr("group=\"{}:{alertname=\\\"A\\\"}\""),
                           HasSubstr("reason=\"HTTP status 400: The sink was told to fail.\""),
                           Not(HasSubstr("geheim"))));
}

TEST_F(Deaths, AFloodOfThemDoesNotFillTheLog) {
  const SinkProcess sink({"--json", "--status", "400"});
  start_with(team(webhook(sink.url())));
  std::string alerts;
  for (int i = 0; i < 100; ++i) {
    alerts += (i == 0 ? "" : ",");
    alerts += R"({"labels":{"alertname":"A)" + std::to_string(i) + "\"}}";
  }
  EXPECT_EQ(post("/api/v2/alerts", "[" + alerts + "]").status, 200);
  EXPECT_TRUE(daemon_->shows(of_team("hitwatch_notifications_dead_total") + " 100")) << log();
  EXPECT_EQ(occurrences(log(), "a notification was given up"), 10);
}

}  // namespace
}  // namespace hitwatch::test
