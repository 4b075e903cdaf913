#include "agent/notify/webhook_payload.h"

#include <gmock/gmock.h>

#include "tests/notify/notice_sample.h"

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;

std::string body_of(const Message& message, std::size_t max_alerts = 0) {
  return webhook_payload(make_notice(message, test::kExternalUrl, max_alerts));
}

TEST(WebhookPayload, IsAlertmanagersVersion4) {
  auto message = test::sample_message();
  message.alerts.erase(message.alerts.begin());
  message.alerts[0].alert.annotations = {};
  EXPECT_EQ(
      body_of(message),
      R"({"receiver":"team-X\\.web","status":"firing","alerts":[)"
      R"({"status":"firing","labels":{"alertname":"RedisDown","cluster":"c\u003c1\u003e",)"
      R"("instance":"r2:6379","severity":"page"},"annotations":{},)"
      R"("startsAt":"2026-08-20T10:00:00.12Z","endsAt":"0001-01-01T00:00:00Z",)"
      R"("generatorURL":"http://hw.example/graph?a=1\u0026b=2","fingerprint":"e1a14822eed761f1"},)"
      R"({"status":"resolved","labels":{"alertname":"RedisDown","cluster":"c\u003c1\u003e",)"
      R"("instance":"r3:6379","severity":"page"},)"
      R"("annotations":{"summary":"It's \"down\" \u0026 \u003cout\u003e"},)"
      R"("startsAt":"2026-08-20T10:00:00.12Z","endsAt":"2026-08-20T11:00:00.5Z",)"
      R"("generatorURL":"http://hw.example/graph?a=1\u0026b=2","fingerprint":")" +
          fingerprint(message.alerts[1].alert.labels) +
          R"("}],"notification_reason":"new alerts added",)"
          R"("groupLabels":{"alertname":"RedisDown","cluster":"c\u003c1\u003e"},)"
          R"("commonLabels":{"alertname":"RedisDown","cluster":"c\u003c1\u003e","severity":"page"},)"
          R"("commonAnnotations":{},"externalURL":"http://am.example:9093/p","version":"4",)"
          R"("groupKey":"{}:{alertname=\"RedisDown\", cluster=\"c\u003c1\u003e\"}",)"
          R"("truncatedAlerts":0})"
          "\n");
}

TEST(WebhookPayload, SaysHowManyAlertsItLeavesOut) {
  auto message = test::sample_message();
  EXPECT_THAT(body_of(message, 3), HasSubstr(R"("truncatedAlerts":0)"));
  // What they have in common is that of the ones that are there.
  const auto body = body_of(message, 1);
  EXPECT_THAT(body, HasSubstr(R"("truncatedAlerts":2)"));
  EXPECT_THAT(
      body,
      HasSubstr(
          R"("cluster":"c\u003c1\u003e","instance":"r1:6379","severity":"page"},"commonAnnotations")"));
}

TEST(WebhookPayload, EscapesAsGoDoes) {
  auto message = test::resolved_message();
  message.alerts[0].alert.annotations = {
      {"a", "\x01\b\t\n\r\x1f\x7f\\/"}, {"b", "\u2028\u2029é😀"}, {"c", "x\xff\xe2\x82y"}};
  EXPECT_THAT(body_of(message),
              HasSubstr(R"("annotations":{"a":"\u0001\u0008\t\n\r\u001f)"
                        "\x7f"
                        R"(\\/","b":"\u2028\u2029é😀","c":"x\ufffd\ufffd\ufffdy"})"));
}

TEST(WebhookPayload, WritesTimesAsGoDoes) {
  auto message = test::resolved_message();
  auto& alert = message.alerts[0].alert;
  alert.starts_at = test::kTenOClock;
  alert.ends_at = test::kTenOClock + 7;
  EXPECT_THAT(body_of(message), HasSubstr(R"("startsAt":"2026-08-20T10:00:00Z",)"
                                          R"("endsAt":"2026-08-20T10:00:00.007Z")"));
  alert.starts_at = -1;
  alert.ends_at = INT64_MAX;
  EXPECT_THAT(body_of(message), HasSubstr(R"("startsAt":"1969-12-31T23:59:59.999Z",)"
                                          R"("endsAt":"9999-12-31T23:59:59.999Z")"));
}

TEST(WebhookPayload, HasObjectsSortedAndNeverNull) {
  Message message;
  EXPECT_EQ(body_of(message),
            R"({"receiver":"","status":"resolved","alerts":[],"notification_reason":"unknown",)"
            R"("groupLabels":{},"commonLabels":{},"commonAnnotations":{},)"
            R"("externalURL":"http://am.example:9093/p","version":"4","groupKey":"",)"
            R"("truncatedAlerts":0})"
            "\n");
}

class CustomPayload : public testing::Test {
 protected:
  std::string body(std::string_view payload) {
    const auto message = test::sample_message();
    const auto notice = make_notice(message, test::kExternalUrl);
    const auto templates = test::default_templates();
    NoticeText text(notice, *templates, test::kTenOClock);
    auto out = custom_payload(payload, notice, text);
    error_ = text.error();
    return out;
  }
  std::string error_;
};

TEST_F(CustomPayload, FillsInTheTextsOfAnObjectWithoutEscapesOfItsOwn) {
  EXPECT_EQ(body(R"({"b": "{{ .CommonAnnotations.summary }}", "a": ["{{ .Status }}", "x", 1, null],
                     "n": "{{ len .Alerts }}", "o": "{{ toJson .GroupLabels }}"})"),
            R"({"b":"It's \"down\" & <out>","a":["firing","x",1,null],"n":3,)"
            R"("o":{"alertname":"RedisDown","cluster":"c<1>"}})");
  EXPECT_EQ(error_, "");
}

TEST_F(CustomPayload, IsATextOtherwise) {
  EXPECT_EQ(body(R"(status={{ .Status }})"), "status=firing");
  EXPECT_EQ(body(R"({"labels": {{ toJson .GroupLabels }}})"),
            R"({"labels": {"alertname":"RedisDown","cluster":"c\u003c1\u003e"}})");
}

TEST_F(CustomPayload, GoesOutPlainIfATemplateFails) {
  EXPECT_EQ(body(R"({"a": "{{ .Nope }}", "b": "{{ .Status }}"})"),
            R"({"a":"[FIRING:2] alertname=RedisDown cluster=c<1>: RedisDown","b":"firing"})");
  EXPECT_THAT(error_, HasSubstr("payload: template: :1:3: executing \"\" at <.Nope>"));
  EXPECT_EQ(body("{{ .Nope }}"), body_of(test::sample_message()));
  EXPECT_THAT(error_, HasSubstr("payload: template: :1:3: executing \"\" at <.Nope>"));
}

TEST_F(CustomPayload, OfAnyDepthIsSafe) {
  const std::string open(30'000, '[');
  const std::string close(30'000, ']');
  EXPECT_EQ(body(open + close), open + close);
}

}  // namespace
}  // namespace hitwatch::notify
