// The same alerts in a real Alertmanager and in a message of ours: the same bodies, byte for byte.
#include <gtest/gtest.h>
#include <httplib.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "agent/net/rfc3339.h"
#include "agent/notify/delivery.h"
#include "tests/system/alertmanager.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using notify::Message;
using notify::MessageAlert;

constexpr const char* kExternalUrl = "http://am.example:9093/p";
constexpr const char* kReceiver = "team-X.web (a+b)";
constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

// What the language and the functions of templates make of a group, in one text.
const std::string kText =
    R"({{ title "hELLO o'neil foo-bar foo_bar 3rd a.b" }}|{{ len .Alerts.Firing }}|)"
    R"({{ range .Alerts }}{{ .StartsAt.UTC.Format "2006-01-02T15:04:05Z07:00" }} {{ .Status }} )"
    R"({{ .EndsAt.IsZero }} {{ .Fingerprint }};{{ end }}|{{ .CommonAnnotations.SortedPairs.Names }}|)"
    R"({{ match "a.c" "xabcx" }}|{{ reReplaceAll "a(.)c" "<$1>" "abcadc" | toUpper }}|)"
    R"({{ join "," (stringSlice "a" "b") }}|{{ safeHtml "<a>" }}|{{ .CommonLabels.nope }}|)"
    R"({{ (.CommonLabels.Remove .GroupLabels.Names).Values }}|{{ printf "%T %T" .Alerts . }}|)"
    R"({{ with index .Alerts 0 }}{{ .Labels.SortedPairs.Values | join " " }}{{ end }}|)"
    R"({{ .GroupLabels.cluster | html }}{{ urlquery .Receiver }}{{ template "__text_alert_list" .Alerts }})";

