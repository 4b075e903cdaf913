// Alertmanager's configuration, checked, with every default filled in: global values are where they
// are used, and routes have what they inherit. Every receiver and time interval that a route names
// exists, and every name is there once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/net/http_url.h"
#include "agent/net/secret.h"
#include "agent/net/tls.h"
#include "agent/notify/matcher.h"
#include "agent/notify/time_interval.h"

namespace hitwatch::notify {

// `http_config:`. HTTP/2 is accepted and not used; OAuth 2 is refused by name.
struct HttpSettings {
  std::optional<std::pair<std::string, net::SecretSource>> basic_auth;
  std::string authorization_type = "Bearer";
  net::SecretSource authorization;  // empty: none
  net::TlsOptions tls;
  std::string proxy_url;  // "" for none
  std::string no_proxy;   // comma separated, as in the variable NO_PROXY
  bool proxy_from_environment = false;
  bool follow_redirects = true;
  std::vector<std::pair<std::string, net::SecretSource>> headers;  // `http_headers`
};

struct WebhookSettings {
  net::SecretSource url;                 // may hold a token: never shown
  std::size_t max_alerts = 0;            // 0: all
  std::chrono::milliseconds timeout{0};  // 0: that of the sender
  std::optional<std::string> payload;    // a template of the body; none: version 4
  // Standard Webhooks. Of `notify.signing`, so that receivers stay Alertmanager's.
  net::SecretSource signing_secret;
};

struct SlackField {
  std::string title;
  std::string value;
  std::optional<bool> is_short;
};
struct SlackAction {
  std::string type, text, url, style, name, value;
};
// Texts are templates.
struct SlackSettings {
  net::SecretSource api_url;
  std::string channel, username, color, title, title_link, pretext, text, fallback, callback_id;
  std::string icon_emoji, icon_url, image_url, thumb_url, footer;
  bool link_names = false;
  bool short_fields = false;
  std::vector<std::string> mrkdwn_in;
  std::vector<SlackField> fields;
  std::vector<SlackAction> actions;
};

struct PagerDutyLink {
  std::string href, text;
};
struct PagerDutyImage {
  std::string src, alt, href;
};
struct PagerDutySettings {
  net::SecretSource routing_key;
  std::string url;
  std::string client, client_url, description, severity, source, class_name, component, group;
  std::vector<std::pair<std::string, std::string>> details;
  std::vector<PagerDutyImage> images;
  std::vector<PagerDutyLink> links;
};

// One entry of `webhook_configs`, `slack_configs` or `pagerduty_configs`.
struct Integration {
  bool send_resolved = true;
  HttpSettings http;
  std::variant<WebhookSettings, SlackSettings, PagerDutySettings> kind;

  // "webhook", "slack" or "pagerduty".
  std::string_view name() const;
};

struct Receiver {
  std::string name;
  std::vector<Integration> integrations;
};

// A node of the route tree.
struct Route {
  std::string receiver;
  Matchers matchers;                  // `match` and `match_re` among them
  bool proceed = false;               // `continue`
  std::vector<std::string> group_by;  // sorted
  bool group_by_all = false;          // `...`
  std::chrono::milliseconds group_wait{30'000};
  std::chrono::milliseconds group_interval{300'000};
  std::chrono::milliseconds repeat_interval{14'400'000};
  std::vector<std::string> mute_time_intervals;
  std::vector<std::string> active_time_intervals;
  std::string key;     // the matchers from the root to here: `{}/{severity="page"}`
  std::string origin;  // "hitwatch.yaml:7:5"
  std::vector<Route> routes;
};

struct InhibitRule {
  std::string name;
  Matchers source;
  Matchers target;
  std::vector<std::string> equal;
};

// `notify.alertmanagers`: told as a Prometheus tells them.
struct AlertmanagerPeer {
  net::HttpUrl url;  // its target is the prefix of /api/v2/alerts, without a slash at the end
  HttpSettings http;
  std::chrono::milliseconds timeout{10'000};
};

struct Settings {
  bool enabled = false;  // a route, a webhook or Alertmanagers are given
  std::chrono::milliseconds resolve_timeout{300'000};
  std::chrono::milliseconds max_age{86'400'000};  // of a message that nobody has accepted
  Route route;
  std::vector<Receiver> receivers;
  std::vector<InhibitRule> inhibit_rules;
  std::vector<TimeInterval> time_intervals;
  std::vector<std::string> template_files;  // absolute
  std::vector<AlertmanagerPeer> alertmanagers;
  // What the API shows: Alertmanager's part as YAML, secrets replaced by <secret>, which amtool
  // reads.
  std::string original;

  const Receiver* receiver(std::string_view name) const;
  const TimeInterval* time_interval(std::string_view name) const;
};

// Nodes that an alert with these labels reaches, in order; at least the root. As Alertmanager: the
// first child that matches, and those after it while it says `continue`.
std::vector<const Route*> match_routes(const Route& root, const metrics::Labels& labels);

// The labels by which an alert is grouped on this route, sorted.
metrics::Labels group_labels(const Route& route, const metrics::Labels& labels);
// `{}/{severity="page"}:{alertname="RedisDown"}`; group labels are written as Alertmanager does.
std::string group_key(const Route& route, const metrics::Labels& group_labels);

}  // namespace hitwatch::notify
