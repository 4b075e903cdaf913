#include "agent/tap_metrics.h"

#include <string>
#include <utility>

namespace hitwatch {
namespace {

using metrics::Description;
using metrics::FigureRow;
using metrics::Type::kCounter;
using metrics::Type::kGauge;
using prometheus::MetricFamily;
using Families = std::vector<MetricFamily>;
using tap::Counters;

constexpr std::string_view kTap = "tap.enabled";

double tap_figure(std::uint64_t count) { return static_cast<double>(count); }

constexpr Description kUp = {"hitwatch_tap_up", kGauge,
                             "Whether the wire tap captures at all of its interfaces.", "", kTap};
constexpr Description kShare = {"hitwatch_tap_sample_ratio", kGauge,
                                "The share of the connections that is captured, `tap.sample`.", "",
                                kTap};
constexpr Description kCoverage = {
    "hitwatch_tap_coverage_ratio", kGauge,
    "Commands seen on the wire over those that a server says it executed, over the last minutes. "
    "Beside every ratio of the tap: what is missing was not counted.",
    "instance", kTap};
constexpr Description kDisagreement = {
    "hitwatch_tap_disagreement_ratio", kGauge,
    "What the lookups seen on the wire differ by from a server's keyspace_hits and "
    "keyspace_misses, over the latter, over the last minutes; with sampling, what the ratios of "
    "hits differ by.",
    "instance", kTap};

constexpr Description kCommands = {"hitwatch_tap_commands_total", kCounter,
                                   "Commands of applications that were seen with their replies.",
                                   "instance", kTap};
constexpr Description kLookups = {
    "hitwatch_tap_lookups_total", kCounter,
    "Lookups of applications as a server counts them in keyspace_hits and keyspace_misses: of "
    "keys, "
    "where cache_hits_total counts values. `undecided` are those whose reply does not tell which.",
    "instance, result", kTap};

constexpr Description kScripts = {
    "hitwatch_tap_scripts_total", kCounter,
    "Commands of which the lookups are not seen on the wire: scripts, functions, and what is sent "
    "without a reply. Beside them a server may count more lookups than the tap without a "
    "disagreement.",
    "instance", kTap};

constexpr FigureRow<Counters> kRows[] = {
    {{"hitwatch_tap_packets_total", kCounter, "Packets captured.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.packets); }},
    {{"hitwatch_tap_packets_dropped_total", kCounter,
      "Packets that the kernel dropped because they came faster than they were read.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.dropped); }},
    {{"hitwatch_tap_packets_cut_total", kCounter,
      "Packets that were longer than `tap.snaplen`: keys behind the cut are not counted.", "",
      kTap},
     [](const Counters& counters) { return tap_figure(counters.cut); }},
    {{"hitwatch_tap_packets_repeated_total", kCounter,
      "Packets that had been read on another interface before; they count once.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.repeated_elsewhere); }},
    {{"hitwatch_tap_bytes_total", kCounter, "Bytes of the captured packets, as they were sent.", "",
      kTap},
     [](const Counters& counters) { return tap_figure(counters.bytes); }},
    {{"hitwatch_tap_connections", kGauge, "Connections that are followed.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.connections); }},
    {{"hitwatch_tap_connections_total", kCounter, "Connections that were followed so far.", "",
      kTap},
     [](const Counters& counters) { return tap_figure(counters.connections_seen); }},
    {{"hitwatch_tap_connections_evicted_total", kCounter,
      "Connections that were given up to make room for others.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.connections_evicted); }},
    {{"hitwatch_tap_buffer_bytes", kGauge,
      "Memory for outstanding requests and for segments that came out of order.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.buffer_bytes); }},
    {{"hitwatch_tap_gaps_total", kCounter,
      "Times that bytes were missed which mattered: the connection is not counted until requests "
      "and replies are paired for certain again.",
      "", kTap},
     [](const Counters& counters) { return tap_figure(counters.doubts.gaps); }},
    {{"hitwatch_tap_contradictions_total", kCounter,
      "Replies that did not fit their request, or bytes that are not Redis' protocol.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.doubts.contradictions); }},
    {{"hitwatch_tap_lost_requests_total", kCounter,
      "Requests whose replies were not seen or not believed.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.doubts.lost_requests); }},
    {{"hitwatch_tap_uncounted_keys_total", kCounter,
      "Keys that were too long or too many in one command to be counted by pattern.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.doubts.too_many_keys); }},
    {{"hitwatch_tap_tls_connections_total", kCounter,
      "Connections that are encrypted and so cannot be observed.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.doubts.tls_connections); }},
    {{"hitwatch_tap_replication_connections_total", kCounter,
      "Connections of replicas and of MONITOR, which are not counted.", "", kTap},
     [](const Counters& counters) { return tap_figure(counters.doubts.replication_connections); }},
};

using Instance = TapService::Instance;

Families instance_families(const TapService::View& view, const WatchedTargets& targets) {
  MetricFamily commands = metrics::family_of(kCommands);
  MetricFamily lookups = metrics::family_of(kLookups);
  MetricFamily scripts = metrics::family_of(kScripts);
  MetricFamily coverage = metrics::family_of(kCoverage);
  MetricFamily disagreement = metrics::family_of(kDisagreement);
  for (const Instance& instance : view.instances) {
    const auto label = Targets::instance_label(targets, instance.name);
    const auto add = [&label](MetricFamily& family, double value) -> prometheus::ClientMetric& {
      prometheus::ClientMetric& sample = metrics::add_sample(family, value);
      sample.label = label;
      return sample;
    };
    add(commands, instance.seen.commands);
    for (const auto& [result, count] : {std::pair{"hit", instance.seen.hits},
                                        {"miss", instance.seen.misses},
                                        {"undecided", instance.seen.undecided}}) {
      add(lookups, count).label.push_back({"result", result});
    }
    add(scripts, instance.seen.scripts);
    if (instance.coverage) add(coverage, *instance.coverage);
    if (instance.disagreement) add(disagreement, *instance.disagreement);
  }
  return {std::move(commands), std::move(lookups), std::move(scripts), std::move(coverage),
          std::move(disagreement)};
}

}  // namespace

Families tap_metrics(const TapService& tap, const WatchedTargets& targets) {
  const TapService::View view = tap.view();
  if (!view.wanted) return {};
  const Counters counters = tap.counters();
  Families families = instance_families(view, targets);
  const bool is_up = view.off.empty() && counters.faults.empty();
  metrics::add_sample(families.emplace_back(metrics::family_of(kUp)), is_up ? 1 : 0);
  metrics::add_sample(families.emplace_back(metrics::family_of(kShare)), 1.0 / view.one_of);
  metrics::add_figures(families, kRows, counters);
  return families;
}

std::vector<Description> tap_descriptions() {
  std::vector<Description> all{kUp,      kShare,    kCommands,    kLookups,
                               kScripts, kCoverage, kDisagreement};
  metrics::describe(all, kRows);
  return all;
}

}  // namespace hitwatch
