#include "agent/reference/metric_reference.h"

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "agent/discovery.h"
#include "agent/event_log.h"
#include "agent/fleet_metrics.h"
#include "agent/lookup_metrics.h"
#include "agent/metrics/description.h"
#include "agent/metrics/process.h"
#include "agent/notify/figures.h"
#include "agent/own_metrics.h"
#include "agent/poll_traces.h"
#include "agent/probe_metrics.h"
#include "agent/reference/markdown.h"
#include "agent/reference/metric_unit.h"
#include "agent/replication_metrics.h"
#include "agent/rules/figures.h"
#include "agent/rules/thresholds.h"
#include "agent/tap_metrics.h"
#include "agent/trace/figures.h"
#include "collectors/lookups/store.h"
#include "collectors/redis/families.h"
#include "collectors/redis/info_fields.h"
#include "collectors/topology/cluster_figures.h"
#include "collectors/topology/sentinel_metrics.h"
#include "collectors/topology/source_metrics.h"

namespace hitwatch::reference {
namespace {

using metrics::Description;

constexpr std::string_view kNameSpace = "redis";

constexpr std::string_view kIntroduction =
    R"(# Metrics

What `/metrics` may hold, by name. Which of these are there depends on the server, on its version and on
the configuration: keys that decide about a metric stand behind it in brackets. The names under `redis_` are
those of redis_exporter, so that its dashboards and alerts go on working; the few it does not have are marked
*new*. With `hitwatch exporter --namespace NAME` they begin with that name instead.

All series of a target have its `instance` label, unless it is the only target and has no alias, and the
labels that the configuration gives it; with `poll.collect.instance_role` also `instance_role`. The labels
below come beside these. Histograms have `le`, summaries `quantile`, too. The unit is what the name says:
where it says none, the value is a number of things, or 1 for yes and 0 for no.
)";

constexpr std::string_view kQueriesOnly =
    R"(## Series that only queries see

The daemon's own queries and rules read two more names than `/metrics` has, as a Prometheus that evaluates
the rules would have them: `ALERTS`, 1 for each alert that is pending or firing, with its labels and
`alertstate`; and `ALERTS_FOR_STATE`, the Unix time since which it is. Recording rules add those that they
name.
)";

std::string notes(const Description& about) {
  std::string text;
  if (!about.needs.empty()) text += fmt::format(" [{}]", about.needs);
  if (about.ours && !about.name.starts_with("cache_")) text += " *New.*";
  return text;
}

std::string row_of(std::string_view name, const Description& about) {
  return table_row({code(name), metrics::type_word(about.type), unit_of(name), about.labels,
                    fmt::format("{}{}", about.help, notes(about))});
}

// Blocks begin with an empty line.
std::string head(int level, std::string_view title, std::string_view about) {
  std::string text =
      fmt::format("\n{} {}\n", std::string(static_cast<std::size_t>(level), '#'), title);
  if (!about.empty()) text += fmt::format("\n{}\n", about);
  return text;
}

std::string family_table(const std::string& rows) {
  return "\n" + table_head({"Metric", "Type", "Unit", "Labels", "What it says"}) + rows;
}

std::string rows_of(std::span<const Description> rows, std::string_view name_space) {
  std::string text;
  for (const Description& row : rows) {
    text += row_of(
        name_space.empty() ? std::string(row.name) : redis::family_name(name_space, row.name), row);
  }
  return text;
}

std::string own_section(std::string_view title, std::string_view about,
                        const std::vector<Description>& rows) {
  return head(3, title, about) + family_table(rows_of(rows, ""));
}

std::string info_needs(const redis::InfoField& field) {
  std::string text;
  if (field.opt_in_system) text += " [poll.collect.system]";
  if (field.opt_in_modules) text += " [poll.collect.modules]";
  if (field.ours) text += " *New.*";
  return text;
}

std::string info_field(const redis::InfoField& field) {
  if (field.divisor == 1) return code(field.field);
  return fmt::format("{} / {}", code(field.field), field.divisor);
}

