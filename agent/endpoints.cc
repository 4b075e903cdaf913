#include "agent/endpoints.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/cache_health.h"
#include "agent/dashboards_api.h"
#include "agent/events_api.h"
#include "agent/exemplars_api.h"
#include "agent/json_response.h"
#include "agent/keyspace_api.h"
#include "agent/metadata_api.h"
#include "agent/replication_api.h"
#include "agent/request_span.h"
#include "agent/rules/rules_json.h"
#include "agent/runbooks.h"
#include "agent/slow_commands_api.h"
#include "agent/status_page.h"
#include "agent/tap_api.h"
#include "agent/targets_api.h"
#include "agent/tenants_api.h"
#include "agent/web/compress.h"
#include "agent/web/cross_origin.h"

namespace hitwatch {
namespace {

using std::chrono::milliseconds;

constexpr const char* kDashboard = "/dashboards/{name}.json";

web::Response text_response(int status, std::string text) {
  web::Response response;
  response.status = status;
  response.body = std::move(text);
  if (!response.body.ends_with('\n')) response.body += '\n';
  return response;
}

// What redis_exporter lets a scrape choose. Here keys are looked at between scrapes, so a scrape
// that asks for others would get an answer to another question.
std::optional<std::string> key_parameter(const web::Request& request) {
  for (const char* name :
       {"check-keys", "check-single-keys", "check-streams", "check-single-streams", "count-keys"}) {
    const std::string* value = request.parameter(name);
    if (value != nullptr && !value->empty()) return name;
  }
  return std::nullopt;
}

// What a scrape shows of targets.
class Exposed {
 public:
  explicit Exposed(std::size_t targets) { roles_.reserve(targets); }

  // Not before its first poll. Of the keys of a server that does not answer nothing is shown, like
  // of its other figures. The target must outlive this.
  void add(const WatchedTarget& watched, bool instance, bool role) {
    const redis::PollResult latest = watched.latest();
    if (latest.snapshot == nullptr) return;
    std::string& role_text = roles_.emplace_back();
    if (role && !latest.snapshot->role.empty()) {
      metrics::append_label_text(role_text, {{"instance_role", latest.snapshot->role}});
    }
    const std::string& labels = instance ? watched.label_text_with_instance : watched.label_text;
    const auto show = [&](std::shared_ptr<const metrics::Snapshot> snapshot) {
      add(std::move(snapshot), labels, role_text, watched.place_text);
    };
    show(latest.snapshot);
    if (!latest.state->up) return;
    const KeyspaceResult keyspace = watched.latest_keyspace();
    show(keyspace.sampled);
    show(keyspace.checked);
  }

  std::span<const metrics::TargetSamples> samples() const { return samples_; }
  std::size_t lines() const { return lines_; }

 private:
  void add(std::shared_ptr<const metrics::Snapshot> snapshot, std::string_view labels,
           std::string_view role_text, std::string_view place_text) {
    if (snapshot == nullptr) return;
    samples_.push_back({snapshot.get(), labels, role_text, place_text});
    lines_ += snapshot->samples.size();
    snapshots_.push_back(std::move(snapshot));
  }

  std::vector<std::shared_ptr<const metrics::Snapshot>> snapshots_;
  std::vector<metrics::TargetSamples> samples_;
  std::vector<std::string> roles_;  // never grows past what was reserved: samples point into it
  std::size_t lines_ = 0;
};

// What stands in `path` for the `{name}` of a route, "" if that has none; nothing if they differ.
std::optional<std::string_view> part_between(std::string_view route, std::string_view path) {
  const std::size_t open = route.find('{');
  if (open == route.npos) return route == path ? std::optional(path.substr(0, 0)) : std::nullopt;
  const std::string_view tail = route.substr(route.find('}', open) + 1);
  if (path.size() <= open + tail.size() || !path.starts_with(route.substr(0, open)) ||
      !path.ends_with(tail)) {
    return std::nullopt;
  }
  const std::string_view part = path.substr(open, path.size() - open - tail.size());
  return part.contains('/') ? std::nullopt : std::optional(part);
}

}  // namespace

milliseconds scrape_budget(std::string_view header, milliseconds otherwise) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc() || end != header.data() + header.size() || !(seconds > 0) ||
      seconds > 3600) {
    return otherwise;
  }
  // No server answers in less than the least, and who asks for that would only drop the connection.
  constexpr double kLeast = 0.1;
  const double budget = std::max({seconds - 0.5, seconds / 2, kLeast});
  return milliseconds(static_cast<milliseconds::rep>(budget * 1000));
}

