#include "agent/notify/delivery.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "agent/net/base64.h"
#include "agent/notify/webhook_signature.h"
#include "agent/version.h"
#include "tests/notify/notice_sample.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::int64_t kDelivered = test::kTenOClock + 60'999;
constexpr const char* kKey = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

net::SecretSource literal(std::string text) {
  return {.literal = std::move(text), .file = "", .environment = ""};
}
net::SecretSource in_file(std::string path) {
  return {.literal = "", .file = std::move(path), .environment = ""};
}

WebhookSettings webhook() {
  WebhookSettings settings;
  settings.url = literal("http://h.example:8080/hooks/token?x=1");
  return settings;
}

template <typename Kind>
Integration with(Kind kind) {
  Integration out;
  out.kind = std::move(kind);
  return out;
}

std::expected<Delivery, std::string> rendered(const Integration& integration,
                                              const Message& message = test::sample_message()) {
  return render(integration, message, *test::default_templates(), test::kExternalUrl, kDelivered);
}

std::map<std::string, std::string> headers_of(const Delivery& delivery) {
  const auto& headers = delivery.request.headers;
  std::map<std::string, std::string> out(headers.begin(), headers.end());
  EXPECT_EQ(out.size(), headers.size()) << "a header is there twice";
  return out;
}

TEST(Delivery, OfAWebhookIsAPostOfTheMessage) {
  auto integration = with(webhook());
  std::get<WebhookSettings>(integration.kind).timeout = std::chrono::seconds(3);
  const auto delivery = rendered(integration).value();
  const auto& request = delivery.request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url.address(), "h.example:8080");
  EXPECT_EQ(request.url.target, "/hooks/token?x=1");
  EXPECT_THAT(request.body, StartsWith(R"({"receiver":"team-X\\.web","status":"firing",)"));
  EXPECT_TRUE(request.cut_body);  // an accepted message is accepted, whatever else is answered
  EXPECT_EQ(request.max_redirects, 10);
  EXPECT_EQ(delivery.timeout, std::chrono::seconds(3));
  EXPECT_EQ(delivery.shown_url, "http://h.example:8080");
  EXPECT_EQ(delivery.template_error, "");
  EXPECT_EQ(delivery.truncated_alerts, 0U);
  EXPECT_EQ(headers_of(delivery),
            (std::map<std::string, std::string>{{"Content-Type", "application/json"},
                                                {"User-Agent", std::string("hitwatch/") + kVersion},
                                                {"webhook-id", "msg_2fYb0Wc"},
                                                {"webhook-timestamp", "1787220060"}}));
}

TEST(Delivery, IsSignedWithTheSecretOfTheMoment) {
  const web::TemporaryFolder folder;
  auto settings = webhook();
  settings.signing_secret = in_file(folder.write("key", std::string(kKey) + "\n"));
  const auto first = rendered(with(settings)).value();
  const auto key = webhook_key(kKey).value();
  EXPECT_TRUE(verify(key, "msg_2fYb0Wc", 1787220060, first.request.body,
                     headers_of(first)["webhook-signature"]));
  folder.write("key", "another secret of 24 bytes or more");
  const auto second = rendered(with(settings)).value();
  EXPECT_FALSE(verify(key, "msg_2fYb0Wc", 1787220060, second.request.body,
                      headers_of(second)["webhook-signature"]));
  folder.write("key", "short");
  EXPECT_THAT(rendered(with(settings)).error(), StartsWith("the signing secret: "));
  EXPECT_THAT(rendered(with(settings)).error(), Not(HasSubstr("short")));
}

TEST(Delivery, TellsOfAlertsThatItLeavesOut) {
  auto settings = webhook();
  settings.max_alerts = 1;
  EXPECT_EQ(rendered(with(settings))->truncated_alerts, 2U);
}

