// `notify`: what hitwatch adds to Alertmanager's schema, and how that is filled in.
#include "agent/config/notify_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using notify::Integration;
using notify::PagerDutySettings;
using notify::Settings;
using notify::SlackSettings;
using notify::WebhookSettings;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The section `notify` with these lines in it.
std::string section(const std::string& lines) {
  std::string text = "notify:\n  ";
  for (const char c : lines) text += c == '\n' ? "\n  " : std::string(1, c);
  return text + "\n";
}

Settings settings_of(const std::string& lines, const std::string& name = "h.yaml") {
  auto config = load_text(section(lines), name);
  if (config) return std::move(config->notify);
  for (const Fault& fault : config.error()) ADD_FAILURE() << to_string(fault);
  return {};
}

std::vector<std::string> notify_faults(const std::string& lines,
                                       const std::string& name = "h.yaml") {
  return faults_of(section(lines), name);
}

// The only integration of the only receiver.
Integration integration_of(const std::string& entry, const std::string& global = "") {
  Settings settings = settings_of("route: {receiver: a}\nreceivers:\n- name: a\n  " + entry +
                                  (global.empty() ? "" : "\nglobal: {" + global + "}"));
  if (settings.receivers.size() == 1 && settings.receivers[0].integrations.size() == 1) {
    return settings.receivers[0].integrations[0];
  }
  ADD_FAILURE() << entry;
  return {};
}

class NotifySection : public TestFolder {
 protected:
  static constexpr const char* kSmall = "route: {receiver: a}\nreceivers: [{name: a}]";
};

TEST_F(NotifySection, WithoutItNobodyIsTold) {
  for (const char* text : {"", "notify:", "notify: {}"}) {
    const auto config = load_text(text, "h.yaml");
    ASSERT_TRUE(config) << text;
    EXPECT_FALSE(config->notify.enabled);
  }
  EXPECT_TRUE(settings_of(kSmall).enabled);
  EXPECT_THAT(faults_of("notify: {max_age: 1h}"),
              ElementsAre("h.yaml:1:9: notify: needs a route with receivers, a file, a webhook_url "
                          "or alertmanagers"));
}

TEST_F(NotifySection, AWebhookUrlIsOneReceiverForAllThatHasASeverity) {
  const Settings settings = settings_of("webhook_url: https://hooks.example/T0/secret");
  EXPECT_TRUE(settings.enabled);
  EXPECT_EQ(settings.route.receiver, "default");
  EXPECT_EQ(settings.route.key, "{}");
  EXPECT_EQ(settings.route.origin, "h.yaml:2:16");
  EXPECT_THAT(settings.route.group_by, ElementsAre("alertname", "instance"));
  EXPECT_EQ(settings.route.group_wait, seconds(10));
  EXPECT_EQ(settings.route.group_interval, minutes(1));
  EXPECT_EQ(settings.route.repeat_interval, hours(4));
  ASSERT_NE(settings.receiver("default"), nullptr);
  const Integration& integration = settings.receiver("default")->integrations.at(0);
  EXPECT_TRUE(integration.send_resolved);
  const auto receiver = [&](const std::string& severity) {
    return notify::match_routes(settings.route, {{"severity", severity}}).at(0)->receiver;
  };
  EXPECT_EQ(receiver("warning"), "default");
  EXPECT_EQ(receiver(""), "default");
  EXPECT_EQ(receiver("none"), "nobody") << "the Watchdog";
  EXPECT_TRUE(settings.receiver("nobody")->integrations.empty());
  EXPECT_EQ(std::get<WebhookSettings>(integration.kind).url.literal,
            "https://hooks.example/T0/secret");
  EXPECT_THAT(settings.original, HasSubstr("- url: \"https://hooks.example/<secret>\"\n"));
  EXPECT_THAT(settings.original, Not(HasSubstr("T0")));
  EXPECT_EQ(settings.max_age, hours(24));
}

