#include "agent/lookup_metrics.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace hitwatch {
namespace {

using metrics::Description;
using metrics::FigureRow;
using metrics::Type::kCounter;
using metrics::Type::kGauge;
using prometheus::MetricFamily;
using Families = std::vector<MetricFamily>;

double figure_of(std::uint64_t count) { return static_cast<double>(count); }

using StoreCounters = lookups::Store::Counters;
constexpr FigureRow<StoreCounters> kStoreRows[] = {
    {{"hitwatch_tenants", kGauge, "Tenants that have series of their own."},
     [](const StoreCounters& counters) { return figure_of(counters.tenants); }},
    {{"hitwatch_tenants_overflowed_total", kCounter,
      "Lookups and timings that count under tenant=\"overflow\", past the limit on tenants or on "
      "series."},
     [](const StoreCounters& counters) { return counters.overflowed; }},
    {{"hitwatch_tenants_evicted_total", kCounter,
      "Tenants whose series ended because busier ones took their place."},
     [](const StoreCounters& counters) { return figure_of(counters.evictions); }},
    {{"hitwatch_lookups_unclassified_total", kCounter,
      "Lookups and timings whose key no key pattern matches."},
     [](const StoreCounters& counters) { return counters.unclassified; }},
    {{"hitwatch_lookups_without_tenant_total", kCounter,
      "Lookups and timings whose key must carry a tenant and does not."},
     [](const StoreCounters& counters) { return counters.without_tenant; }},
    {{"hitwatch_lookups_recent_bytes", kGauge, "Memory that the last 15 minutes of lookups take."},
     [](const StoreCounters& counters) { return figure_of(counters.recent_bytes); }},
};

constexpr std::string_view kStatsd = "apps.statsd.listen";
constexpr FigureRow<apps::StatsdCounters> kStatsdRows[] = {
    {{"hitwatch_statsd_datagrams_total", kCounter, "StatsD datagrams received.", "", kStatsd},
     [](const apps::StatsdCounters& counters) { return figure_of(counters.datagrams); }},
    {{"hitwatch_statsd_datagrams_dropped_total", kCounter,
      "StatsD datagrams that the kernel dropped because they came faster than they were read.", "",
      kStatsd},
     [](const apps::StatsdCounters& counters) { return figure_of(counters.datagrams_dropped); }},
    {{"hitwatch_statsd_lines_total", kCounter,
      "StatsD lines received, refused and ignored ones included.", "", kStatsd},
     [](const apps::StatsdCounters& counters) { return figure_of(counters.lines); }},
    {{"hitwatch_statsd_lines_ignored_total", kCounter,
      "StatsD lines that do not speak of lookups: other names, events, service checks.", "",
      kStatsd},
     [](const apps::StatsdCounters& counters) { return figure_of(counters.lines_ignored); }},
    {{"hitwatch_statsd_tcp_connections", kGauge, "Open StatsD connections.", "", kStatsd},
     [](const apps::StatsdCounters& counters) { return figure_of(counters.tcp_connections); }},
    {{"hitwatch_statsd_tcp_connections_dropped_total", kCounter,
      "StatsD connections ended by a limit or for being idle.", "", kStatsd},
     [](const apps::StatsdCounters& counters) {
       return figure_of(counters.tcp_connections_dropped);
     }},
};
constexpr Description kStatsdRejected = {"hitwatch_statsd_lines_rejected_total", kCounter,
                                         "StatsD lines with a fault.", "reason", kStatsd};

constexpr Description kReports = {"hitwatch_http_lookup_reports_total", kCounter,
                                  "Reports taken from bodies of POST /v1/lookups."};
constexpr Description kReportBodiesRefused = {
    "hitwatch_http_lookup_bodies_refused_total", kCounter,
    "Bodies of POST /v1/lookups of which nothing was counted.", "reason"};

using OtlpCounters = OtlpDoor::Counters;
constexpr FigureRow<OtlpCounters> kOtlpRows[] = {
    {{"hitwatch_otlp_points_total", kCounter,
      "OTLP data points received, refused and ignored ones included."},
     [](const OtlpCounters& counters) { return figure_of(counters.points.points); }},
    {{"hitwatch_otlp_points_ignored_total", kCounter,
      "OTLP data points that do not speak of lookups, or have no value."},
     [](const OtlpCounters& counters) { return figure_of(counters.points.ignored); }},
    {{"hitwatch_otlp_streams", kGauge, "Streams of OTLP data points that are remembered."},
     [](const OtlpCounters& counters) { return figure_of(counters.points.streams); }},
};
constexpr Description kOtlpRejected = {"hitwatch_otlp_points_rejected_total", kCounter,
                                       "OTLP data points of mapped metrics that were not counted.",
                                       "reason"};
constexpr Description kOtlpBodiesRefused = {
    "hitwatch_otlp_bodies_refused_total", kCounter,
    "Bodies of POST /v1/metrics of which nothing was counted.", "reason"};

// Of the endpoints with one URL, which may hold several caches.
struct EndpointSum {
  bool up = true;
  std::uint64_t polls = 0;
  std::uint64_t failures = 0;
};
constexpr std::string_view kEndpoints = "apps.stats_endpoints";
constexpr FigureRow<EndpointSum> kEndpointColumns[] = {
    {{"hitwatch_stats_endpoint_up", kGauge,
      "Whether the last poll of an application's statistics succeeded.", "url", kEndpoints},
     [](const EndpointSum& sum) { return sum.up ? 1.0 : 0.0; }},
    {{"hitwatch_stats_endpoint_polls_total", kCounter,
      "Polls of an application's statistics that have ended.", "url", kEndpoints},
     [](const EndpointSum& sum) { return figure_of(sum.polls); }},
    {{"hitwatch_stats_endpoint_polls_failed_total", kCounter,
      "Polls of an application's statistics that ended with an error.", "url", kEndpoints},
     [](const EndpointSum& sum) { return figure_of(sum.failures); }},
};

// A family with a sample for each reason; `word` tells the reasons' names by their number.
template <typename Counts, typename Word>
void add_reasons(Families& families, const Description& description, const Counts& counts,
                 const Word& word) {
  MetricFamily family = metrics::family_of(description);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    metrics::add_sample(family, figure_of(counts[i])).label = {{"reason", std::string(word(i))}};
  }
  families.push_back(std::move(family));
}

