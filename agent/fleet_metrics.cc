#include "agent/fleet_metrics.h"

#include "agent/config/shard.h"

namespace hitwatch {
namespace {

using metrics::Type;

using FleetRow = metrics::FigureRow<FleetFigures>;

double number(std::uint64_t count) { return static_cast<double>(count); }

constexpr FleetRow kFleetRows[] = {
    {{"hitwatch_connects_in_flight", Type::kGauge,
      "Connections to targets that are being made. At most 512 are at a time."},
     [](const FleetFigures& of) { return number(of.connects.in_flight); }},
    {{"hitwatch_connects_waiting", Type::kGauge,
      "Connections to targets that wait for others to be made, or given up."},
     [](const FleetFigures& of) { return number(of.connects.waiting); }},
    {{"hitwatch_connects_total", Type::kCounter,
      "Connections to targets that were begun, whether or not they could be made."},
     [](const FleetFigures& of) { return number(of.connects.granted); }},
    {{"hitwatch_name_lookups_total", Type::kCounter, "Lookups of targets' host names."},
     [](const FleetFigures& of) { return number(of.names.lookups); }},
    {{"hitwatch_name_lookups_failed_total", Type::kCounter,
      "Lookups of targets' host names that found no address."},
     [](const FleetFigures& of) { return number(of.names.failed); }},
    {{"hitwatch_name_last_good_total", Type::kCounter,
      "Connections whose host name did not resolve in time, and that used the last good addresses "
      "of it."},
     [](const FleetFigures& of) { return number(of.names.last_good); }},
    {{"hitwatch_targets_elsewhere", Type::kGauge,
      "Targets that are known and that daemons of other shards watch."},
     [](const FleetFigures& of) { return number(of.elsewhere); }},
};

constexpr metrics::Description kShardInfo = {
    "hitwatch_shard_info", Type::kGauge, "Which part of the targets this daemon watches; always 1.",
    "shard"};
constexpr metrics::Description kListFaulty = {.name = "hitwatch_target_list_faulty",
                                              .type = Type::kGauge,
                                              .help =
                                                  "1 for a list of targets that has a fault or "
                                                  "cannot be read: it has the targets that it had "
                                                  "before, if any.",
                                              .labels = "file",
                                              .needs = "targets with file"};

}  // namespace

std::vector<prometheus::MetricFamily> fleet_metrics(const FleetFigures& figures) {
  std::vector<prometheus::MetricFamily> families;
  metrics::add_figures(families, kFleetRows, figures);
  auto& metric = metrics::add_sample(families.emplace_back(metrics::family_of(kShardInfo)), 1);
  metric.label.push_back({"shard", config::shard_text(figures.shard)});
  if (figures.lists.empty()) return families;
  auto& lists = families.emplace_back(metrics::family_of(kListFaulty));
  for (const TargetLists::State& list : figures.lists) {
    metrics::add_sample(lists, list.faulty ? 1 : 0).label.push_back({"file", list.path});
  }
  return families;
}

std::vector<metrics::Description> fleet_descriptions() {
  std::vector<metrics::Description> descriptions;
  metrics::describe(descriptions, kFleetRows);
  descriptions.push_back(kShardInfo);
  descriptions.push_back(kListFaulty);
  return descriptions;
}

}  // namespace hitwatch