TEST_F(NotifySection, AWebhookUrlStandsAlone) {
  const auto faults = notify_faults("webhook_url: http://a/\nroute: {receiver: a}\nreceivers: []");
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0],
            "h.yaml:3:3: notify.route: not allowed beside 'webhook_url', which stands for a route "
            "and a receiver");
  EXPECT_THAT(notify_faults("webhook_url: ftp://a/secret"),
              ElementsAre("h.yaml:2:16: notify.webhook_url: the URL must start with http:// or "
                          "https://"));
  EXPECT_THAT(
      notify_faults("webhook_url: http://a/\nmax_age: 1h\nalertmanagers: [{url: http://b}]"),
      IsEmpty());
}

TEST_F(NotifySection, OfTheCommandLineReplacesRoutesAndReceivers) {
  Settings settings = settings_of(
      "route: {receiver: a, routes: [{match: {x: y}}]}\n"
      "receivers: [{name: a}]\n"
      "inhibit_rules: [{equal: [x]}]\n"
      "alertmanagers: [{url: http://b}]\nmax_age: 1h");
  ASSERT_TRUE(use_webhook(settings, "http://c/d", "command line"));
  EXPECT_EQ(settings.route.receiver, "default");
  EXPECT_EQ(settings.route.routes.size(), 1U);
  EXPECT_EQ(settings.route.origin, "command line");
  EXPECT_THAT(settings.inhibit_rules, IsEmpty());
  EXPECT_EQ(settings.alertmanagers.size(), 1U);
  EXPECT_EQ(settings.max_age, hours(1));
  EXPECT_EQ(use_webhook(settings, "c/d", "command line").error(),
            "the URL must start with http:// or https://");
}

TEST_F(NotifySection, AFileIsAlertmanagersAndNothingElse) {
  ::setenv("HITWATCH_TEST_RECEIVER", "from the environment", 1);
  write("am.yml",
        "route: {receiver: '${HITWATCH_TEST_RECEIVER}', routes: [{match_re: {a: 'b$$'}}]}\n"
        "receivers: [{name: '${HITWATCH_TEST_RECEIVER}'}]\n"
        "templates: ['*.tmpl']\n");
  write("one.tmpl", "");
  const Settings settings = settings_of("file: am.yml\nmax_age: 2h", path("h.yaml"));
  EXPECT_TRUE(settings.enabled);
  EXPECT_EQ(settings.route.receiver, "${HITWATCH_TEST_RECEIVER}");
  EXPECT_EQ(settings.route.routes.at(0).matchers.at(0).value(), "b$$");
  EXPECT_THAT(settings.template_files, ElementsAre(path("one.tmpl")));
  EXPECT_EQ(settings.route.origin, path("am.yml") + ":1:8");
  EXPECT_EQ(settings.max_age, hours(2));
}

TEST_F(NotifySection, FaultsOfTheFileNameItAndComeLast) {
  const std::string file =
      write("am.yml", "route: {receiver: b}\nreceivers: [{name: a}]\nmax_age: 1h\n");
  EXPECT_THAT(
      notify_faults("file: am.yml\nmax_age: soon", path("h.yaml")),
      ElementsAre(HasSubstr("h.yaml:3:12: notify.max_age: "),
                  file + ":1:19: route.receiver: there is no receiver 'b', did you mean 'a'?",
                  HasSubstr(file + ":3:1: max_age: unknown key")));
  EXPECT_THAT(notify_faults("file: none.yml", path("h.yaml")),
              ElementsAre(HasSubstr("h.yaml:2:9: notify.file: ")));
  EXPECT_THAT(notify_faults("file: am.yml\nroute: {}\nwebhook_url: http://a", path("h.yaml")),
              testing::IsSupersetOf(
                  {HasSubstr("h.yaml:3:3: notify.route: not allowed beside 'file'"),
                   HasSubstr("h.yaml:4:3: notify.webhook_url: not allowed beside 'file'")}));
  write("bad.yml", "route: [\n");
  EXPECT_THAT(notify_faults("file: bad.yml", path("h.yaml")),
              ElementsAre(HasSubstr(path("bad.yml") + ":")));
}

