#include "agent/own_metrics.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "agent/version.h"

namespace hitwatch {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds{
    .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

}  // namespace

prometheus::Histogram& OwnMetrics::histogram(const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add({}, kSeconds);
}

prometheus::Counter& OwnMetrics::counter(const std::string& name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add({});
}

prometheus::Gauge& OwnMetrics::gauge(const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add({});
}

OwnMetrics::OwnMetrics(std::string_view name_space)
    : poll_seconds(histogram("hitwatch_poll_duration_seconds", "Time that polls of targets took.")),
      scrape_seconds(histogram("hitwatch_scrape_duration_seconds",
                               "Time from a request for metrics to its answer being ready.")),
      polls_failed(counter("hitwatch_polls_failed_total",
                           "Polls that ended with an error, even if some figures were read.")),
      series_dropped(counter("hitwatch_series_dropped_total",
                             "Samples left out of a poll because a bound on series or metric names "
                             "was reached, or the server's name for them is not valid.")),
      target_request_errors(
          prometheus::BuildCounter()
              .Name(std::string(name_space) + "_target_scrape_request_errors_total")
              .Help("Requests for a target that was missing, malformed or not allowed.")
              .Register(exporter_)
              .Add({})),
      config_reloads_failed(counter("hitwatch_config_reloads_failed_total",
                                    "Reloads that were refused and changed nothing.")),
      config_last_reload_successful(gauge("hitwatch_config_last_reload_successful",
                                          "Whether the last load of the configuration succeeded.")),
      config_last_reload_success_time(
          gauge("hitwatch_config_last_reload_success_timestamp_seconds",
                "When the configuration in force was loaded, as Unix time.")),
      targets(gauge("hitwatch_targets", "Targets that are configured.")),
      web_connections(gauge("hitwatch_web_connections", "Open connections of HTTP clients.")),
      web_connections_dropped(
          counter("hitwatch_web_connections_dropped_total",
                  "Connections of HTTP clients ended by a limit or a timeout.")) {
  prometheus::BuildGauge()
      .Name("hitwatch_build_info")
      .Help("The running program; always 1.")
      .Register(registry_)
      .Add({{"version", kVersion}, {"compiler", kCompiler}})
      .Set(1);
  prometheus::BuildGauge()
      .Name(std::string(name_space) + "_exporter_build_info")
      .Help("The running program under the name and labels of the exporter it stands in for.")
      .Register(exporter_)
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

}  // namespace hitwatch
