// The parts of notifications behind Alertmanager's API, without anything that sends.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/notify/api.h"
#include "agent/notify/inhibition.h"

namespace hitwatch::notify {

// Keeps its map in memory: the file is never opened.
class ApiHost {
 public:
  // Routes of the configuration below: severity="page" to team-X.page and on, team="web" to
  // team-X.web by alertname and instance, the rest to default.
  static constexpr const char* kConfiguration = R"(global:
  resolve_timeout: 5m
route:
  receiver: default
  group_by: [alertname]
  group_wait: 1s
  group_interval: 5s
  repeat_interval: 1h
  routes:
    - receiver: team-X.page
      matchers: [severity="page"]
      continue: true
    - receiver: team-X.web
      matchers: [team="web"]
      group_by: [alertname, instance]
receivers:
  - name: default
  - name: team-X.page
    webhook_configs: [{url: "http://127.0.0.1:9/hook"}]
  - name: team-X.web
    webhook_configs: [{url: "http://127.0.0.1:9/hook"}]
  - name: unused
inhibit_rules:
  - source_matchers: [alertname="Boss"]
    target_matchers: [alertname="Minor"]
)";

  explicit ApiHost(std::int64_t now, Dispatcher::Options options = {})
      : settings_(configuration()),
        inhibition_(settings_->inhibit_rules),
        dispatcher_({.map = map_,
                     .muted = [this](const Alert& alert, const Route& route,
                                     std::int64_t time) { return muted(alert, route, time); },
                     .make_id = [this] { return "msg_" + std::to_string(++messages_); }},
                    options),
        started_at_(now) {
    dispatcher_.configure(settings_, now);
  }

  ApiAnswer answer(const web::Request& request, std::int64_t now) {
    ApiParts parts{.dispatcher = dispatcher_,
                   .silences = silences_,
                   .outbox = outbox_,
                   .settings = *settings_,
                   .take = [&](const std::vector<Alert>& alerts) { take(alerts, now); },
                   .admin_api = admin_api,
                   .started_at = started_at_};
    return answer_api(request, parts, now);
  }

  Outbox& outbox() { return outbox_; }
  Silences& silences() { return silences_; }

  bool admin_api = false;
  std::set<std::string> closed;  // names of time intervals that mute team-X.web

 private:
  static Matchers matchers(std::string_view text) { return *parse_matchers(text); }

  static Receiver receiver(std::string name, bool webhook) {
    Receiver receiver{.name = std::move(name), .integrations = {}};
    if (webhook) receiver.integrations.push_back({.http = {}, .kind = WebhookSettings{}});
    return receiver;
  }

  static std::shared_ptr<const Settings> configuration() {
    auto settings = std::make_shared<Settings>();
    settings->enabled = true;
    Route& root = settings->route;
    root.receiver = "default";
    root.group_by = {"alertname"};
    root.group_wait = std::chrono::seconds(1);
    root.group_interval = std::chrono::seconds(5);
    root.repeat_interval = std::chrono::hours(1);
    root.key = "{}";
    Route page = root;
    page.receiver = "team-X.page";
    page.matchers = matchers("severity=\"page\"");
    page.proceed = true;
    page.key = "{}/{severity=\"page\"}";
    Route web = root;
    web.receiver = "team-X.web";
    web.matchers = matchers("team=\"web\"");
    web.group_by = {"alertname", "instance"};
    web.key = "{}/{team=\"web\"}";
    root.routes = {page, web};
    settings->receivers = {receiver("default", false), receiver("team-X.page", true),
                           receiver("team-X.web", true), receiver("unused", false)};
    settings->inhibit_rules = {{.name = "",
                                .source = matchers("alertname=\"Boss\""),
                                .target = matchers("alertname=\"Minor\""),
                                .equal = {}}};
    settings->original = kConfiguration;
    return settings;
  }

  void take(const std::vector<Alert>& alerts, std::int64_t now) {
    for (const Alert& alert : alerts) {
      inhibition_.note(fingerprint(alert.labels), alert.labels, !alert.resolved(now));
    }
    dispatcher_.take(alerts, now);
  }

  Muted muted(const Alert& alert, const Route& route, std::int64_t now) const {
    Muted muted{.silenced_by = silences_.silencing(alert.labels, now),
                .inhibited_by = inhibition_.inhibiting(alert.labels),
                .muted_by = {}};
    if (route.receiver == "team-X.web") muted.muted_by.assign(closed.begin(), closed.end());
    return muted;
  }

  DurableMap map_{"", {}};
  std::shared_ptr<const Settings> settings_;
  Silences silences_{map_};
  Inhibition inhibition_;
  int messages_ = 0;
  Dispatcher dispatcher_;
  Outbox outbox_{map_, {}, 1};
  std::int64_t started_at_;
};

}  // namespace hitwatch::notify