// Remembers what is posted, by path.
class Sink {
 public:
  Sink() {
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      const std::scoped_lock lock(mutex_);
      bodies_[request.path].push_back(request.body);
      response.set_content("ok", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Sink() {
    server_.stop();
    thread_.join();
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // What the n-th body at a path is, once it is there.
  std::string body(const std::string& path, std::size_t number) {
    std::string out = "nothing has come";
    eventually([&] {
      const std::scoped_lock lock(mutex_);
      const auto& bodies = bodies_[path];
      if (bodies.size() > number) out = bodies[number];
      return bodies.size() > number;
    });
    return out;
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> bodies_;
  std::thread thread_;
};

std::string configuration(const Sink& sink) {
  const auto quoted = [](const std::string& text) { return json(text).dump(); };
  return "route: {receiver: '" + std::string(kReceiver) +
         "', group_by: [alertname, cluster], group_wait: 2s, group_interval: 1s}\n"
         "receivers:\n"
         "- name: '" +
         kReceiver +
         "'\n"
         "  webhook_configs:\n"
         "  - {url: '" +
         sink.url("/all") + "'}\n" + "  - {url: '" + sink.url("/two") + "', max_alerts: 2}\n" +
         "  slack_configs:\n"
         "  - {api_url: '" +
         sink.url("/slack") + "', send_resolved: true, channel: '#x',\n" +
         "     fields: [{title: a, value: b}, {title: '{{ .Status }}', value: d, short: true}],\n"
         "     actions: [{type: button, text: t, url: 'http://u/'}]}\n"
         "  - {api_url: '" +
         sink.url("/text") + "', send_resolved: true, title: '" + R"({{ printf "%01030d" 1 }})" +
         "', link_names: true,\n     text: " + quoted(kText) + "}\n" +
         "  pagerduty_configs:\n"
         "  - {url: '" +
         sink.url("/pagerduty") + "', routing_key: " + kKey +
         ", class: c, images: [{src: 'http://i/', alt: x}, {alt: y}], links: [{href: "
         "'http://l/'}]}\n";
}

void post(Alertmanager& alertmanager, const Message& message) {
  json alerts = json::array();
  for (const auto& [alert, firing] : message.alerts) {
    json posted = {{"labels", json::object()},
                   {"annotations", json::object()},
                   {"startsAt", net::format_rfc3339(alert.starts_at)},
                   {"generatorURL", alert.generator_url}};
    for (const auto& [name, value] : alert.labels) posted["labels"][name] = value;
    for (const auto& [name, value] : alert.annotations) posted["annotations"][name] = value;
    if (!firing) posted["endsAt"] = net::format_rfc3339(*alert.ends_at);
    alerts.push_back(std::move(posted));
  }
  const auto answer = alertmanager.post("/api/v2/alerts", alerts.dump());
  ASSERT_TRUE(answer && answer->status == 200) << (answer ? answer->body : "no answer");
}

MessageAlert alert(const std::string& instance, std::int64_t since, bool firing) {
  MessageAlert out;
  out.firing = firing;
  out.alert.labels = {{"alertname", "RedisDown"},
                      {"cluster", "c<1> & \"é\""},
                      {"instance", instance},
                      {"severity", "page"}};
  out.alert.annotations = {{"d", "same"},
                           {"summary", instance + " \u2028\u2029\t\n\r\x01 \\ <>&'😀"}};
  out.alert.starts_at = since;
  out.alert.ends_at = since + 20;
  out.alert.generator_url = "http://p.example/graph?a=1&b=" + instance;
  return out;
}

// In the order in which Alertmanager tells of them: by instance.
Message message_of(std::vector<MessageAlert> alerts) {
  Message message;
  message.id = "msg_1";
  message.destination = {.receiver = kReceiver, .integration = "webhook", .index = 0};
  message.group_labels = {{"alertname", "RedisDown"}, {"cluster", "c<1> & \"é\""}};
  notify::Route route;
  route.key = "{}";
  message.group_key = notify::group_key(route, message.group_labels);
  message.alerts = std::move(alerts);
  return message;
}

std::string sent(const Message& message, auto kind) {
  notify::Integration integration;
  integration.kind = std::move(kind);
  const auto templates = notify::NoticeTemplates::load({}).value();
  const auto delivery = notify::render(integration, message, *templates, kExternalUrl, 0);
  if (!delivery) return delivery.error();
  EXPECT_EQ(delivery->template_error, "");
  return delivery->request.body;
}

// Without what 0.25 does not say yet.
std::string webhook(const Message& message, std::size_t max_alerts = 0) {
  notify::WebhookSettings settings;
  settings.url.literal = "http://h.example/";
  settings.max_alerts = max_alerts;
  auto body = sent(message, settings);
  const std::string_view reason = R"("notification_reason":"unknown",)";
  const auto at = body.find(reason);
  EXPECT_NE(at, std::string::npos);
  if (at != std::string::npos) body.erase(at, reason.size());
  return body;
}

notify::SlackSettings slack() {
  notify::SlackSettings settings;
  settings.api_url.literal = "http://h.example/";
  settings.username = R"({{ template "slack.default.username" . }})";
  settings.color = R"({{ if eq .Status "firing" }}danger{{ else }}good{{ end }})";
  settings.title = R"({{ template "slack.default.title" . }})";
  settings.title_link = R"({{ template "slack.default.titlelink" . }})";
  settings.pretext = R"({{ template "slack.default.pretext" . }})";
  settings.text = R"({{ template "slack.default.text" . }})";
  settings.fallback = R"({{ template "slack.default.fallback" . }})";
  settings.callback_id = R"({{ template "slack.default.callbackid" . }})";
  settings.icon_emoji = R"({{ template "slack.default.iconemoji" . }})";
  settings.icon_url = R"({{ template "slack.default.iconurl" . }})";
  settings.footer = R"({{ template "slack.default.footer" . }})";
  return settings;
}

notify::SlackSettings slack_with_parts() {
  auto settings = slack();
  settings.channel = "#x";
  settings.fields = {{"a", "b", std::nullopt}, {"{{ .Status }}", "d", true}};
  settings.actions = {
      {.type = "button", .text = "t", .url = "http://u/", .style = "", .name = "", .value = ""}};
  return settings;
}

notify::SlackSettings slack_with_text() {
  auto settings = slack();
  settings.title = R"({{ printf "%01030d" 1 }})";
  settings.text = kText;
  settings.link_names = true;
  return settings;
}

notify::PagerDutySettings pagerduty() {
  notify::PagerDutySettings settings;
  settings.url = "http://h.example/";
  settings.routing_key.literal = kKey;
  settings.description = R"({{ template "pagerduty.default.description" . }})";
  settings.client = R"({{ template "pagerduty.default.client" . }})";
  settings.client_url = R"({{ template "pagerduty.default.clientURL" . }})";
  settings.source = settings.client;
  settings.severity = "error";
  settings.class_name = "c";
  settings.details = {
      {"firing", R"({{ template "pagerduty.default.instances" .Alerts.Firing }})"},
      {"resolved", R"({{ template "pagerduty.default.instances" .Alerts.Resolved }})"},
      {"num_firing", "{{ .Alerts.Firing | len }}"},
      {"num_resolved", "{{ .Alerts.Resolved | len }}"}};
  settings.images = {{.src = "http://i/", .alt = "x", .href = ""},
                     {.src = "", .alt = "y", .href = ""}};
  settings.links = {{.href = "http://l/", .text = ""}};
  return settings;
}

void expect_same(Sink& sink, std::size_t number, const Message& message) {
  EXPECT_EQ(webhook(message), sink.body("/all", number));
  EXPECT_EQ(webhook(message, 2), sink.body("/two", number));
  EXPECT_EQ(sent(message, slack_with_parts()), sink.body("/slack", number));
  EXPECT_EQ(sent(message, slack_with_text()), sink.body("/text", number));
  EXPECT_EQ(sent(message, pagerduty()), sink.body("/pagerduty", number));
}

TEST(PayloadBesideAlertmanager, TheSameBodiesByteForByte) {
  Sink sink;
  Alertmanager alertmanager(configuration(sink), kExternalUrl);
  // So young that Alertmanager waits for the whole group before it tells of it.
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const auto mixed =
      message_of({alert("r1:6379", now - 50, true), alert("r2:6379", now - 70, false),
                  alert("r3:6379", now - 60, true)});
  post(alertmanager, mixed);
  expect_same(sink, 0, mixed);

  const auto resolved =
      message_of({alert("r1:6379", now - 50, false), alert("r3:6379", now - 60, false)});
  post(alertmanager, resolved);
  expect_same(sink, 1, resolved);
}

}  // namespace
}  // namespace hitwatch::test