TEST_F(NotifySection, AlertmanagersAreToldOfWithOrWithoutRoutes) {
  const Settings settings = settings_of(
      "alertmanagers:\n- {url: 'https://am1:9093/prefix/', timeout: 3s, basic_auth: {username: u, "
      "password: p}, follow_redirects: false}\n- url: http://am2:9093");
  EXPECT_TRUE(settings.enabled);
  ASSERT_EQ(settings.alertmanagers.size(), 2U);
  const notify::AlertmanagerPeer& peer = settings.alertmanagers[0];
  EXPECT_TRUE(peer.url.tls);
  EXPECT_EQ(peer.url.address(), "am1:9093");
  EXPECT_EQ(peer.url.target, "/prefix");
  EXPECT_EQ(peer.timeout, seconds(3));
  EXPECT_EQ(peer.http.basic_auth->first, "u");
  EXPECT_EQ(peer.http.basic_auth->second.literal, "p");
  EXPECT_FALSE(peer.http.follow_redirects);
  EXPECT_EQ(settings.alertmanagers[1].url.target, "");
  EXPECT_EQ(settings.alertmanagers[1].timeout, seconds(10));
  // Routes lead to somebody, who has no integrations.
  ASSERT_NE(settings.receiver(settings.route.receiver), nullptr);
  EXPECT_THAT(settings.receiver(settings.route.receiver)->integrations, IsEmpty());
  EXPECT_EQ(settings.route.key, "{}");
}

TEST_F(NotifySection, FaultsOfAlertmanagers) {
  EXPECT_THAT(notify_faults("alertmanagers:\n- {}\n- {url: am:9093}\n- {url: 'http://a?b'}\n"
                            "- {url: http://a/api/v2/alerts}\n- {url: http://a, timeout: 0s}\n"
                            "- {url: http://a/}\n- {url: http://b, api_version: v2}"),
              ElementsAre(HasSubstr("alertmanagers[0]: needs a url"),
                          HasSubstr("alertmanagers[1].url: the URL must start with http"),
                          HasSubstr("alertmanagers[2].url: the URL must not have a query"),
                          HasSubstr("alertmanagers[3].url: is given without /api/v2/alerts"),
                          HasSubstr("alertmanagers[4].timeout: must be more than 0"),
                          HasSubstr("alertmanagers[5]: the same Alertmanager stands already"),
                          HasSubstr("alertmanagers[6].api_version: unknown key")));
}

TEST_F(NotifySection, SigningIsOutsideOfAlertmanagersPart) {
  const std::string file = write("secret", "whsec_0123456789abcdef0123456789abcdef\n");
  const Settings settings = settings_of(
      "route: {receiver: a}\n"
      "receivers:\n- {name: a, webhook_configs: [{url: http://a}, {url: http://b}]}\n"
      "- {name: b, webhook_configs: [{url: http://c}]}\n"
      "signing: [{receiver: a, secret_file: secret}]",
      path("h.yaml"));
  for (const Integration& integration : settings.receivers.at(0).integrations) {
    EXPECT_EQ(std::get<WebhookSettings>(integration.kind).signing_secret.file, file);
  }
  const auto& other = settings.receivers.at(1).integrations.at(0);
  EXPECT_TRUE(std::get<WebhookSettings>(other.kind).signing_secret.empty());
  EXPECT_THAT(settings.original, Not(HasSubstr("signing")));
  const Settings shorthand = settings_of(
      "webhook_url: http://a\nsigning: [{receiver: default, secret: 0123456789abcdefghijklmn}]");
  EXPECT_EQ(std::get<WebhookSettings>(shorthand.receivers.at(0).integrations.at(0).kind)
                .signing_secret.literal,
            "0123456789abcdefghijklmn");
}

TEST_F(NotifySection, FaultsOfSigning) {
  EXPECT_THAT(notify_faults("webhook_url: http://a\nsigning:\n- {secret: "
                            "0123456789abcdefghijklmn}\n- {receiver: default}\n"
                            "- {receiver: b, secret: 0123456789abcdefghijklmn}\n- {receiver: "
                            "default, secret: 0123456789abcdefghijklmn}\n"
                            "- {receiver: c, secret: 0123456789abcdefghijklmn, secret_file: x}"),
              ElementsAre(HasSubstr("signing[0]: needs the name of a receiver"),
                          HasSubstr("signing[1]: needs a secret or a secret_file"),
                          HasSubstr("signing[2].receiver: there is no receiver 'b'"),
                          HasSubstr("signing[3].receiver: stands already in the list"),
                          HasSubstr("signing[4].receiver: there is no receiver 'c'"),
                          HasSubstr("signing[4].secret_file: a second secret")));
  EXPECT_THAT(notify_faults("webhook_url: http://a\nsigning: [{receiver: default, secret: short}]"),
              ElementsAre(HasSubstr("signing[0]: a signing secret needs at least 24 bytes")));
  EXPECT_THAT(notify_faults(std::string(kSmall) +
                            "\nsigning: [{receiver: a, secret: 0123456789abcdefghijklmn}]"),
              ElementsAre(HasSubstr("signing[0].receiver: the receiver 'a' has no webhook")));
}

