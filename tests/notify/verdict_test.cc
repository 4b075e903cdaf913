#include <gmock/gmock.h>

#include "agent/notify/delivery.h"

namespace hitwatch::notify {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Kind = Verdict::Kind;

constexpr std::int64_t kAnswered = 784'111'777'000 - 90'000;  // 90 s before RFC 9110's example

Integration webhook_integration() {
  WebhookSettings settings;
  settings.url.literal = "http://h.example/hooks/T0123456789/secret-token-1?key=abcdefgh12";
  return {.send_resolved = true, .http = {}, .kind = settings};
}

Integration slack() {
  SlackSettings settings;
  settings.api_url.literal = "http://h.example/services/T01234567";
  return {.send_resolved = true, .http = {}, .kind = settings};
}

Verdict after(int status, std::string body = "",
              const Integration& integration = webhook_integration()) {
  return judge(integration,
               net::HttpResponse{.status = status, .content_type = "", .body = std::move(body)},
               kAnswered);
}

TEST(Verdict, AcceptsWhatIsAccepted) {
  for (const int status : {200, 201, 202, 204, 299}) {
    EXPECT_EQ(after(status, "whatever").kind, Kind::kAccepted) << status;
  }
}

TEST(Verdict, TriesAgainWhatMayPass) {
  for (const int status : {301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(after(status).kind, Kind::kRetry) << status;
  }
  const auto lost = judge(webhook_integration(),
                          std::unexpected(net::Error{net::Reason::kRefused, "refused"}), kAnswered);
  EXPECT_EQ(lost.kind, Kind::kRetry);
  EXPECT_EQ(lost.reason, "refused");
}

TEST(Verdict, RefusesWhatIsRefused) {
  for (const int status : {400, 401, 403, 404, 405, 410, 413, 422, 451}) {
    EXPECT_EQ(after(status).kind, Kind::kRefused) << status;
  }
}

TEST(Verdict, ShowsTheBeginningOfTheAnswerInOneLine) {
  EXPECT_EQ(after(404).reason, "HTTP status 404");
  EXPECT_EQ(after(500,
                  " a\r\n\tb\x01\x02"
                  "c \xff é ")
                .reason,
            "HTTP status 500: a b c é");
  EXPECT_EQ(after(500, std::string(100'000, 'x')).reason,
            "HTTP status 500: " + std::string(200, 'x') + "…");
}

TEST(Verdict, ShowsNoSecretsAndNoPath) {
  auto integration = webhook_integration();
  integration.http.authorization.literal = "bearer-secret";
  integration.http.headers = {
      {"X-Key", {.literal = "header-secret", .file = "", .environment = ""}}};
  const auto reason =
      after(404,
            "no /hooks/T0123456789/secret-token-1 here: http://h.example/hooks/T0123456789/"
            "secret-token-1?key=abcdefgh12, only T0123456789 secret-token-1 abcdefgh12 "
            "bearer-secret header-secret " +
                std::string(300, ' ') + "end",
            integration)
          .reason;
  EXPECT_EQ(reason,
            "HTTP status 404: no <secret> here: <secret>, only <secret> <secret> <secret> <secret> "
            "<secret> end");
}

TEST(Verdict, ShowsNoPartsOfSecretHeaders) {
  auto integration = webhook_integration();
  integration.http.basic_auth = {"ann", {.literal = "pa55", .file = "", .environment = ""}};
  integration.http.headers = {
      {"X-Key", {.literal = "Bearer abc123", .file = "", .environment = ""}}};
  EXPECT_EQ(after(401, "ann: YW5uOnBhNTU= is ann:pa55 is pa55; abc123", integration).reason,
            "HTTP status 401: ann: <secret> is <secret> is <secret>; <secret>");
}

TEST(Verdict, CutsAfterSecretsAreGone) {
  const auto reason =
      after(404, std::string(190, 'x') + "/hooks/T0123456789/secret-token-1").reason;
  EXPECT_THAT(reason, Not(HasSubstr("hooks")));
  EXPECT_THAT(reason, EndsWith("x<secret>"));
  const std::string after_much = std::string((16 << 10) - 4, ' ') + "secret-token-1";
  EXPECT_EQ(after(404, after_much).reason, "HTTP status 404: <secret>");
}

TEST(Verdict, BelievesSlacksBodyRatherThanItsStatus) {
  EXPECT_EQ(after(200, "ok", slack()).kind, Kind::kAccepted);
  EXPECT_EQ(after(200, "ok\n", slack()).kind, Kind::kAccepted);
  EXPECT_EQ(after(200, R"({"ok":true})", slack()).kind, Kind::kAccepted);
  EXPECT_EQ(after(200, R"({"success":true})", slack()).kind, Kind::kAccepted);
  const auto refused = after(200, "no_service", slack());
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.reason, "HTTP status 200: no_service");
  EXPECT_EQ(after(200, "", slack()).kind, Kind::kRefused);
  EXPECT_EQ(after(200, R"({"ok":false,"error":"invalid_auth"})", slack()).kind, Kind::kRefused);
  EXPECT_EQ(after(200, R"({"ok":false)", slack()).kind, Kind::kRefused);
  EXPECT_EQ(after(200, R"({"ok":false,"error":"ratelimited"})", slack()).kind, Kind::kRetry);
  EXPECT_EQ(after(404, "channel_not_found", slack()).kind, Kind::kRefused);
  EXPECT_EQ(after(500, "ok", slack()).kind, Kind::kRetry);
}

TEST(Verdict, WaitsAsLongAsItIsAsked) {
  const auto asked = [](int status, std::string text) {
    net::HttpResponse answer;
    answer.status = status;
    answer.headers = {{"Retry-After", std::move(text)}};
    return judge(webhook_integration(), answer, kAnswered).retry_after;
  };
  EXPECT_EQ(asked(429, "7"), seconds(7));
  EXPECT_EQ(asked(503, "Sun, 06 Nov 1994 08:49:37 GMT"), seconds(90));
  EXPECT_EQ(asked(500, "7"), std::nullopt);
  EXPECT_EQ(asked(429, ""), std::nullopt);
}

}  // namespace
}  // namespace hitwatch::notify