Endpoints::Endpoints(Parts parts, const config::Config& config)
    : parts_(std::move(parts)),
      config_(config),
      status_page_(make_status_page(config.web.telemetry_path)),
      compressed_status_page_(compressed_page(status_page_)) {
  constexpr std::string_view kRead = "GET, HEAD";
  routes_ = {{config_.web.telemetry_path, kRead, &Endpoints::metrics},
             {"/-/healthy", kRead, &Endpoints::healthy},
             {"/-/ready", kRead, &Endpoints::ready},
             {"/health/cache", kRead, &Endpoints::cache_health},
             {"/sd", kRead, &Endpoints::service_discovery},
             {"/api/v1/targets", kRead, &Endpoints::list_targets},
             {"/api/v1/tenants", kRead, &Endpoints::list_tenants},
             {"/api/v1/slow_commands", kRead, &Endpoints::list_slow_commands},
             {"/api/v1/events", kRead, &Endpoints::list_events},
             {"/api/v1/replication", kRead, &Endpoints::show_replication},
             {"/api/v1/tap", kRead, &Endpoints::show_tap},
             {"/api/v1/keyspace", kRead, &Endpoints::show_keyspace},
             {"/api/v1/rules", kRead, &Endpoints::list_rules},
             {"/api/v1/alerts", kRead, &Endpoints::list_alerts},
             {"/api/v1/status/buildinfo", kRead, &Endpoints::build_information},
             {"/dashboards", kRead, &Endpoints::to_folder},
             {"/dashboards/", kRead, &Endpoints::list_dashboards},
             {kDashboard, kRead, &Endpoints::show_dashboard},
             {"/runbooks", kRead, &Endpoints::to_folder},
             {"/runbooks/", kRead, &Endpoints::runbook},
             {"/runbooks/{name}", kRead, &Endpoints::runbook},
             {"/v1/lookups", "POST", &Endpoints::take_lookups},
             {"/v1/metrics", "POST", &Endpoints::take_metrics},
             {"/-/reload", "POST", &Endpoints::reload},
             {"/", kRead, &Endpoints::status_page}};
  add_notification_routes();
  if (config_.web.query_api) add_query_routes();
  if (config_.web.scrape_endpoint) routes_.push_back({"/scrape", kRead, &Endpoints::scrape});
}

void Endpoints::add_query_routes() {
  constexpr std::string_view kQuery = "GET, HEAD, POST";
  routes_.insert(routes_.end(),
                 {{"/api/v1/query", kQuery, &Endpoints::query, true},
                  {"/api/v1/query_range", kQuery, &Endpoints::query, true},
                  {"/api/v1/series", kQuery, &Endpoints::find_series, true},
                  {"/api/v1/labels", kQuery, &Endpoints::list_labels, true},
                  {"/api/v1/label/{name}/values", "GET, HEAD", &Endpoints::list_label_values},
                  {"/api/v1/query_exemplars", kQuery, &Endpoints::find_exemplars, true},
                  {"/api/v1/metadata", "GET, HEAD", &Endpoints::list_metadata}});
}

void Endpoints::add_notification_routes() {
  constexpr std::string_view kRead = "GET, HEAD";
  constexpr std::string_view kReadOrAdd = "GET, HEAD, POST";
  routes_.insert(routes_.end(),
                 {{"/api/v2/status", kRead, &Endpoints::notifications},
                  {"/api/v2/receivers", kRead, &Endpoints::notifications},
                  {"/api/v2/alerts", kReadOrAdd, &Endpoints::notifications},
                  {"/api/v2/alerts/groups", kRead, &Endpoints::notifications},
                  {"/api/v2/silences", kReadOrAdd, &Endpoints::notifications},
                  {"/api/v2/silence/{id}", "GET, HEAD, DELETE", &Endpoints::notifications},
                  {"/api/v1/notifications", kRead, &Endpoints::notifications},
                  {"/api/v1/notifications/resend", "POST", &Endpoints::notifications},
                  {"/api/v1/notifications/{id}/resend", "POST", &Endpoints::notifications}});
}