TEST_F(NotifySection, MaxAgeHasBounds) {
  for (const char* text : {"0s", "32d"}) {
    EXPECT_THAT(notify_faults("webhook_url: http://a\nmax_age: " + std::string(text)),
                ElementsAre("h.yaml:3:12: notify.max_age: must be from 1s to 31d"));
  }
}

TEST_F(NotifySection, AWebhookHasWhatNewerAlertmanagersHave) {
  const Integration plain = integration_of("webhook_configs: [{url: http://a/b}]");
  EXPECT_TRUE(plain.send_resolved);
  EXPECT_TRUE(plain.http.follow_redirects);
  const auto& defaults = std::get<WebhookSettings>(plain.kind);
  EXPECT_EQ(defaults.max_alerts, 0U);
  EXPECT_EQ(defaults.timeout, seconds(0));
  EXPECT_FALSE(defaults.payload);
  const Integration full = integration_of(
      "webhook_configs: [{url: http://a/b, send_resolved: false, max_alerts: 7, timeout: 3s, "
      "payload: '{{ .Status }}'}]");
  EXPECT_FALSE(full.send_resolved);
  const auto& webhook = std::get<WebhookSettings>(full.kind);
  EXPECT_EQ(webhook.max_alerts, 7U);
  EXPECT_EQ(webhook.timeout, seconds(3));
  EXPECT_EQ(webhook.payload, "{{ .Status }}");
}

TEST_F(NotifySection, SecretsAreReadFromFilesAtEveryUse) {
  const std::string file = write("hook", "http://a/b\n");
  const Integration integration = integration_of("webhook_configs: [{url_file: " + file + "}]");
  EXPECT_EQ(std::get<WebhookSettings>(integration.kind).url.file, file);
}

TEST_F(NotifySection, SlackHasAlertmanagersDefaults) {
  const Integration integration =
      integration_of("slack_configs: [{channel: '#cache'}]", "slack_api_url: 'http://s/t'");
  EXPECT_FALSE(integration.send_resolved);
  const auto& slack = std::get<SlackSettings>(integration.kind);
  EXPECT_EQ(slack.api_url.literal, "http://s/t");
  EXPECT_EQ(slack.channel, "#cache");
  EXPECT_EQ(slack.color, R"({{ if eq .Status "firing" }}danger{{ else }}good{{ end }})");
  EXPECT_EQ(slack.title, R"({{ template "slack.default.title" . }})");
  EXPECT_EQ(slack.footer, R"({{ template "slack.default.footer" . }})");
  EXPECT_EQ(slack.image_url, "");
  EXPECT_THAT(slack.mrkdwn_in, ElementsAre("fallback", "pretext", "text"));
}

TEST_F(NotifySection, SlackTakesItsOwnOverThem) {
  const Integration integration = integration_of(
      "slack_configs: [{api_url: 'http://own', send_resolved: true, title: T, text: '', color: "
      "red, "
      "link_names: true, short_fields: true, mrkdwn_in: [text], fields: [{title: a, value: b, "
      "short: true}, {title: c, value: d}], actions: [{type: button, text: Look, url: http://u, "
      "style: primary, name: n, value: v}]}]",
      "slack_api_url: 'http://s/t'");
  EXPECT_TRUE(integration.send_resolved);
  const auto& slack = std::get<SlackSettings>(integration.kind);
  EXPECT_EQ(slack.api_url.literal, "http://own");
  EXPECT_EQ(slack.title, "T");
  EXPECT_EQ(slack.text, "");
  EXPECT_EQ(slack.color, "red");
  EXPECT_TRUE(slack.link_names);
  EXPECT_TRUE(slack.short_fields);
  EXPECT_THAT(slack.mrkdwn_in, ElementsAre("text"));
  ASSERT_EQ(slack.fields.size(), 2U);
  EXPECT_EQ(slack.fields[0].is_short, true);
  EXPECT_FALSE(slack.fields[1].is_short);
  ASSERT_EQ(slack.actions.size(), 1U);
  EXPECT_EQ(slack.actions[0].url, "http://u");
  EXPECT_EQ(slack.actions[0].value, "v");
}

