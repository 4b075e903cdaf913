#include "agent/cli/sink_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

SinkMessage message_of(std::string body, std::string path = "/") {
  SinkMessage message;
  message.time = 1'792'000'000'123;
  message.method = "POST";
  message.path = std::move(path);
  message.client = "127.0.0.1:50514";
  message.body = read_sink_body(message.path, std::move(body));
  return message;
}

constexpr const char* kWebhook = R"({"receiver":"team","status":"firing","alerts":[
  {"status":"firing","labels":{"alertname":"RedisDown","instance":"r1:6379"},
   "annotations":{"summary":"It is down","description":"Two\nlines"},
   "startsAt":"2026-08-20T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"1"},
  {"status":"resolved","labels":{"alertname":"RedisDown","instance":"r2:6379"},"annotations":{},
   "startsAt":"2026-08-20T10:00:00Z","endsAt":"2026-08-20T10:05:00Z","generatorURL":"","fingerprint":"2"}],
  "notification_reason":"some alerts resolved","groupLabels":{},"commonLabels":{},"commonAnnotations":{},
  "externalURL":"","version":"4","groupKey":"{}:{alertname=\"RedisDown\"}","truncatedAlerts":3})";

TEST(SinkText, ShowsAWebhookInAFewLines) {
  SinkMessage message = message_of(kWebhook);
  message.id = "msg_1";
  EXPECT_EQ(sink_text(message),
            R"(2026-10-14T17:46:40.123Z #1 webhook from 127.0.0.1:50514: POST /, answered 200
  id msg_1
  firing to team (some alerts resolved), group {}:{alertname="RedisDown"}
  firing   RedisDown{instance="r1:6379"} from 2026-08-20T10:00:00Z
    summary: It is down
    description: Two
      lines
  resolved RedisDown{instance="r2:6379"} from 2026-08-20T10:00:00Z until 2026-08-20T10:05:00Z
  and 3 more
)");
}

TEST(SinkText, SaysWhatIsARepetitionAndWhatASignatureIsWorth) {
  SinkMessage message = message_of("{}");
  message.id = "msg_1";
  message.seen_before = 1;
  EXPECT_THAT(sink_text(message), HasSubstr("  id msg_1 (a repetition: seen once before)\n"));
  message.seen_before = 2;
  message.signature = SinkSignature::kValid;
  message.signed_seconds_ago = 3;
  EXPECT_THAT(sink_text(message), HasSubstr("seen 2 times before), signature valid\n"));
  message.signed_seconds_ago = -301;
  EXPECT_THAT(sink_text(message), HasSubstr("signature valid, but its time is 301 s ahead\n"));
  message.id.clear();
  message.signature = SinkSignature::kMissing;
  message.signed_seconds_ago.reset();
  EXPECT_THAT(sink_text(message), HasSubstr("\n  signature missing\n"));
}

TEST(SinkText, ShowsAlertsAsPrometheusSendsThem) {
  const SinkMessage message =
      message_of(R"([{"labels":{"alertname":"A","z":"1"},"annotations":{"summary":"S"},)"
                 R"("startsAt":"2026-08-20T10:00:00.000Z","endsAt":"2026-08-20T10:04:00.000Z"}])",
                 "/prefix/api/v2/alerts");
  EXPECT_THAT(sink_text(message),
              HasSubstr("\n  alert    A{z=\"1\"} from 2026-08-20T10:00:00.000Z until "
                        "2026-08-20T10:04:00.000Z\n    summary: S\n"));
}

TEST(SinkText, ShowsMessagesForSlack) {
  const SinkMessage message = message_of(
      R"({"channel":"#ops","attachments":[{"title":"[FIRING:1] A","text":"a\nb","color":"danger",)"
      R"("fields":[{"title":"severity","value":"page"}]}]})");
  EXPECT_THAT(sink_text(message), HasSubstr(" slack from "));
  EXPECT_THAT(sink_text(message),
              HasSubstr("    channel: #ops\n    color: danger\n    title: [FIRING:1] A\n"
                        "    text: a\n      b\n    severity: page\n"));
}

TEST(SinkText, ShowsEventsForPagerDuty) {
  const SinkMessage message =
      message_of(R"({"routing_key":"k3y","event_action":"trigger","dedup_key":"d","payload":)"
                 R"({"summary":"S","severity":"error","custom_details":{"num_firing":"1"}}})");
  EXPECT_THAT(sink_text(message),
              HasSubstr("  trigger, dedup_key d\n    summary: S\n    severity: error\n"
                        "    num_firing: 1\n"));
  EXPECT_THAT(sink_text(message), Not(HasSubstr("k3y")));
}

