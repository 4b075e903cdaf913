// What the HTTP server answers: metrics, health, targets, and the page that shows them to people.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "agent/config/config.h"
#include "agent/discovery.h"
#include "agent/event_log.h"
#include "agent/latest_slow_commands.h"
#include "agent/lookups_door.h"
#include "agent/metrics/exposition.h"
#include "agent/notify/service.h"
#include "agent/otlp_door.h"
#include "agent/own_metrics.h"
#include "agent/replication_view.h"
#include "agent/rules/query_api.h"
#include "agent/rules/service.h"
#include "agent/tap_service.h"
#include "agent/targets.h"
#include "agent/trace/tracer.h"
#include "agent/web/server.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

class Endpoints {
 public:
  struct Parts {
    Targets& targets;
    Discovery& discovery;
    OwnMetrics& own;
    const lookups::Store& lookups;
    LookupsDoor& lookups_door;
    OtlpDoor& otlp_door;
    const LatestSlowCommands& slow_commands;
    const EventLog& events;
    const ReplicationView& replication;
    const TapService& tap;
    rules::Service& rules;
    rules::QueryApi& queries;
    notify::Service& notifications;
    trace::Tracer& tracer;
    std::function<std::vector<prometheus::MetricFamily>()> further_metrics;  // of the daemon
    const metrics::Family* age_family;  // <namespace>_snapshot_age_seconds
    // Runs work on the web server's thread.
    std::function<void(std::function<void()>)> on_web_thread;
    // Reloads the configuration and answers, on any thread, with nothing or with what is wrong.
    std::function<void(std::function<void(std::expected<void, std::string>)>)> reload;
  };

  // The parts must outlive this. Telemetry path, admin API and the rest of `web` stand for the life
  // of the object.
  Endpoints(Parts parts, const config::Config& config);

  // Answers a request; called on the web server's thread, never blocks.
  void handle(const web::Request& request, web::Reply reply);

  // The daemon's own series, those of lookups and the ages of targets' figures included, in text
  // format 0.0.4. On the web server's thread.
  std::string own_exposition() const;

 private:
  using Handler = void (Endpoints::*)(const web::Request&, web::Reply);
  struct Route {
    std::string path;          // with `{name}` in it for what differs
    std::string_view methods;  // "GET, HEAD" or "POST"
    Handler handler;
    bool posts_to_read = false;  // parameters too long for a URL: nothing changes
  };

  void add_query_routes();
  void add_notification_routes();

  void metrics(const web::Request& request, web::Reply reply);
  void scrape(const web::Request& request, web::Reply reply);
  void healthy(const web::Request& request, web::Reply reply);
  void ready(const web::Request& request, web::Reply reply);
  void cache_health(const web::Request& request, web::Reply reply);
  void service_discovery(const web::Request& request, web::Reply reply);
  void list_targets(const web::Request& request, web::Reply reply);
  void list_tenants(const web::Request& request, web::Reply reply);
  void show_keyspace(const web::Request& request, web::Reply reply);
  void query(const web::Request& request, web::Reply reply);
  void find_series(const web::Request& request, web::Reply reply);
  void list_labels(const web::Request& request, web::Reply reply);
  void list_label_values(const web::Request& request, web::Reply reply);
  void find_exemplars(const web::Request& request, web::Reply reply);
  void list_metadata(const web::Request& request, web::Reply reply);
  void list_rules(const web::Request& request, web::Reply reply);
  void list_alerts(const web::Request& request, web::Reply reply);
  void list_dashboards(const web::Request& request, web::Reply reply);
  void show_dashboard(const web::Request& request, web::Reply reply);
  void notifications(const web::Request& request, web::Reply reply);
  void build_information(const web::Request& request, web::Reply reply);
  void take_lookups(const web::Request& request, web::Reply reply);
  void take_metrics(const web::Request& request, web::Reply reply);
  void runbook(const web::Request& request, web::Reply reply);
  void to_folder(const web::Request& request, web::Reply reply);
  void list_slow_commands(const web::Request& request, web::Reply reply);
  void list_events(const web::Request& request, web::Reply reply);
  void show_replication(const web::Request& request, web::Reply reply);
  void show_tap(const web::Request& request, web::Reply reply);
  void status_page(const web::Request& request, web::Reply reply);
  void reload(const web::Request& request, web::Reply reply);

  // The targets a `target` parameter names, or an answer that refuses it.
  std::expected<WatchedTargets, web::Response> named(const web::Request& request, bool ad_hoc);
  // Calls `then` on the web thread when what is to be shown is there: at once in background mode,
  // else after a poll of `targets`.
  void when_fresh(const web::Request& request, const WatchedTargets& targets, bool poll,
                  std::function<void()> then);
  // `instance`: whether series carry that label; `one`: whether a single target was asked for, with
  // whose series only redis_exporter's own names are shown.
  web::Response render(const web::Request& request, const WatchedTargets& targets, bool instance,
                       bool one) const;
  void write_own(std::string& out, metrics::Format format) const;

  Parts parts_;
  config::Config config_;
  const web::Response status_page_;
  const web::Response compressed_status_page_;
  std::vector<Route> routes_;
};

// How long a scrape may take, from Prometheus' X-Prometheus-Scrape-Timeout-Seconds header: its
// value less a margin for the way back of half a second, or half the value where that is less; at
// least 100 ms. `otherwise` if the header is missing or nonsense.
std::chrono::milliseconds scrape_budget(std::string_view header,
                                        std::chrono::milliseconds otherwise);

}  // namespace hitwatch