TEST(Delivery, HasAPayloadOfItsOwnIfThatIsSet) {
  auto settings = webhook();
  settings.payload = R"({"text": "{{ .Status }}"})";
  EXPECT_EQ(rendered(with(settings))->request.body, R"({"text":"firing"})");
  settings.payload = R"({"text": "{{ .Nope }}"})";
  const auto plain = rendered(with(settings)).value();
  EXPECT_THAT(plain.request.body, StartsWith(R"({"text":"[FIRING:2] alertname=RedisDown)"));
  EXPECT_THAT(plain.template_error, StartsWith("payload: template: "));
}

TEST(Delivery, CarriesWhatHttpConfigSays) {
  const web::TemporaryFolder folder;
  auto integration = with(webhook());
  auto& http = integration.http;
  http.basic_auth = {"ops", in_file(folder.write("password", "s:1\n"))};
  http.headers = {{"X-Key", in_file(folder.write("x", "one"))}, {"user-agent", literal("other")}};
  http.tls.insecure_skip_verify = true;
  http.follow_redirects = false;
  http.proxy_url = "http://proxy.example:3128";
  http.no_proxy = "direct.example";
  const auto delivery = rendered(integration).value();
  auto headers = headers_of(delivery);
  EXPECT_EQ(headers["Authorization"], "Basic " + net::base64_encode("ops:s:1"));
  EXPECT_EQ(headers["X-Key"], "one");
  EXPECT_EQ(headers["user-agent"], "other");
  EXPECT_EQ(headers.count("User-Agent"), 0U);
  EXPECT_TRUE(delivery.request.tls.insecure_skip_verify);
  EXPECT_EQ(delivery.request.max_redirects, 0);
  EXPECT_EQ(delivery.request.proxies.of(delivery.request.url)->address(), "proxy.example:3128");
  EXPECT_THAT(delivery.request.secret_headers, testing::Contains("X-Key"));

  http.basic_auth.reset();
  http.authorization_type = "Token";
  http.authorization = literal("t1");
  EXPECT_EQ(headers_of(*rendered(integration))["Authorization"], "Token t1");
}

TEST(Delivery, WaitsForASecretThatCannotBeRead) {
  auto settings = webhook();
  settings.url = in_file("/nowhere/url");
  EXPECT_THAT(rendered(with(settings)).error(), StartsWith("url: "));
  settings.url = literal("ftp://user:password@h.example/");
  EXPECT_THAT(rendered(with(settings)).error(), StartsWith("url: "));
  EXPECT_THAT(rendered(with(settings)).error(), Not(HasSubstr("password")));
  auto integration = with(webhook());
  integration.http.authorization = in_file("/nowhere/token");
  EXPECT_THAT(rendered(integration).error(), StartsWith("Authorization: "));
}

TEST(Delivery, FillsInSecretsThatAreTemplatesAndShowsNoneOfThem) {
  auto settings = webhook();
  settings.url = literal("http://h.example/{{ .CommonLabels.severity }}");
  EXPECT_EQ(rendered(with(settings))->request.url.target, "/page");
  settings.url = literal("http://h.example/token/{{ .Nope }}");
  EXPECT_EQ(rendered(with(settings)).error(), "url: its template failed");
}

TEST(Delivery, ToSlackAndPagerDutyHasTheirBodies) {
  SlackSettings slack;
  slack.api_url = literal("https://hooks.slack.example/services/T/B/x");
  slack.title = "{{ .Nope }}";
  const auto to_slack = rendered(with(slack)).value();
  EXPECT_EQ(to_slack.shown_url, "https://hooks.slack.example");
  EXPECT_THAT(to_slack.request.body, StartsWith(R"({"attachments":[{"title":"[FIRING:2] )"));
  EXPECT_THAT(to_slack.template_error, StartsWith("title: "));
  EXPECT_EQ(headers_of(to_slack).count("webhook-id"), 0U);

  PagerDutySettings pagerduty;
  pagerduty.url = "https://events.pagerduty.example/v2/enqueue";
  pagerduty.routing_key = literal("key-{{ .CommonLabels.severity }}");
  const auto to_pagerduty = rendered(with(pagerduty)).value();
  EXPECT_EQ(to_pagerduty.request.url.target, "/v2/enqueue");
  EXPECT_THAT(to_pagerduty.request.body, StartsWith(R"({"routing_key":"key-page","dedup_key":")"));
}

}  // namespace
}  // namespace hitwatch::notify
