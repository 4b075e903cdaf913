#include "agent/endpoints.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "agent/json_response.h"
#include "agent/tenants_api.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr double kOptimalHitRatio = 0.8;

web::Response text_response(int status, std::string text) {
  web::Response response;
  response.status = status;
  response.body = std::move(text);
  if (!response.body.ends_with('\n')) response.body += '\n';
  return response;
}

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

json labels_json(const metrics::Labels& labels) {
  json object = json::object();
  for (const metrics::Label& label : labels) object[label.name] = label.value;
  return object;
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)), ms);
}

std::string_view state_word(const redis::TargetState* state) {
  if (state == nullptr) return "unknown";
  if (!state->up) return "down";
  return state->error.reason == net::Reason::kNone ? "up" : "partial";
}

json target_json(const WatchedTarget& watched) {
  const redis::PollResult latest = watched.latest();
  const redis::TargetState* state = latest.state.get();
  json object{{"name", watched.target.name()},
              {"url", watched.target.url.redacted()},
              {"labels", labels_json(watched.target.labels)},
              {"origin", watched.target.origin},
              {"state", state_word(state)},
              {"error", nullptr},
              {"lastPoll", nullptr},
              {"lastPollAgeSeconds", nullptr},
              {"dataAgeSeconds", nullptr},
              {"unavailable", json::object()}};
  if (state == nullptr) return object;
  const auto age = [](std::chrono::steady_clock::time_point time) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - time).count();
  };
  if (state->error.reason != net::Reason::kNone) {
    object["error"] = {{"reason", net::reason_word(state->error.reason)},
                       {"text", state->error.text}};
  }
  object["lastPoll"] = rfc3339(state->last_poll);
  object["lastPollAgeSeconds"] = age(latest.snapshot->taken_steady);
  object["lastPollDurationSeconds"] = state->last_duration.count();
  if (latest.snapshot->data_from != std::chrono::steady_clock::time_point{}) {
    object["dataAgeSeconds"] = age(latest.snapshot->data_from);
  }
  object["unavailable"] = state->unavailable;
  if (state->up) {
    object["version"] = state->version;
    object["role"] = state->role;
    object["mode"] = state->mode;
  }
  return object;
}

// Hits, misses and keys of one target or several.
struct CacheTotals {
  bool connected = true;
  double hits = 0;
  double misses = 0;
  double keys = 0;

  void add(const redis::TargetState* state) {
    connected = connected && state != nullptr && state->up;
    if (state == nullptr || !state->up) return;
    hits += state->keyspace_hits;
    misses += state->keyspace_misses;
    keys += state->keys;
  }

  json to_json() const {
    const double requests = hits + misses;
    const double ratio = requests > 0 ? hits / requests : 0;
    // A cache that nobody has asked yet is not a bad one.
    const bool optimal = requests == 0 || ratio >= kOptimalHitRatio;
    return {{"connected", connected},
            {"hits", static_cast<std::uint64_t>(hits)},
            {"misses", static_cast<std::uint64_t>(misses)},
            {"keys", static_cast<std::uint64_t>(keys)},
            {"totalRequests", static_cast<std::uint64_t>(requests)},
            {"hitRate", fmt::format("{:.2f}%", ratio * 100)},
            {"efficiency", connected && optimal ? "optimal" : "degraded"}};
  }
};

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
    : parts_(std::move(parts)), config_(config) {
  constexpr std::string_view kRead = "GET, HEAD";
  routes_ = {{config_.web.telemetry_path, kRead, &Endpoints::metrics},
             {"/-/healthy", kRead, &Endpoints::healthy},
             {"/-/ready", kRead, &Endpoints::ready},
             {"/health/cache", kRead, &Endpoints::cache_health},
             {"/sd", kRead, &Endpoints::service_discovery},
             {"/api/v1/targets", kRead, &Endpoints::list_targets},
             {"/api/v1/tenants", kRead, &Endpoints::list_tenants},
             {"/v1/lookups", "POST", &Endpoints::take_lookups},
             {"/-/reload", "POST", &Endpoints::reload},
             {"/", kRead, &Endpoints::front_page}};
  if (config_.web.scrape_endpoint) routes_.push_back({"/scrape", kRead, &Endpoints::scrape});
}