TEST_F(NotifySection, PagerDutyHasAlertmanagersDefaults) {
  const Integration integration = integration_of("pagerduty_configs: [{routing_key: k}]");
  EXPECT_TRUE(integration.send_resolved);
  const auto& pagerduty = std::get<PagerDutySettings>(integration.kind);
  EXPECT_EQ(pagerduty.routing_key.literal, "k");
  EXPECT_EQ(pagerduty.url, "https://events.pagerduty.com/v2/enqueue");
  EXPECT_EQ(pagerduty.severity, "error");
  EXPECT_EQ(pagerduty.client, R"({{ template "pagerduty.default.client" . }})");
  EXPECT_EQ(pagerduty.source, pagerduty.client);
  EXPECT_EQ(pagerduty.client_url, R"({{ template "pagerduty.default.clientURL" . }})");
  ASSERT_EQ(pagerduty.details.size(), 4U);
  EXPECT_EQ(pagerduty.details[1],
            (std::pair<std::string, std::string>("num_firing", "{{ .Alerts.Firing | len }}")));
}

TEST_F(NotifySection, PagerDutysDetailsAreAddedToTheDefaults) {
  const auto integration = integration_of(
      "pagerduty_configs: [{routing_key: k, client: c, severity: info, class: x, group: g, "
      "component: p, details: {firing: mine, zone: eu}, images: [{src: s, alt: a, href: h}], "
      "links: [{href: h, text: t}]}]",
      "pagerduty_url: 'http://pd/enqueue'");
  const auto& pagerduty = std::get<PagerDutySettings>(integration.kind);
  EXPECT_EQ(pagerduty.url, "http://pd/enqueue");
  EXPECT_EQ(pagerduty.source, "c");
  EXPECT_EQ(pagerduty.class_name, "x");
  ASSERT_EQ(pagerduty.details.size(), 5U);
  EXPECT_EQ(pagerduty.details[0].second, "mine");
  EXPECT_EQ(pagerduty.details[4].first, "zone");
  EXPECT_EQ(pagerduty.images.at(0).alt, "a");
  EXPECT_EQ(pagerduty.links.at(0).text, "t");
}

TEST_F(NotifySection, HttpConfigOfGlobalIsForThoseWithoutOne) {
  const Settings settings = settings_of(
      "global: {http_config: {authorization: {credentials: g}, proxy_url: 'http://p:1'}}\n"
      "route: {receiver: a}\n"
      "receivers: [{name: a, webhook_configs: [{url: http://a}, "
      "{url: http://b, http_config: {follow_redirects: false}}]}]");
  const auto& integrations = settings.receivers.at(0).integrations;
  EXPECT_EQ(integrations.at(0).http.authorization.literal, "g");
  EXPECT_EQ(integrations.at(0).http.proxy_url, "http://p:1");
  EXPECT_TRUE(integrations.at(1).http.authorization.empty());
  EXPECT_EQ(integrations.at(1).http.proxy_url, "");
  EXPECT_FALSE(integrations.at(1).http.follow_redirects);
}

TEST_F(NotifySection, HttpConfigReachesItsPlace) {
  const std::string file = write("f", "x\n");
  const notify::HttpSettings http =
      integration_of(
          "webhook_configs: [{url: http://a, http_config: {authorization: {type: Token, "
          "credentials_file: " +
          file + "}, tls_config: {ca_file: " + file +
          ", server_name: s, insecure_skip_verify: true, min_version: TLS12}, proxy_url: "
          "'http://p:1', no_proxy: 'a,b', enable_http2: false, http_headers: {X-A: "
          "{values: [v], secrets: [s], files: [" +
          file + "]}}}}]")
          .http;
  EXPECT_EQ(http.authorization_type, "Token");
  EXPECT_EQ(http.authorization.file, file);
  EXPECT_EQ(http.tls.ca_file, file);
  EXPECT_EQ(http.tls.server_name, "s");
  EXPECT_TRUE(http.tls.insecure_skip_verify);
  EXPECT_EQ(http.no_proxy, "a,b");
  ASSERT_EQ(http.headers.size(), 3U);
  EXPECT_EQ(http.headers[1].second.literal, "s");
  EXPECT_EQ(http.headers[2].second.file, file);
  const auto bearer =
      integration_of("webhook_configs: [{url: http://a, http_config: {bearer_token: b}}]").http;
  EXPECT_EQ(bearer.authorization_type, "Bearer");
  EXPECT_EQ(bearer.authorization.literal, "b");
}

