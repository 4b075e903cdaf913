#include "agent/lookup_metrics.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace hitwatch {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;

// A family of counters or gauges in the making.
class Family {
 public:
  Family(std::string name, std::string help, MetricType type) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }

  Family& add(double value, std::string label = "", std::string_view label_value = "") {
    prometheus::ClientMetric metric;
    if (!label.empty()) metric.label.push_back({std::move(label), std::string(label_value)});
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family_.metric.push_back(std::move(metric));
    return *this;
  }

  void into(Families& families) { families.push_back(std::move(family_)); }

 private:
  MetricFamily family_;
};

Family counter(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricType::Counter};
}

Family gauge(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricType::Gauge};
}

double number(std::uint64_t count) { return static_cast<double>(count); }

void add_store(Families& families, const lookups::Store::Counters& counters) {
  gauge("hitwatch_tenants", "Tenants that have series of their own.")
      .add(number(counters.tenants))
      .into(families);
  counter("hitwatch_tenants_overflowed_total",
          "Lookups and timings that count under tenant=\"overflow\", past the limit on "
          "tenants or on series.")
      .add(counters.overflowed)
      .into(families);
  counter("hitwatch_tenants_evicted_total",
          "Tenants whose series ended because busier ones took their place.")
      .add(number(counters.evictions))
      .into(families);
  counter("hitwatch_lookups_unclassified_total",
          "Lookups and timings whose key no key pattern matches.")
      .add(counters.unclassified)
      .into(families);
  counter("hitwatch_lookups_without_tenant_total",
          "Lookups and timings whose key must carry a tenant and does not.")
      .add(counters.without_tenant)
      .into(families);
  gauge("hitwatch_lookups_recent_bytes", "Memory that the last 15 minutes of lookups take.")
      .add(number(counters.recent_bytes))
      .into(families);
}

void add_statsd(Families& families, const apps::StatsdCounters& counters) {
  counter("hitwatch_statsd_datagrams_total", "StatsD datagrams received.")
      .add(number(counters.datagrams))
      .into(families);
  counter("hitwatch_statsd_datagrams_dropped_total",
          "StatsD datagrams that the kernel dropped because they came faster than they were read.")
      .add(number(counters.datagrams_dropped))
      .into(families);
  counter("hitwatch_statsd_lines_total",
          "StatsD lines received, refused and ignored ones included.")
      .add(number(counters.lines))
      .into(families);
  counter("hitwatch_statsd_lines_ignored_total",
          "StatsD lines that do not speak of lookups: other names, events, service checks.")
      .add(number(counters.lines_ignored))
      .into(families);
  Family rejected = counter("hitwatch_statsd_lines_rejected_total", "StatsD lines with a fault.");
  for (std::size_t i = 0; i < apps::kRejections; ++i) {
    const auto rejection = static_cast<apps::Rejection>(i);
    rejected.add(number(counters.rejected[i]), "reason", apps::rejection_word(rejection));
  }
  rejected.into(families);
  gauge("hitwatch_statsd_tcp_connections", "Open StatsD connections.")
      .add(number(counters.tcp_connections))
      .into(families);
  counter("hitwatch_statsd_tcp_connections_dropped_total",
          "StatsD connections ended by a limit or for being idle.")
      .add(number(counters.tcp_connections_dropped))
      .into(families);
}

void add_refusals(Family& family, const std::array<std::uint64_t, kDoorRefusals>& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    family.add(number(counts[i]), "reason", door_refusal_word(static_cast<DoorRefusal>(i)));
  }
}

void add_door(Families& families, const LookupsDoor::Counters& counters) {
  counter("hitwatch_http_lookup_reports_total", "Reports taken from bodies of POST /v1/lookups.")
      .add(number(counters.reports))
      .into(families);
  Family refused = counter("hitwatch_http_lookup_bodies_refused_total",
                           "Bodies of POST /v1/lookups of which nothing was counted.");
  add_refusals(refused, counters.refused);
  refused.into(families);
}

void add_otlp(Families& families, const OtlpDoor::Counters& counters) {
  counter("hitwatch_otlp_points_total",
          "OTLP data points received, refused and ignored ones included.")
      .add(number(counters.points.points))
      .into(families);
  counter("hitwatch_otlp_points_ignored_total",
          "OTLP data points that do not speak of lookups, or have no value.")
      .add(number(counters.points.ignored))
      .into(families);
  Family rejected = counter("hitwatch_otlp_points_rejected_total",
                            "OTLP data points of mapped metrics that were not counted.");
  for (std::size_t i = 0; i < apps::kOtlpRefusals; ++i) {
    const auto refusal = static_cast<apps::OtlpRefusal>(i);
    rejected.add(number(counters.points.refused[i]), "reason", apps::otlp_refusal_word(refusal));
  }
  rejected.into(families);
  gauge("hitwatch_otlp_streams", "Streams of OTLP data points that are remembered.")
      .add(number(counters.points.streams))
      .into(families);
  Family refused = counter("hitwatch_otlp_bodies_refused_total",
                           "Bodies of POST /v1/metrics of which nothing was counted.");
  add_refusals(refused, counters.refused);
  refused.into(families);
}

// Of the endpoints with one URL, which may hold several caches.
struct EndpointSum {
  bool up = true;
  std::uint64_t polls = 0;
  std::uint64_t failures = 0;
};

void add_endpoints(Families& families, const std::vector<apps::StatsEndpoints::State>& states) {
  if (states.empty()) return;
  std::map<std::string, EndpointSum> sums;
  for (const apps::StatsEndpoints::State& state : states) {
    EndpointSum& sum = sums[state.url.substr(0, state.url.find('?'))];  // a query may hold secrets
    sum.up = sum.up && state.up;
    sum.polls += state.polls;
    sum.failures += state.failures;
  }
  Family up = gauge("hitwatch_stats_endpoint_up",
                    "Whether the last poll of an application's statistics succeeded.");
  Family polls = counter("hitwatch_stats_endpoint_polls_total",
                         "Polls of an application's statistics that have ended.");
  Family failures = counter("hitwatch_stats_endpoint_polls_failed_total",
                            "Polls of an application's statistics that ended with an error.");
  for (const auto& [url, sum] : sums) {
    up.add(sum.up ? 1 : 0, "url", url);
    polls.add(number(sum.polls), "url", url);
    failures.add(number(sum.failures), "url", url);
  }
  for (Family* family : {&up, &polls, &failures}) family->into(families);
}

}  // namespace

std::vector<MetricFamily> lookup_metrics(const LookupParts& parts) {
  Families families;
  add_store(families, parts.store.counters());
  if (parts.statsd != nullptr) add_statsd(families, parts.statsd->counters());
  add_door(families, parts.door.counters());
  add_otlp(families, parts.otlp.counters());
  add_endpoints(families, parts.endpoints.states());
  return families;
}

}  // namespace hitwatch