void Endpoints::notifications(const web::Request& request, web::Reply reply) {
  parts_.notifications.answer(request, std::move(reply));
}

void Endpoints::handle(const web::Request& request, web::Reply reply) {
  const auto route = std::ranges::find_if(
      routes_, [&](const Route& one) { return part_between(one.path, request.path).has_value(); });
  const bool found = route != routes_.end();
  reply = traced(parts_.tracer, request, found ? route->path : "", std::move(reply));
  if (!found) {
    reply(text_response(404, "There is nothing here. The page at / leads to what there is."));
    return;
  }
  const std::string_view methods = route->methods;
  if (methods.find(request.method) == methods.npos) {
    web::Response response = text_response(405, fmt::format("Use {} here.", methods));
    response.headers.push_back({"Allow", std::string(methods)});
    reply(std::move(response));
    return;
  }
  const bool reads = request.method == "GET" || request.method == "HEAD" || route->posts_to_read;
  if (!reads && web::is_cross_origin(request)) {
    reply(text_response(403, "A page of another site may change nothing here."));
    return;
  }
  (this->*route->handler)(request, std::move(reply));
}

std::expected<WatchedTargets, web::Response> Endpoints::named(const web::Request& request,
                                                              bool ad_hoc) {
  const std::string* name = request.parameter("target");
  if (name == nullptr || name->empty()) {
    parts_.own.target_request_errors.Increment();
    return std::unexpected(text_response(400, "The target parameter is missing."));
  }
  if (auto watched = parts_.targets.find(*name)) return WatchedTargets{std::move(watched)};
  if (!ad_hoc) {
    parts_.own.target_request_errors.Increment();
    return std::unexpected(text_response(403, "No configured target has that name or address."));
  }
  auto watched = parts_.targets.find_ad_hoc(*name);
  if (!watched) {
    parts_.own.target_request_errors.Increment();
    return std::unexpected(text_response(watched.error().status, watched.error().text));
  }
  return WatchedTargets{*std::move(watched)};
}

void Endpoints::when_fresh(const web::Request& request, const WatchedTargets& targets, bool poll,
                           std::function<void()> then) {
  if (!poll) {
    then();
    return;
  }
  const milliseconds budget =
      scrape_budget(request.header("X-Prometheus-Scrape-Timeout-Seconds"), config_.poll.timeout);
  parts_.targets.refresh(targets, Targets::Clock::now() + budget,
                         [this, then = std::move(then)] { parts_.on_web_thread(then); });
}

web::Response Endpoints::render(const web::Request& request, const WatchedTargets& targets,
                                bool instance, bool one) const {
  const metrics::Format format = metrics::negotiate(request.header("Accept"));
  const auto now = std::chrono::steady_clock::now();
  Exposed exposed(targets.size());
  for (const auto& watched : targets) {
    exposed.add(*watched, instance, config_.poll.collect.instance_role);
  }
  web::Response response;
  response.content_type = metrics::content_type(format);
  response.body.reserve(16384 + exposed.lines() * 128);
  metrics::write_targets(response.body, format, exposed.samples(), parts_.age_family, now);
  if (!one) {
    write_own(response.body, format);
  } else if (config_.own_metrics) {
    metrics::write_families(response.body, format, parts_.own.collect_exporter());
  }
  metrics::write_end(response.body, format);
  return response;
}

void Endpoints::write_own(std::string& out, metrics::Format format) const {
  parts_.lookups.write(out, format, config_.apps.buckets);
  if (!config_.own_metrics) return;
  metrics::write_families(out, format, parts_.own.collect());
  metrics::write_families(out, format, parts_.further_metrics());
}

std::string Endpoints::own_exposition() const {
  std::string out;
  write_own(out, metrics::Format::kText);
  if (parts_.age_family != nullptr) {
    // How old they are now: right after a poll, when the rest of a target is taken, none is.
    const WatchedTargets targets = *parts_.targets.all();
    Exposed exposed(targets.size());
    for (const auto& watched : targets) {
      exposed.add(*watched, true, config_.poll.collect.instance_role);
    }
    metrics::write_ages(out, metrics::Format::kText, exposed.samples(), *parts_.age_family,
                        std::chrono::steady_clock::now());
  }
  return out;
}