TEST_F(NotifySection, TheTextThatIsShownHasNoSecrets) {
  ::setenv("HITWATCH_TEST_PASSWORD", "hunter2", 1);
  const Settings settings = settings_of(
      "max_age: 1h\n"
      "global: {slack_api_url: http://hunter2, http_config: {basic_auth: {username: u, password: "
      "hunter2}, proxy_url: 'http://hunter2'}}\n"
      "route: {receiver: a, group_by: ['...']}\n"
      "receivers:\n- name: a\n  webhook_configs: [{url: 'https://h:8443/hunter2?k=hunter2', "
      "http_config: "
      "{bearer_token: "
      "hunter2, http_headers: {X: {secrets: [hunter2], values: [hunter2]}}}}]\n"
      "  slack_configs: [{api_url: http://hunter2}]\n"
      "  pagerduty_configs: [{routing_key: '${HITWATCH_TEST_PASSWORD}', url: http://pd/}, "
      "{routing_key: x, http_config: {authorization: {credentials: hunter2}}}]");
  EXPECT_THAT(settings.original, Not(HasSubstr("hunter2")));
  EXPECT_THAT(settings.original, Not(HasSubstr("HITWATCH")));
  EXPECT_THAT(settings.original, Not(HasSubstr("max_age")));
  EXPECT_THAT(settings.original, HasSubstr("- url: \"https://h:8443/<secret>\"\n"));
  EXPECT_THAT(settings.original, HasSubstr("url: \"http://pd/\"\n"));
  EXPECT_THAT(settings.original, HasSubstr("route:\n  receiver: a\n  group_by:\n    - ...\n"));
}

TEST_F(NotifySection, TheTextThatIsShownSaysWhereAlertsGo) {
  ::setenv("HITWATCH_TEST_TEAM", "web", 1);
  ::setenv("HITWATCH_TEST_HOOK", "https://[::1]:8443/T0?hunter2", 1);
  ::setenv("HITWATCH_TEST_EVENTS", "http://pd/", 1);
  const std::string original =
      settings_of(
          "route: {receiver: '${HITWATCH_TEST_TEAM}', routes: [{match: {password: x, team: "
          "'${HITWATCH_TEST_TEAM}'}}]}\n"
          "receivers:\n- name: '${HITWATCH_TEST_TEAM}'\n"
          "  webhook_configs: [{url: '${HITWATCH_TEST_HOOK}'}]\n"
          "  pagerduty_configs: [{routing_key: x, url: '${HITWATCH_TEST_EVENTS}', details: {a: "
          "'${HITWATCH_TEST_HOOK}'}}]")
          .original;
  EXPECT_THAT(original, HasSubstr("receiver: web\n"));
  EXPECT_THAT(original, HasSubstr("password: x\n"));
  EXPECT_THAT(original, HasSubstr("team: web\n"));
  EXPECT_THAT(original, HasSubstr("- name: web\n"));
  EXPECT_THAT(original, HasSubstr("- url: \"https://[::1]:8443/<secret>\"\n"));
  EXPECT_THAT(original, HasSubstr("url: \"http://pd/\"\n"));
  // A variable may hold what nobody should see.
  EXPECT_THAT(original, HasSubstr("a: \"${HITWATCH_TEST_HOOK}\"\n"));
  EXPECT_THAT(original, Not(HasSubstr("hunter2")));
}

TEST_F(NotifySection, AFileIsShownAsItIsWritten) {
  ::setenv("HITWATCH_TEST_TEAM", "web", 1);
  write("am.yml",
        "route: {receiver: '${HITWATCH_TEST_TEAM}'}\nreceivers: "
        "[{name: '${HITWATCH_TEST_TEAM}'}]\n");
  EXPECT_THAT(settings_of("file: am.yml", path("h.yaml")).original,
              HasSubstr("receiver: \"${HITWATCH_TEST_TEAM}\"\n"));
}

