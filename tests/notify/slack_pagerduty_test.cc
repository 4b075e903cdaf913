#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "agent/notify/pagerduty_payload.h"
#include "agent/notify/slack_payload.h"
#include "tests/notify/notice_sample.h"

namespace hitwatch::notify {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;

struct Sent {
  std::string text;
  std::string error;
  json body() const { return json::parse(text); }
};

Sent slack(const SlackSettings& settings, const Message& message = test::sample_message()) {
  const auto notice = make_notice(message, test::kExternalUrl);
  const auto templates = test::default_templates();
  NoticeText text(notice, *templates, test::kTenOClock);
  auto out = slack_payload(settings, notice, text);
  return {std::move(out), text.error()};
}

Sent pagerduty(const PagerDutySettings& settings, const Message& message = test::sample_message()) {
  const auto notice = make_notice(message, test::kExternalUrl);
  const auto templates = test::default_templates();
  NoticeText text(notice, *templates, test::kTenOClock);
  auto out = pagerduty_payload(settings, "key", notice, text);
  return {std::move(out), text.error()};
}

TEST(SlackPayload, IsOneAttachment) {
  SlackSettings settings;
  settings.channel = "#{{ .Status }}";
  settings.title = R"({{ template "slack.default.title" . }})";
  settings.title_link = R"({{ template "slack.default.titlelink" . }})";
  settings.fallback = "f";
  settings.color = R"({{ if eq .Status "firing" }}danger{{ else }}good{{ end }})";
  EXPECT_EQ(slack(settings).text,
            R"({"channel":"#firing","attachments":[{)"
            R"x("title":"[FIRING:2] RedisDown c\u003c1\u003e (page)",)x"
            R"("title_link":"http://am.example:9093/p/#/alerts?receiver=team-X%5C.web",)"
            R"("text":"","fallback":"f","callback_id":"","footer":"","color":"danger",)"
            R"("mrkdwn_in":["fallback","pretext","text"]}]})"
            "\n");
  EXPECT_EQ(slack(settings, test::resolved_message()).body()["attachments"][0]["color"], "good");
}

TEST(SlackPayload, HasEverythingThatIsSet) {
  SlackSettings settings;
  settings.username = "u{{ 1 }}";
  settings.icon_emoji = ":x:";
  settings.icon_url = "iu";
  settings.link_names = true;
  settings.short_fields = true;
  settings.pretext = "p";
  settings.text = "{{ len .Alerts }}";
  settings.callback_id = "cb";
  settings.fields = {{"t{{ 1 }}", "", std::nullopt}, {"a", "b", false}};
  settings.actions = {{"button", "go", "http://u/", "", "", ""},
                      {"button", "x", "", "s", "n", "v"}};
  settings.image_url = "i";
  settings.thumb_url = "th";
  settings.footer = "fo";
  settings.mrkdwn_in = {"text"};
  EXPECT_EQ(slack(settings).text,
            R"({"username":"u1","icon_emoji":":x:","icon_url":"iu","link_names":true,)"
            R"("attachments":[{"pretext":"p","text":"3","fallback":"","callback_id":"cb",)"
            R"("fields":[{"title":"t1","short":true},{"title":"a","value":"b","short":false}],)"
            R"("actions":[{"type":"button","text":"go","url":"http://u/"},)"
            R"({"type":"button","text":"x","style":"s","name":"n","value":"v"}],)"
            R"("image_url":"i","thumb_url":"th","footer":"fo","mrkdwn_in":["text"]}]})"
            "\n");
}

TEST(SlackPayload, CutsALongTitleAtARune) {
  SlackSettings settings;
  settings.title = R"({{ printf "%01030d" 1 }})";
  const auto title = slack(settings).body()["attachments"][0]["title"].get<std::string>();
  EXPECT_EQ(title, std::string(1023, '0') + "…");
  std::string accents;
  for (int i = 0; i < 1024; ++i) accents += "é";
  EXPECT_EQ(cut_runes(accents, 1024), accents);
  EXPECT_EQ(cut_runes(accents + "é", 1024), accents.substr(0, 2 * 1023) + "…");
}

TEST(SlackPayload, GoesOutPlainWhereATemplateFails) {
  SlackSettings settings;
  settings.title = "{{ .Nope }}";
  settings.text = R"({{ template "nope" . }})";
  settings.fallback = "ok";
  settings.color = "{{ .Nope }}";
  settings.footer = "{{ .Nope }}";
  const auto sent = slack(settings);
  const auto attachment = sent.body()["attachments"][0];
  EXPECT_EQ(attachment["title"], "[FIRING:2] alertname=RedisDown cluster=c<1>: RedisDown");
  EXPECT_EQ(attachment["text"], attachment["title"]);
  EXPECT_EQ(attachment["fallback"], "ok");
  EXPECT_EQ(attachment["color"], "danger");
  EXPECT_EQ(attachment["footer"], "");
  EXPECT_THAT(sent.error, HasSubstr("title: template: :1:3: executing \"\" at <.Nope>"));
}

PagerDutySettings default_pagerduty() {
  PagerDutySettings settings;
  settings.description = R"({{ template "pagerduty.default.description" . }})";
  settings.client = R"({{ template "pagerduty.default.client" . }})";
  settings.client_url = R"({{ template "pagerduty.default.clientURL" . }})";
  settings.source = R"({{ template "pagerduty.default.client" . }})";
  settings.severity = "error";
  settings.details = {{"num_firing", "{{ .Alerts.Firing | len }}"},
                      {"firing", R"({{ template "pagerduty.default.instances" .Alerts.Firing }})"}};
  return settings;
}

TEST(PagerDutyPayload, TriggersAnIncidentOfTheGroup) {
  auto settings = default_pagerduty();
  settings.details.pop_back();
  settings.class_name = "c";
  settings.component = "co";
  settings.group = "g";
  settings.images = {{"http://i/", "a", ""}, {"", "left out", ""}};
  settings.links = {{"http://l/", ""}, {"", "left out"}};
  EXPECT_EQ(pagerduty(settings).text,
            R"({"routing_key":"key","dedup_key":)"
            R"("290dbcf287bd41f3d22bab96fc4d40cd650dc2d9c58a8da4aaab0cba90b7c970",)"
            R"("event_action":"trigger","payload":{)"
            R"x("summary":"[FIRING:2] RedisDown c\u003c1\u003e (page)","source":"Alertmanager",)x"
            R"("severity":"error","class":"c","component":"co","group":"g",)"
            R"("custom_details":{"num_firing":"2"}},"client":"Alertmanager",)"
            R"("client_url":"http://am.example:9093/p/#/alerts?receiver=team-X%5C.web",)"
            R"("images":[{"src":"http://i/","alt":"a","href":""}],)"
            R"("links":[{"href":"http://l/","text":""}]})"
            "\n");
}

TEST(PagerDutyPayload, ResolvesItOnlyWhenNothingFires) {
  const auto resolved = pagerduty(default_pagerduty(), test::resolved_message()).body();
  EXPECT_EQ(resolved["event_action"], "resolve");
  EXPECT_EQ(resolved["dedup_key"], pagerduty(default_pagerduty()).body()["dedup_key"]);
}

TEST(PagerDutyPayload, KeepsToWhatPagerDutyTakes) {
  auto settings = default_pagerduty();
  settings.severity = "{{ .CommonLabels.severity }}";  // "page"
  settings.description = R"({{ printf "%01030d" 1 }})";
  const auto body = pagerduty(settings).body();
  EXPECT_EQ(body["payload"]["severity"], "error");
  EXPECT_EQ(body["payload"]["summary"], std::string(1023, '0') + "…");
  settings.severity = "critical";
  EXPECT_EQ(pagerduty(settings).body()["payload"]["severity"], "critical");
}

TEST(PagerDutyPayload, LeavesOutDetailsThatAreTooLarge) {
  auto settings = default_pagerduty();
  settings.details.emplace_back("big", R"({{ printf "%0511900d" 1 }})");
  const auto sent = pagerduty(settings);
  EXPECT_LT(sent.text.size(), 1000U);
  EXPECT_THAT(sent.body()["payload"]["custom_details"]["details"].get<std::string>(),
              EndsWith("PagerDuty takes 512000"));
  settings.details.back().second = R"({{ printf "%0511000d" 1 }})";
  EXPECT_GT(pagerduty(settings).text.size(), 511'000U);
}

TEST(PagerDutyPayload, GoesOutPlainWhereATemplateFails) {
  auto settings = default_pagerduty();
  settings.description = "{{ .Nope }}";
  settings.details[0].second = "{{ .Nope }}";
  settings.source = "{{ .Nope }}";
  const auto sent = pagerduty(settings);
  const auto payload = sent.body()["payload"];
  EXPECT_EQ(payload["summary"], "[FIRING:2] alertname=RedisDown cluster=c<1>: RedisDown");
  EXPECT_EQ(payload["source"], "hitwatch");
  EXPECT_EQ(payload["custom_details"]["num_firing"], payload["summary"]);
  EXPECT_THAT(sent.error, HasSubstr("<.Nope>"));
}

}  // namespace
}  // namespace hitwatch::notify