void Endpoints::metrics(const web::Request& request, web::Reply reply) {
  const auto began = std::chrono::steady_clock::now();
  WatchedTargets targets = *parts_.targets.all();
  bool instance = Targets::needs_instance(targets);
  const bool one = request.parameter("target") != nullptr;
  if (one) {
    auto chosen = named(request, false);
    if (!chosen) {
      reply(std::move(chosen.error()));
      return;
    }
    targets = *std::move(chosen);
  }
  if (const std::string* only = request.parameter("only")) {
    if (one || *only != "own") {
      reply(text_response(400, "only can be \"own\", without a target."));
      return;
    }
    targets.clear();
  }
  when_fresh(request, targets, parts_.targets.on_scrape(),
             [this, request, targets, instance, one, began, reply = std::move(reply)] {
               reply(render(request, targets, instance, one));
               const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
               parts_.own.scrape_seconds.Observe(took.count());
             });
}

// As redis_exporter's: nothing but the target's series, and no instance label, since Prometheus'
// relabelling sets it.
void Endpoints::scrape(const web::Request& request, web::Reply reply) {
  if (const auto parameter = key_parameter(request)) {
    parts_.own.target_request_errors.Increment();
    reply(text_response(
        400, fmt::format("A scrape cannot set {0}: keys are looked at between scrapes. Name them "
                         "under keys.check in the configuration, or with --{0} of hitwatch "
                         "exporter.",
                         *parameter)));
    return;
  }
  const auto targets = named(request, true);
  if (!targets) {
    reply(targets.error());
    return;
  }
  const std::string& origin = targets->front()->target.origin;
  const bool ad_hoc = origin == Targets::kAdHocOrigin;
  when_fresh(request, *targets, ad_hoc || parts_.targets.on_scrape(),
             [this, request, targets = *targets, reply = std::move(reply)] {
               reply(render(request, targets, false, true));
             });
}

void Endpoints::healthy(const web::Request&, web::Reply reply) {
  reply(text_response(200, "hitwatch is healthy."));
}

void Endpoints::ready(const web::Request&, web::Reply reply) {
  if (const std::size_t sources = parts_.discovery.waiting(); sources > 0) {
    reply(
        text_response(503, fmt::format("{} sources of targets have not been asked yet.", sources)));
    return;
  }
  const auto targets = parts_.targets.all();
  // In on_scrape mode the first poll of each also happens at the start.
  const auto waiting = std::ranges::count_if(
      *targets, [](const auto& watched) { return watched->latest().state == nullptr; });
  if (waiting > 0) {
    reply(text_response(
        503, fmt::format("{} of {} targets have not been polled yet.", waiting, targets->size())));
    return;
  }
  reply(text_response(200, "hitwatch is ready."));
}

void Endpoints::cache_health(const web::Request& request, web::Reply reply) {
  WatchedTargets targets = *parts_.targets.all();
  if (request.parameter("target") != nullptr) {
    auto chosen = named(request, false);
    if (!chosen) {
      reply(std::move(chosen.error()));
      return;
    }
    targets = *std::move(chosen);
  }
  when_fresh(request, targets, parts_.targets.on_scrape(),
             [targets, reply = std::move(reply)] { reply(answer_cache_health(targets)); });
}

void Endpoints::service_discovery(const web::Request&, web::Reply reply) {
  reply(answer_service_discovery(*parts_.targets.all()));
}

void Endpoints::list_targets(const web::Request& request, web::Reply reply) {
  reply(answer_targets(request, *parts_.targets.all()));
}

void Endpoints::show_keyspace(const web::Request& request, web::Reply reply) {
  reply(answer_keyspace(request, *parts_.targets.all()));
}

void Endpoints::list_tenants(const web::Request& request, web::Reply reply) {
  reply(answer_tenants(request, parts_.lookups, lookups::Clock::now()));
}

void Endpoints::query(const web::Request& request, web::Reply reply) {
  parts_.queries.query(request, std::move(reply));
}

void Endpoints::find_series(const web::Request& request, web::Reply reply) {
  parts_.queries.series(request, std::move(reply));
}

void Endpoints::list_labels(const web::Request& request, web::Reply reply) {
  parts_.queries.labels(request, std::move(reply));
}

void Endpoints::list_label_values(const web::Request& request, web::Reply reply) {
  const auto name = part_between("/api/v1/label/{name}/values", request.path);
  parts_.queries.label_values(std::string(name.value_or("")), request, std::move(reply));
}