template <typename Counts>
void add_refusals(Families& families, const Description& description, const Counts& counts) {
  add_reasons(families, description, counts,
              [](std::size_t i) { return door_refusal_word(static_cast<DoorRefusal>(i)); });
}

void add_statsd(Families& families, const apps::StatsdCounters& counters) {
  metrics::add_figures(families, kStatsdRows, counters);
  add_reasons(families, kStatsdRejected, counters.rejected,
              [](std::size_t i) { return apps::rejection_word(static_cast<apps::Rejection>(i)); });
}

void add_door(Families& families, const LookupsDoor::Counters& counters) {
  metrics::add_sample(families.emplace_back(metrics::family_of(kReports)),
                      figure_of(counters.reports));
  add_refusals(families, kReportBodiesRefused, counters.refused);
}

void add_otlp(Families& families, const OtlpCounters& counters) {
  metrics::add_figures(families, kOtlpRows, counters);
  add_reasons(families, kOtlpRejected, counters.points.refused, [](std::size_t i) {
    return apps::otlp_refusal_word(static_cast<apps::OtlpRefusal>(i));
  });
  add_refusals(families, kOtlpBodiesRefused, counters.refused);
}

void add_endpoints(Families& families, const std::vector<apps::StatsEndpoints::State>& states) {
  if (states.empty()) return;
  std::map<std::string, EndpointSum> sums;
  for (const apps::StatsEndpoints::State& state : states) {
    EndpointSum& sum = sums[state.url.substr(0, state.url.find('?'))];  // a query may hold secrets
    sum.up = sum.up && state.up;
    sum.polls += state.polls;
    sum.failures += state.failures;
  }
  for (const auto& column : kEndpointColumns) {
    MetricFamily family = metrics::family_of(column.about);
    for (const auto& [url, sum] : sums) {
      metrics::add_sample(family, column.value(sum)).label = {{"url", url}};
    }
    families.push_back(std::move(family));
  }
}

}  // namespace

std::vector<MetricFamily> lookup_metrics(const LookupParts& parts) {
  Families families;
  metrics::add_figures(families, kStoreRows, parts.store.counters());
  if (parts.statsd != nullptr) add_statsd(families, parts.statsd->counters());
  add_door(families, parts.door.counters());
  add_otlp(families, parts.otlp.counters());
  add_endpoints(families, parts.endpoints.states());
  return families;
}

std::vector<Description> lookup_descriptions() {
  std::vector<Description> all;
  metrics::describe(all, kStoreRows);
  metrics::describe(all, kStatsdRows);
  all.insert(all.end(), {kStatsdRejected, kReports, kReportBodiesRefused});
  metrics::describe(all, kOtlpRows);
  all.insert(all.end(), {kOtlpRejected, kOtlpBodiesRefused});
  metrics::describe(all, kEndpointColumns);
  return all;
}

}  // namespace hitwatch