TEST_F(NotifySection, RoutesInheritAndHaveAlertmanagersKeys) {
  const Settings settings = settings_of(
      "route:\n"
      "  receiver: a\n"
      "  group_by: [b, a]\n"
      "  group_wait: 1s\n"
      "  routes:\n"
      "  - match: {x: y}\n"
      "    match_re: {team: 'a|b'}\n"
      "    matchers: ['severity != \"page\", a=b', '{c=d}']\n"
      "    receiver: b\n"
      "    group_by: [...]\n"
      "    continue: true\n"
      "    mute_time_intervals: [nights]\n"
      "    routes: [{active_time_intervals: [nights], group_by: []}, {group_by: [z], "
      "group_interval: 2s, "
      "repeat_interval: 3s, receiver: ''}]\n"
      "  - {}\n"
      "receivers: [{name: a}, {name: b}]\n"
      "time_intervals: [{name: nights, time_intervals: [{weekdays: ['monday:friday'], times: "
      "[{start_time: '22:00', end_time: '24:00'}], location: Europe/Berlin}]}]");
  const notify::Route& root = settings.route;
  EXPECT_THAT(root.group_by, ElementsAre("a", "b"));
  ASSERT_EQ(root.routes.size(), 2U);
  const notify::Route& first = root.routes[0];
  EXPECT_EQ(first.key, R"({}/{a="b",c="d",severity!="page",team=~"a|b",x="y"})");
  EXPECT_TRUE(first.proceed);
  EXPECT_EQ(first.receiver, "b");
  EXPECT_TRUE(first.group_by_all);
  EXPECT_EQ(first.group_wait, seconds(1));
  EXPECT_EQ(first.origin, "h.yaml:7:7");
  EXPECT_THAT(first.mute_time_intervals, ElementsAre("nights"));
  ASSERT_EQ(first.routes.size(), 2U);
  EXPECT_EQ(first.routes[0].receiver, "b");
  EXPECT_TRUE(first.routes[0].group_by_all);
  EXPECT_THAT(first.routes[0].mute_time_intervals, IsEmpty());
  EXPECT_THAT(first.routes[0].active_time_intervals, ElementsAre("nights"));
  EXPECT_EQ(first.routes[0].key, first.key + "/{}");
  EXPECT_FALSE(first.routes[1].group_by_all);
  EXPECT_EQ(first.routes[1].receiver, "b");
  EXPECT_THAT(first.routes[1].group_by, ElementsAre("z"));
  EXPECT_EQ(first.routes[1].group_interval, seconds(2));
  EXPECT_EQ(first.routes[1].repeat_interval, seconds(3));
  EXPECT_EQ(root.routes[1].receiver, "a");
  EXPECT_THAT(root.routes[1].group_by, ElementsAre("a", "b"));
  EXPECT_EQ(settings.time_interval("nights")->specs.at(0).location, "Europe/Berlin");
  EXPECT_EQ(settings.time_interval("nights")->specs.at(0).times.at(0),
            (notify::Span{22 * 60, 24 * 60}));
}

TEST_F(NotifySection, InhibitionRulesHaveAllNotations) {
  const Settings settings = settings_of(
      std::string(kSmall) +
      "\ninhibit_rules: [{name: n, source_match: {a: b}, source_match_re: {c: d}, source_matchers: "
      "[e=f], target_match: {g: h}, target_matchers: [i=j, k=l], equal: [m, o]}]\n"
      "global: {resolve_timeout: 7m}");
  const notify::InhibitRule& rule = settings.inhibit_rules.at(0);
  EXPECT_EQ(rule.name, "n");
  EXPECT_EQ(notify::to_string(rule.source), R"({a="b",c=~"d",e="f"})");
  EXPECT_EQ(notify::to_string(rule.target), R"({g="h",i="j",k="l"})");
  EXPECT_THAT(rule.equal, ElementsAre("m", "o"));
  EXPECT_EQ(settings.resolve_timeout, minutes(7));
}

}  // namespace
}  // namespace hitwatch::config