void Endpoints::find_exemplars(const web::Request& request, web::Reply reply) {
  parts_.rules.with_own_labels(
      [this, request, reply = std::move(reply)](const metrics::Labels& own_labels) {
        parts_.on_web_thread([this, request, reply, own_labels] {
          reply(answer_exemplars(request, parts_.lookups, config_.apps.buckets, own_labels));
        });
      });
}

void Endpoints::list_metadata(const web::Request& request, web::Reply reply) {
  reply(answer_metadata(request, *parts_.targets.all(), own_exposition()));
}

void Endpoints::list_rules(const web::Request& request, web::Reply reply) {
  const auto parameters = rules::ApiParameters::read(request);
  auto filter =
      parameters ? rules::RuleFilter::read(*parameters) : std::unexpected(parameters.error());
  if (!filter) {
    reply(rules::error_response(filter.error()));
    return;
  }
  parts_.rules.with_groups([filter = *std::move(filter), reply = std::move(reply)](
                               const std::vector<const alerting::Group*>& groups) {
    reply(json_text(rules::rules_answer(groups, filter)));
  });
}

void Endpoints::list_alerts(const web::Request& request, web::Reply reply) {
  const auto parameters = rules::ApiParameters::read(request);
  const auto limit = parameters ? parameters->limit("limit") : std::unexpected(parameters.error());
  if (!limit) {
    reply(rules::error_response(limit.error()));
    return;
  }
  parts_.rules.with_groups([limit = *limit, reply = std::move(reply)](
                               const std::vector<const alerting::Group*>& groups) {
    reply(json_text(rules::alerts_answer(groups, limit)));
  });
}

void Endpoints::build_information(const web::Request&, web::Reply reply) {
  reply(answer_build_information());
}

void Endpoints::list_dashboards(const web::Request&, web::Reply reply) {
  reply(answer_dashboards());
}

void Endpoints::show_dashboard(const web::Request& request, web::Reply reply) {
  reply(answer_dashboard(part_between(kDashboard, request.path).value_or("")));
}

void Endpoints::take_lookups(const web::Request& request, web::Reply reply) {
  reply(parts_.lookups_door.take(request));
}

void Endpoints::take_metrics(const web::Request& request, web::Reply reply) {
  reply(parts_.otlp_door.take(request));
}

void Endpoints::runbook(const web::Request& request, web::Reply reply) {
  constexpr std::string_view kFolder = "/runbooks/";
  reply(answer_runbook(std::string_view(request.path).substr(kFolder.size())));
}

// What is in a folder links to the rest of it, whatever path a proxy puts before ours.
void Endpoints::to_folder(const web::Request& request, web::Reply reply) {
  web::Response response = text_response(308, "This is a folder: with a / at the end.");
  response.headers.push_back({"Location", request.path.substr(1) + "/"});
  reply(std::move(response));
}

void Endpoints::list_slow_commands(const web::Request& request, web::Reply reply) {
  reply(answer_slow_commands(request, parts_.slow_commands));
}

void Endpoints::list_events(const web::Request& request, web::Reply reply) {
  reply(answer_events(request, parts_.events));
}

void Endpoints::show_replication(const web::Request& request, web::Reply reply) {
  reply(answer_replication(request, *parts_.replication.forest(parts_.targets.all())));
}

void Endpoints::show_tap(const web::Request& request, web::Reply reply) {
  reply(answer_tap(request, parts_.tap));
}

void Endpoints::status_page(const web::Request& request, web::Reply reply) {
  const bool compressed = web::accepts_gzip(request.header("Accept-Encoding"));
  reply(compressed ? compressed_status_page_ : status_page_);
}

void Endpoints::reload(const web::Request&, web::Reply reply) {
  if (!config_.web.admin_api) {
    reply(text_response(403, "Reloading over HTTP is off: set web.admin_api, or send SIGHUP."));
    return;
  }
  parts_.reload([reply = std::move(reply)](const std::expected<void, std::string>& result) {
    if (result) {
      reply(text_response(200, "The configuration was reloaded."));
    } else {
      reply(text_response(500,
                          "The configuration is not valid, the old one stays:\n" + result.error()));
    }
  });
}

}  // namespace hitwatch