std::string info_sections() {
  std::string text;
  for (const redis::InfoSection& section : redis::info_sections()) {
    text += head(3, fmt::format("INFO: {}", section.name), "");
    text += "\n" + table_head({"Metric", "Type", "Unit", "Field", "What it says"});
    for (const redis::InfoField& field : section.fields) {
      const std::string name = redis::family_name(kNameSpace, field.metric);
      text += table_row({code(name), metrics::type_word(field.type), unit_of(name),
                         info_field(field), fmt::format("{}{}", field.help, info_needs(field))});
    }
  }
  return text;
}

bool is_of_caches(const redis::FamilySection& section) {
  return section.families.front().name.starts_with("cache_");
}

std::string server_sections(bool of_caches) {
  std::string text;
  for (const redis::FamilySection& section : redis::family_sections()) {
    if (is_of_caches(section) != of_caches) continue;
    text +=
        head(3, section.title, section.about) + family_table(rows_of(section.families, kNameSpace));
  }
  return text;
}

std::string caches() {
  return head(2, "Caches", "") +
         own_section("Lookups",
                     "What applications report of their lookups: by StatsD, over HTTP, by OTLP or "
                     "from their statistics endpoints ([lookups.md](../lookups.md) says how), and "
                     "what the tap hears of them ([tap.md](../tap.md)).",
                     lookups::store_descriptions()) +
         server_sections(true);
}

// Of what several servers say; `instance` is the replica's.
std::string replication_section() {
  return head(3, "Replication trees",
              "What masters and their replicas say of each other: `master` is the name of the "
              "master's target, or its address where it is not watched. "
              "[topologies.md](../topologies.md) shows them in use.") +
         family_table(rows_of(replication_descriptions(), kNameSpace));
}

std::string servers() {
  return head(2, "Servers", "") + server_sections(false) + replication_section() +
         own_section("Agreement of sentinels",
                     "Of `sentinel` among the targets: what all of its sentinels say together. "
                     "With the labels of that entry.",
                     topology::sentinel_descriptions()) +
         own_section("Clusters and their shards",
                     "Of `cluster` among the targets: what its nodes say of it, and sums by shard. "
                     "With the labels of that entry.",
                     topology::cluster_descriptions()) +
         info_sections() +
         "\nFields of INFO and of CLUSTER INFO that begin with `cluster_`, `db` or `cmdstat_`, "
         "have a "
         "value that is a number\nand stand in no table are gauges under their own name, behind "
         "`redis_`.\n";
}

std::vector<Description> joined(std::vector<Description> first,
                                const std::vector<Description>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string daemon() {
  std::string text = head(2, "The daemon", "What hitwatch says of itself.");
  text += head(3, "Polls, scrapes and configuration", "");
  text +=
      family_table(rows_of(own_descriptions(), "") + rows_of(exporter_descriptions(), kNameSpace));
  text += own_section("Many targets", "", fleet_descriptions());
  text += own_section("Looks at keys", "", probe_descriptions());
  text += own_section("Reports of lookups", "", lookup_descriptions());
  text +=
      own_section("The wire tap", "With `tap.enabled`: [tap.md](../tap.md).", tap_descriptions());
  text += own_section("Rules and alerts", "",
                      joined(rules::rule_descriptions(), {rules::threshold_description()}));
  text += own_section("Notifications",
                      "With a `notify` section: [notifications.md](../notifications.md).",
                      notify::notification_descriptions());
  text += own_section("Traces", "With an endpoint for traces: [tracing.md](../tracing.md).",
                      joined(trace::trace_descriptions(), poll_trace_descriptions()));
  text += own_section("Discovery of servers, and events", "",
                      joined(joined(discovery_descriptions(), topology::source_descriptions()),
                             event_descriptions()));
  text += own_section("The process", "", metrics::process_descriptions());
  return text;
}

}  // namespace

std::string metric_reference() {
  return fmt::format("{}{}{}{}{}\n{}", kGeneratedNote, kIntroduction, caches(), servers(), daemon(),
                     kQueriesOnly);
}

}  // namespace hitwatch::reference