TEST(SinkText, ShowsAnythingElseAsItIs) {
  EXPECT_THAT(sink_text(message_of(R"({"a":[1]})")),
              HasSubstr("answered 200\n  {\n    \"a\": [\n      1\n    ]\n  }\n"));
  EXPECT_THAT(sink_text(message_of("no {json\nat all")), HasSubstr(" text from "));
  EXPECT_THAT(sink_text(message_of("no {json\nat all")), HasSubstr("\n  no {json\n  at all\n"));
  EXPECT_THAT(sink_text(message_of("")), HasSubstr("answered 200\n"));
}

TEST(SinkText, ObeysNothingThatItIsSent) {
  const std::vector<std::string> bodies = {
      "\x1b[2J\xc2\x9b",
      R"({"a":")"
      "\xc2\x9b"
      R"(2J\u001b[2J"})",
      R"({"groupKey":"\u001b[2J","status":"\u001b","receiver":"\u001b","notification_reason":"\u001b",)"
      R"("truncatedAlerts":"\u001b","alerts":[{"status":"\u001b","labels":{"\u001b":"\u001b",)"
      R"("alertname":"\u001b"},"annotations":{"\u001b":"\u001b\n\u001b"},"startsAt":"\u001b"}]})",
      R"({"text":"\u001b","attachments":[{"title":"\u001b","fields":[{"title":"\u001b"}]}]})",
      R"({"routing_key":"","event_action":"\u001b","dedup_key":"\u001b","payload":{"summary":"\u001b",)"
      R"("custom_details":{"\u001b":"\u001b"}}})"};
  for (const std::string& body : bodies) {
    SinkMessage message = message_of(body, "/\x1b");
    message.id = "\x1b";
    message.method = "\x1b";
    for (const std::string& shown : {sink_text(message), sink_json(message)}) {
      EXPECT_THAT(shown, Not(HasSubstr("\x1b"))) << body;
      EXPECT_THAT(shown, Not(HasSubstr("\xc2\x9b"))) << body;
    }
  }
}

TEST(SinkText, TakesShapesThatNoProgramSends) {
  for (
      const std::string body :
      {R"({"groupKey":1,"alerts":[1,null,[],{}]})",
       R"({"groupKey":{},"alerts":[{"labels":[],"annotations":1,"startsAt":{}}],"truncatedAlerts":{}})",
       R"({"text":{},"attachments":[1,{"fields":1},{"fields":[1,null]},{"fields":{"a":1}}]})",
       R"({"attachments":[],"blocks":1})", R"({"routing_key":1,"event_action":[],"payload":[]})",
       R"({"routing_key":1,"event_action":[],"payload":{"custom_details":[1]}})", "[[]]", "null",
       "1", "\"\xff\"", "[1", "\xff"}) {
    for (const char* path : {"/", "/api/v2/alerts"}) {
      EXPECT_FALSE(sink_text(message_of(body, path)).empty()) << body;
      EXPECT_TRUE(json::accept(sink_json(message_of(body, path)))) << body;
    }
  }
}

TEST(SinkText, DoesNotFollowNestingWithoutEnd) {
  const SinkMessage message = message_of(std::string(1'000'000, '[') + std::string(1'000'000, ']'));
  EXPECT_EQ(message.body.format, SinkFormat::kText);
  EXPECT_EQ(message_of(R"({"text":")" + std::string(1'000, '[') + R"("})").body.format,
            SinkFormat::kSlack);
}

TEST(SinkJson, IsOneLineWithAllThatIsKnown) {
  SinkMessage message = message_of(R"({"ü":1})", "/hook");
  message.number = 7;
  message.id = "msg_1";
  message.seen_before = 2;
  message.signature = SinkSignature::kInvalid;
  message.signed_seconds_ago = 5;
  message.answer = 503;
  EXPECT_EQ(sink_json(message),
            R"({"time":"2026-10-14T17:46:40.123Z","number":7,"client":"127.0.0.1:50514",)"
            R"("method":"POST","path":"/hook","format":"json","id":"msg_1","seenBefore":2,)"
            R"("signature":"invalid","signedSecondsAgo":5,"answer":503,"body":{"\u00fc":1}})"
            "\n");
  EXPECT_EQ(json::parse(sink_json(message_of("a\nb")))["text"], "a\nb");
  EXPECT_FALSE(json::parse(sink_json(message_of("a"))).contains("signature"));
}

}  // namespace
}  // namespace hitwatch::cli
