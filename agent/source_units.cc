#include "agent/source_units.h"

#include "agent/sharding.h"

namespace hitwatch {
namespace {

std::string source_unit(const SourceOptions& source) {
  if (const auto* sentinel = std::get_if<topology::SentinelOptions>(&source)) {
    return sentinel->urls.front().address();
  }
  return std::get<topology::ClusterOptions>(source).name;
}

// A sample's own labels stand before those that the configuration gives.
std::string series_unit(const prometheus::ClientMetric& metric, const SourceOptions& source) {
  if (std::holds_alternative<topology::SentinelOptions>(source) && !metric.label.empty()) {
    const prometheus::ClientMetric::Label& own = metric.label.front();
    if (own.name == "master_name" || own.name == "sentinel") return own.value;
  }
  return source_unit(source);
}

}  // namespace

std::vector<prometheus::MetricFamily> families_of_shard(
    const std::vector<prometheus::MetricFamily>& families, const SourceOptions& source,
    const config::Shard& shard) {
  std::vector<prometheus::MetricFamily> kept = families;
  if (shard.count == 1) return kept;
  for (prometheus::MetricFamily& family : kept) {
    if (family.name.starts_with("hitwatch_")) continue;
    std::erase_if(family.metric, [&](const prometheus::ClientMetric& metric) {
      return !is_of_shard(series_unit(metric, source), shard);
    });
  }
  std::erase_if(kept, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  return kept;
}

bool is_event_of_shard(const topology::Event& event, const SourceOptions& source,
                       const config::Shard& shard) {
  namespace kind = topology::event_kind;
  if (!event.group.empty()) return is_of_shard(event.group, shard);
  if (event.kind == kind::kSourceLost || event.kind == kind::kSourceFound) return true;
  return is_of_shard(event.instance.empty() ? source_unit(source) : event.instance, shard);
}

}  // namespace hitwatch
