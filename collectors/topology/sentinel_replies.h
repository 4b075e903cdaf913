// What sentinels answer and publish, as data,
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
//
// Nothing of it is trusted: what has no usable name or address is passed over, and so is what comes
// after the bounds below.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/reply.h"

namespace hitwatch::topology {

// What one sentinel is let tell in all.
constexpr std::size_t kMostToldServers = 5000;    // masters and replicas
constexpr std::size_t kMostToldSentinels = 5000;  // in the lists of all masters
constexpr std::size_t kMostSentinelMasters = 500;
constexpr std::size_t kMostReplicasOfMaster = 1000;
constexpr std::size_t kMostSentinels = 100;
constexpr std::size_t kLongestMasterName = 128;  // bytes

// A replica, or another sentinel. Addresses are `host:port` or `[v6]:port`, as announced.
struct ToldServer {
  std::string address;
  std::string run_id;  // a sentinel's is its own id; "" unknown
  bool down = false;   // the sentinel that tells it gets no answer from there
  bool operator==(const ToldServer&) const = default;
};

struct ToldMaster {
  std::string address;
  std::string run_id;
  // config-epoch: that of the failover that made it master; nothing if it is unknown.
  std::optional<std::uint64_t> epoch;
  bool down = false;  // subjectively or objectively
  // Nothing where the sentinel refuses to tell.
  std::optional<std::vector<ToldServer>> replicas;
  std::optional<std::vector<ToldServer>> sentinels;  // the others
  bool operator==(const ToldMaster&) const = default;
};

// What one sentinel knows: masters by name.
using ToldMasters = std::map<std::string, ToldMaster>;

// Whether the name of a master can be kept and shown: not empty, not long, no control characters.
bool is_master_name(std::string_view name);

// Whether one of `patterns` matches the name of a master.
bool is_wanted_master(std::string_view name, const std::vector<std::string>& patterns);

// Of SENTINEL MASTERS: the names that one of `patterns` matches, each once.
std::vector<std::string> read_master_names(const redis::Reply& reply,
                                           const std::vector<std::string>& patterns);
// Of SENTINEL MASTER: all but replicas and sentinels.
std::optional<ToldMaster> read_master(const redis::Reply& reply);
// Of SENTINEL GET-MASTER-ADDR-BY-NAME: the address; nothing where it is nil or none.
std::optional<std::string> read_master_address(const redis::Reply& reply);
// Of SENTINEL REPLICAS, SLAVES or SENTINELS: at most `most`, each address once.
std::vector<ToldServer> read_servers(const redis::Reply& reply, std::size_t most);

// A channel that sentinels publish on.
struct SentinelChannel {
  std::string_view name;
  bool of_group;  // all servers of the master are concerned, not only the one that it names
};

// Those that are listened to: what changes who is there, who is master and who is down.
const std::vector<SentinelChannel>& sentinel_channels();

struct SentinelMessage {
  const SentinelChannel* channel = nullptr;
  std::string master;   // its name; "" where the text does not say
  std::string address;  // of the server that it is about, or that is the new master; likewise
};

// Of a message; nothing if it came on another channel.
std::optional<SentinelMessage> read_message(std::string_view channel, std::string_view text);

}  // namespace hitwatch::topology
