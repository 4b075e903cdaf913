// How alerts and silences are shown: field by field as Alertmanager 0.25 shows them.
#include "agent/notify/api_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/net/rfc3339.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;

std::string alert_text(const Dispatcher::AlertView& view, std::int64_t ends_otherwise = 0) {
  std::string text;
  append_shown_alert(text, view, ends_otherwise);
  return text;
}

std::string silence_text(const Silence& silence, std::string_view now) {
  std::string text;
  append_shown_silence(text, silence, time_of(now));
  return text;
}

TEST(ApiJson, ShowsAnAlert) {
  const Alert alert{.labels = {{"alertname", "RedisDown"}, {"instance", "r1"}},
                    .annotations = {{"summary", "away"}},
                    .starts_at = time_of("2026-08-20T10:00:00Z"),
                    .ends_at = time_of("2026-08-20T10:05:00.12Z"),
                    .generator_url = "http://p/graph",
                    .updated_at = time_of("2026-08-20T10:00:01Z")};
  const Dispatcher::AlertView view{
      .alert = &alert, .fingerprint = "4ae6", .receivers = {"page", "web"}, .muted = {}};
  EXPECT_EQ(alert_text(view),
            R"({"annotations":{"summary":"away"},"endsAt":"2026-08-20T10:05:00.120Z",)"
            R"("fingerprint":"4ae6","receivers":[{"name":"page"},{"name":"web"}],)"
            R"("startsAt":"2026-08-20T10:00:00.000Z",)"
            R"("status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},)"
            R"("updatedAt":"2026-08-20T10:00:01.000Z","generatorURL":"http://p/graph",)"
            R"("labels":{"alertname":"RedisDown","instance":"r1"}})");
}

TEST(ApiJson, ShowsWhoKeepsAnAlertBack) {
  const Alert alert;
  const Dispatcher::AlertView view{
      .alert = &alert,
      .fingerprint = "",
      .receivers = {},
      .muted = {.silenced_by = {"s"}, .inhibited_by = {"f", "g"}, .muted_by = {"night"}}};
  EXPECT_EQ(alert_text(view, time_of("2026-08-20T10:05:00Z")),
            R"({"annotations":{},"endsAt":"2026-08-20T10:05:00.000Z","fingerprint":"",)"
            R"("receivers":[],"startsAt":"1970-01-01T00:00:00.000Z",)"
            R"("status":{"inhibitedBy":["f","g"],"mutedBy":["night"],"silencedBy":["s"],)"
            R"("state":"suppressed"},"updatedAt":"1970-01-01T00:00:00.000Z","labels":{}})");
}

TEST(ApiJson, ShowsASilence) {
  Silence silence{.id = "ad410b03",
                  .matchers = {*Matcher::make(Matcher::Kind::kEqual, "a", "1"),
                               *Matcher::make(Matcher::Kind::kDoesNotMatch, "b", "2.")},
                  .starts_at = time_of("2026-08-20T10:00:00Z"),
                  .ends_at = time_of("2026-08-20T12:00:00Z"),
                  .updated_at = time_of("2026-08-20T09:00:00.5Z"),
                  .created_by = "ada",
                  .comment = "why"};
  EXPECT_EQ(silence_text(silence, "2026-08-20T11:00:00Z"),
            R"({"id":"ad410b03","status":{"state":"active"},)"
            R"("updatedAt":"2026-08-20T09:00:00.500Z","comment":"why","createdBy":"ada",)"
            R"("endsAt":"2026-08-20T12:00:00.000Z",)"
            R"("matchers":[{"isEqual":true,"isRegex":false,"name":"a","value":"1"},)"
            R"({"isEqual":false,"isRegex":true,"name":"b","value":"2."}],)"
            R"("startsAt":"2026-08-20T10:00:00.000Z"})");
  EXPECT_THAT(silence_text(silence, "2026-08-20T09:00:00Z"), HasSubstr(R"({"state":"pending"})"));
  EXPECT_THAT(silence_text(silence, "2026-08-20T12:00:00Z"), HasSubstr(R"({"state":"expired"})"));
}

}  // namespace
}  // namespace hitwatch::notify