void Endpoints::handle(const web::Request& request, web::Reply reply) {
  const auto route = std::ranges::find(routes_, request.path, &Route::path);
  if (route == routes_.end()) {
    reply(text_response(404, "There is nothing here. The front page lists what there is: /"));
    return;
  }
  const std::string_view methods = route->methods;
  if (methods.find(request.method) == methods.npos) {
    web::Response response = text_response(405, fmt::format("Use {} here.", methods));
    response.headers.push_back({"Allow", std::string(methods)});
    reply(std::move(response));
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
  std::vector<std::shared_ptr<const metrics::Snapshot>> snapshots;
  std::vector<metrics::TargetSamples> samples;
  std::vector<std::string> roles;
  roles.reserve(targets.size());
  std::size_t lines = 0;
  for (const auto& watched : targets) {
    auto snapshot = watched->latest().snapshot;
    if (snapshot == nullptr) continue;
    roles.emplace_back();
    if (config_.poll.collect.instance_role && !snapshot->role.empty()) {
      metrics::append_label_text(roles.back(), {{"instance_role", snapshot->role}});
    }
    samples.push_back({snapshot.get(),
                       instance ? watched->label_text_with_instance : watched->label_text,
                       roles.back()});
    lines += snapshot->samples.size();
    snapshots.push_back(std::move(snapshot));
  }
  web::Response response;
  response.content_type = metrics::content_type(format);
  response.body.reserve(16384 + lines * 128);
  metrics::write_targets(response.body, format, samples, parts_.age_family, now);
  if (!one) parts_.lookups.write(response.body, format, config_.apps.buckets);
  if (config_.own_metrics) {
    metrics::write_families(response.body, format,
                            one ? parts_.own.collect_exporter() : parts_.own.collect());
    if (!one) metrics::write_families(response.body, format, parts_.lookup_metrics());
  }
  metrics::write_end(response.body, format);
  return response;
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
  when_fresh(request, targets, parts_.targets.on_scrape(), [targets, reply = std::move(reply)] {
    CacheTotals totals;
    totals.connected = !targets.empty();
    json each = json::object();
    for (const auto& watched : targets) {
      const auto state = watched->latest().state;
      CacheTotals own;
      own.add(state.get());
      totals.add(state.get());
      each[watched->target.name()] = own.to_json();
      if (state != nullptr && !state->up) {
        each[watched->target.name()]["error"] = net::reason_word(state->error.reason);
      }
    }
    json body = totals.to_json();
    if (targets.size() > 1) {
      body["targets"] = std::move(each);
    } else if (targets.size() == 1 && each.front().contains("error")) {
      body["error"] = each.front()["error"];
    }
    reply(json_response(totals.connected ? 200 : 503, body));
  });
}

// https://prometheus.io/docs/prometheus/latest/http_sd/ . Each target stands under the name that
// /scrape?target= takes.
void Endpoints::service_discovery(const web::Request&, web::Reply reply) {
  json groups = json::array();
  const auto targets = parts_.targets.all();  // kept: a reload may replace the list meanwhile
  for (const auto& watched : *targets) {
    groups.push_back(
        {{"targets", {watched->target.name()}}, {"labels", labels_json(watched->target.labels)}});
  }
  reply(json_response(200, groups));
}

void Endpoints::list_targets(const web::Request&, web::Reply reply) {
  json list = json::array();
  const auto targets = parts_.targets.all();
  for (const auto& watched : *targets) list.push_back(target_json(*watched));
  reply(json_response(200, {{"status", "success"}, {"data", {{"targets", std::move(list)}}}}));
}

void Endpoints::list_tenants(const web::Request& request, web::Reply reply) {
  reply(answer_tenants(request, parts_.lookups, lookups::Clock::now()));
}

void Endpoints::take_lookups(const web::Request& request, web::Reply reply) {
  reply(parts_.lookups_door.take(request));
}

void Endpoints::front_page(const web::Request&, web::Reply reply) {
  web::Response response;
  response.content_type = "text/html; charset=utf-8";
  std::string& page = response.body;
  page =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>hitwatch</title>"
      "<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;"
      "padding:0 1rem}td,th{padding:.2rem .8rem .2rem 0;text-align:left}</style></head>"
      "<body><h1>hitwatch</h1><ul>";
  const std::pair<std::string, std::string_view> links[] = {
      {config_.web.telemetry_path, "metrics for Prometheus"},
      {"/health/cache", "hits, misses and keys as JSON"},
      {"/api/v1/targets", "the state of every target as JSON"},
      {"/api/v1/tenants", "hits, misses and latencies per tenant and type as JSON"},
      {"/sd", "the targets for Prometheus' HTTP service discovery"},
      {"/-/healthy", "whether the daemon runs"},
      {"/-/ready", "whether every target has been polled"}};
  for (const auto& [path, what] : links) {
    page += fmt::format("<li><a href=\"{0}\">{0}</a> {1}</li>", escaped_html(path), what);
  }
  page += "</ul><table><tr><th>target</th><th>state</th><th>error</th></tr>";
  const auto targets = parts_.targets.all();
  for (const auto& watched : *targets) {
    const auto state = watched->latest().state;
    page += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                        escaped_html(watched->target.name()), state_word(state.get()),
                        state == nullptr ? "" : escaped_html(state->error.text));
  }
  page += "</table></body></html>\n";
  reply(std::move(response));
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
