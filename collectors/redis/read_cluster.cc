// CLUSTER INFO, https://redis.io/docs/latest/commands/cluster-info/, and CLUSTER SLOT-STATS,
// https://valkey.io/commands/cluster-slot-stats/.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "collectors/redis/info.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

// The servers that have CLUSTER SLOT-STATS.
constexpr int kSlotStatsRedis = 80200;
constexpr int kSlotStatsValkey = 80000;

struct SlotField {
  std::string_view name;
  Metric metric;
};

constexpr SlotField kSlotFields[] = {
    {"key-count", Metric::kSlotKeys},
    {"cpu-usec", Metric::kSlotCpu},
    {"network-bytes-in", Metric::kSlotBytesIn},
    {"network-bytes-out", Metric::kSlotBytesOut},
};

struct KeptClusterField {
  std::string_view name;
  double ServerFacts::* kept;
};

constexpr KeptClusterField kKeptClusterFields[] = {
    {"cluster_current_epoch", &ServerFacts::cluster_epoch},
    {"cluster_slots_ok", &ServerFacts::cluster_slots_ok},
    {"cluster_known_nodes", &ServerFacts::cluster_nodes},
};

void read_cluster_info(const Reply& reply, Collection& collection) {
  InfoLines lines(reply.string());
  for (InfoLine line; lines.next(line);) {
    if (!line.field.starts_with("cluster_")) continue;
    add_info_field(line.field, line.value, collection);
    for (const KeptClusterField& field : kKeptClusterFields) {
      if (line.field != field.name) continue;
      collection.server.*field.kept = parse_number(line.value).value_or(-1);
    }
  }
}

// Per slot: its number, and names and figures in turn.
void read_slot_stats(const Reply& reply, Collection& collection) {
  for (const Reply& slot : reply.elements) {
    if (slot.elements.size() < 2) continue;
    const auto number = slot.elements[0].as_integer();
    if (!number) continue;
    std::array<char, 24> text{};
    const auto* end = fmt::format_to(text.data(), "{}", *number);
    const std::string_view label(text.data(), static_cast<std::size_t>(end - text.data()));
    for_each_pair(slot.elements[1], [&](std::string_view name, const Reply& value) {
      const auto* found = std::ranges::find(kSlotFields, name, &SlotField::name);
      const auto figure = value.as_integer();
      if (found == std::end(kSlotFields) || !figure) return;
      collection.out.add(collection.families[found->metric], static_cast<double>(*figure),
                         {{"slot", label}});
    });
  }
}

}  // namespace

void plan_cluster(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out) {
  if (!server.cluster_enabled) return;
  out.push_back({"cluster", {"CLUSTER", "INFO"}, read_cluster_info});
  if (!options.cluster_slot_stats) return;
  const bool offered = server.valkey_number > 0 ? server.valkey_number >= kSlotStatsValkey
                                                : server.version_number >= kSlotStatsRedis;
  if (!offered) return;
  out.push_back({"cluster_slot_stats",
                 {"CLUSTER", "SLOT-STATS", "SLOTSRANGE", "0", "16383"},
                 read_slot_stats});
}

}  // namespace hitwatch::redis
