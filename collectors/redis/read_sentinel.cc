// What a sentinel knows of the masters it watches,
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#sentinel-commands
#include <algorithm>
#include <string>

#include "collectors/redis/info.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr int kSentinelConfig = 60200;  // Sentinel has SENTINEL CONFIG
constexpr std::size_t kMostMasters = 500;

struct Master {
  std::string name;
  std::string address;
};

struct MasterField {
  std::string_view name;
  Metric metric;
  double divisor = 1;
};

constexpr MasterField kMasterFields[] = {
    {"config-epoch", Metric::kSentinelConfigEpoch},
    {"last-ok-ping-reply", Metric::kSentinelLastOkPing, 1000},
    {"quorum", Metric::kSentinelQuorum},
    {"down-after-milliseconds", Metric::kSentinelDownAfter},
    {"failover-timeout", Metric::kSentinelFailoverTimeout},
    {"parallel-syncs", Metric::kSentinelParallelSyncs},
};

std::string_view value_of(const Reply& reply, std::string_view wanted) {
  std::string_view result;
  for_each_pair(reply, [&](std::string_view name, const Reply& value) {
    if (name == wanted) result = value.string();
  });
  return result;
}

bool is_up(const Reply& peer) {
  const std::string_view flags = value_of(peer, "flags");
  return flags.find("s_down") == std::string_view::npos &&
         flags.find("o_down") == std::string_view::npos;
}

void read_slaves(const Master& master, const Reply& reply, Collection& collection) {
  if (!reply.is_array()) return;
  collection.out.add(collection.families[Metric::kSentinelOkSlaves],
                     static_cast<double>(std::ranges::count_if(reply.elements, is_up)),
                     {{"master_name", master.name}, {"master_address", master.address}});
}

void read_sentinels(const Master& master, const Reply& reply, Collection& collection) {
  if (!reply.is_array()) return;
  const auto others = std::ranges::count_if(reply.elements, is_up);
  collection.out.add(collection.families[Metric::kSentinelOkSentinels],
                     static_cast<double>(1 + others),
                     {{"master_name", master.name}, {"master_address", master.address}});
  if (!collection.options.sentinel_peers) return;
  for (const Reply& peer : reply.elements) {
    collection.out.add(collection.families[Metric::kSentinelPeerInfo], 1,
                       {{"master_name", master.name},
                        {"master_address", master.address},
                        {"name", value_of(peer, "name")},
                        {"ip", value_of(peer, "ip")},
                        {"port", value_of(peer, "port")},
                        {"runid", value_of(peer, "runid")},
                        {"flags", value_of(peer, "flags")}});
  }
}

// `OK …` or an error `NOQUORUM …`: either text says how many sentinels there are.
void read_ckquorum(const Master& master, const Reply& reply, Collection& collection) {
  collection.out.add(collection.families[Metric::kSentinelCkquorum], reply.is_error() ? 0 : 1,
                     {{"master_name", master.name}, {"message", reply.text}});
}

void ask_about(const Master& master, std::vector<Request>& out) {
  out.push_back({"sentinel",
                 {"SENTINEL", "SENTINELS", master.name},
                 [master](const Reply& reply, Collection& collection) {
                   read_sentinels(master, reply, collection);
                 }});
  // Understood by all versions, other than REPLICAS.
  out.push_back({"sentinel",
                 {"SENTINEL", "SLAVES", master.name},
                 [master](const Reply& reply, Collection& collection) {
                   read_slaves(master, reply, collection);
                 }});
  out.push_back({"sentinel_ckquorum",
                 {"SENTINEL", "CKQUORUM", master.name},
                 [master](const Reply& reply, Collection& collection) {
                   read_ckquorum(master, reply, collection);
                 },
                 true});
}

void read_master(const Reply& reply, Collection& collection) {
  const Master master{
      std::string(value_of(reply, "name")),
      std::string(value_of(reply, "ip")) + ":" + std::string(value_of(reply, "port"))};
  if (master.name.empty()) return;
  for_each_pair(reply, [&](std::string_view name, const Reply& value) {
    const auto* found = std::ranges::find(kMasterFields, name, &MasterField::name);
    const auto number = parse_number(value.string());
    if (found == std::end(kMasterFields) || !number) return;
    collection.out.add(collection.families[found->metric], *number / found->divisor,
                       {{"master_name", master.name}, {"master_address", master.address}});
  });
  ask_about(master, collection.follow_up);
}

void read_masters(const Reply& reply, Collection& collection) {
  const std::size_t size = std::min(reply.elements.size(), kMostMasters);
  for (std::size_t i = 0; i < size; ++i) read_master(reply.elements[i], collection);
}

void read_sentinel_config(const Reply& reply, Collection& collection) {
  for_each_pair(reply, [&](std::string_view key, const Reply& value) {
    add_setting(key, value.string(), Metric::kSentinelConfigKeyValue, Metric::kSentinelConfigValue,
                collection.options.config_redact, collection);
  });
}

}  // namespace

void plan_sentinel(const ServerFacts& server, const CollectOptions& options,
                   std::vector<Request>& out) {
  out.push_back({"sentinel", {"SENTINEL", "MASTERS"}, read_masters});
  if (options.config && server.version_number >= kSentinelConfig) {
    out.push_back({"sentinel_config", {"SENTINEL", "CONFIG", "GET", "*"}, read_sentinel_config});
  }
}

}  // namespace hitwatch::redis
