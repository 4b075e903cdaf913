#include "collectors/topology/source_metrics.h"

#include <utility>

namespace hitwatch::topology {
namespace {

constexpr std::string_view kSourceNeeds = "targets with sentinel or cluster";

constexpr metrics::Description kLeftOut = {
    .name = "hitwatch_discovery_left_out",
    .type = metrics::Type::kGauge,
    .help =
        "Servers, at least so many, that sentinels name and that are not watched: they have more "
        "than 5,000, a master "
        "more than 1,000 replicas, or more than 200 a minute are new.",
    .labels = "source",
    .needs = kSourceNeeds};
constexpr metrics::Description kUntold = {
    .name = "hitwatch_discovery_untold_total",
    .type = metrics::Type::kCounter,
    .help =
        "Events and lines of the log that were left out because a source had too many of them "
        "in a minute.",
    .labels = "source, of",
    .needs = kSourceNeeds};

void add_untold(prometheus::MetricFamily& family, const Telling& telling, const char* of,
                std::uint64_t count) {
  metrics::add_sample(family, static_cast<double>(count)).label = {{"source", telling.source()},
                                                                   {"of", of}};
}

}  // namespace

void add_source_metrics(std::vector<prometheus::MetricFamily>& families, const Telling& telling,
                        std::size_t left_out) {
  prometheus::MetricFamily out = metrics::family_of(kLeftOut);
  metrics::add_sample(out, static_cast<double>(left_out)).label = {{"source", telling.source()}};
  families.push_back(std::move(out));
  prometheus::MetricFamily untold = metrics::family_of(kUntold);
  add_untold(untold, telling, "events", telling.untold_events());
  add_untold(untold, telling, "lines", telling.untold_lines());
  families.push_back(std::move(untold));
}

std::vector<metrics::Description> source_descriptions() { return {kLeftOut, kUntold}; }

}  // namespace hitwatch::topology
