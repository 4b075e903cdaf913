#include "agent/own_metrics.h"

#include <algorithm>
#include <iterator>

#include "agent/version.h"

namespace hitwatch {
namespace {

using metrics::Description;
using metrics::Type::kCounter;
using metrics::Type::kGauge;
using metrics::Type::kHistogram;

const prometheus::Histogram::BucketBoundaries kSeconds{
    .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

constexpr Description kPollSeconds = {"hitwatch_poll_duration_seconds", kHistogram,
                                      "Time that polls of targets took."};
constexpr Description kPollLateness = {"hitwatch_poll_lateness_seconds", kHistogram,
                                       "Time from when polls of targets were due to their start."};
constexpr Description kScrapeSeconds = {"hitwatch_scrape_duration_seconds", kHistogram,
                                        "Time from a request for metrics to its answer being "
                                        "ready."};
constexpr Description kPollsFailed = {
    "hitwatch_polls_failed_total", kCounter,
    "Polls that ended with an error, even if some figures were read."};
constexpr Description kSeriesDropped = {
    "hitwatch_series_dropped_total", kCounter,
    "Samples left out of a poll because a bound on series or metric names was reached, or the "
    "server's name for them is not valid."};
constexpr Description kReloadsFailed = {"hitwatch_config_reloads_failed_total", kCounter,
                                        "Reloads that were refused and changed nothing."};
constexpr Description kReloadSuccessful = {"hitwatch_config_last_reload_successful", kGauge,
                                           "Whether the last load of the configuration "
                                           "succeeded."};
constexpr Description kReloadTime = {"hitwatch_config_last_reload_success_timestamp_seconds",
                                     kGauge,
                                     "When the configuration in force was loaded, as Unix time."};
constexpr Description kTargets = {"hitwatch_targets", kGauge, "Targets that are configured."};
constexpr Description kWebConnections = {"hitwatch_web_connections", kGauge,
                                         "Open connections of HTTP clients."};
constexpr Description kWebConnectionsDropped = {
    "hitwatch_web_connections_dropped_total", kCounter,
    "Connections of HTTP clients ended by a limit or a timeout."};
constexpr Description kBuildInfo = {"hitwatch_build_info", kGauge, "The running program; always 1.",
                                    "version, compiler"};

// Without the namespace.
constexpr Description kRequestErrors = {
    "target_scrape_request_errors_total", kCounter,
    "Requests for a target that was missing, malformed or not allowed."};
constexpr Description kExporterBuildInfo = {
    "exporter_build_info", kGauge,
    "The running program under the name and labels of the exporter it stands in for.",
    "version, commit_sha, build_date, golang_version"};

template <typename Builder>
auto& registered(Builder builder, const Description& description, std::string_view name_space,
                 prometheus::Registry& registry) {
  std::string name(name_space);
  if (!name.empty()) name += '_';
  return builder.Name(name.append(description.name))
      .Help(std::string(description.help))
      .Register(registry);
}

}  // namespace

prometheus::Histogram& OwnMetrics::histogram(const Description& description) {
  return registered(prometheus::BuildHistogram(), description, "", registry_).Add({}, kSeconds);
}

prometheus::Counter& OwnMetrics::counter(const Description& description) {
  return registered(prometheus::BuildCounter(), description, "", registry_).Add({});
}

prometheus::Gauge& OwnMetrics::gauge(const Description& description) {
  return registered(prometheus::BuildGauge(), description, "", registry_).Add({});
}

OwnMetrics::OwnMetrics(std::string_view name_space)
    : poll_seconds(histogram(kPollSeconds)),
      poll_lateness(histogram(kPollLateness)),
      scrape_seconds(histogram(kScrapeSeconds)),
      polls_failed(counter(kPollsFailed)),
      series_dropped(counter(kSeriesDropped)),
      target_request_errors(
          registered(prometheus::BuildCounter(), kRequestErrors, name_space, exporter_).Add({})),
      config_reloads_failed(counter(kReloadsFailed)),
      config_last_reload_successful(gauge(kReloadSuccessful)),
      config_last_reload_success_time(gauge(kReloadTime)),
      targets(gauge(kTargets)),
      web_connections(gauge(kWebConnections)),
      web_connections_dropped(counter(kWebConnectionsDropped)) {
  registered(prometheus::BuildGauge(), kBuildInfo, "", registry_)
      .Add({{"version", kVersion}, {"compiler", kCompiler}})
      .Set(1);
  registered(prometheus::BuildGauge(), kExporterBuildInfo, name_space, exporter_)
      .Add({{"version", kVersion},
            {"commit_sha", "hitwatch"},
            {"build_date", "none"},
            {"golang_version", "none"}})
      .Set(1);
}

std::vector<prometheus::MetricFamily> OwnMetrics::collect() {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  const auto append = [&](std::vector<prometheus::MetricFamily> more) {
    std::ranges::move(more, std::back_inserter(families));
  };
  append(collect_exporter());
  append(process_.collect(std::chrono::steady_clock::now()));
  return families;
}

std::vector<Description> own_descriptions() {
  return {kPollSeconds,   kPollLateness,   kScrapeSeconds,         kPollsFailed,
          kSeriesDropped, kReloadsFailed,  kReloadSuccessful,      kReloadTime,
          kTargets,       kWebConnections, kWebConnectionsDropped, kBuildInfo};
}

std::vector<Description> exporter_descriptions() { return {kRequestErrors, kExporterBuildInfo}; }

}  // namespace hitwatch
