// Bytes that claim to be a sentinel's answers: whatever becomes a reply is read as each of them,
// and what is read of it is weighed against what another sentinel says.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "agent/net/url.h"
#include "collectors/redis/reply.h"
#include "collectors/topology/sentinel_opinion.h"
#include "collectors/topology/sentinel_peers.h"
#include "collectors/topology/sentinel_replies.h"

namespace {

using namespace hitwatch;
using namespace hitwatch::topology;

void require(bool holds) {
  if (!holds) std::abort();
}

// What is kept of an address can be a target.
void require_address(const std::string& address) {
  const auto url = net::parse_redis_url(address);
  require(url && url->address() == address && url->username.empty() && url->database == 0);
}

void read_texts(const redis::Reply& reply) {
  if (reply.elements.size() < 2) return;
  const std::string_view text = reply.elements[1].string();
  for (const SentinelChannel& channel : sentinel_channels()) {
    const auto message = read_message(channel.name, text);
    require(message.has_value());
    require(message->master.empty() == message->address.empty());
    if (!message->address.empty()) require_address(message->address);
    require(message->master.empty() || is_master_name(message->master));
  }
}

void weigh(const redis::Reply& reply) {
  ToldMaster honest;
  honest.address = "10.0.0.1:6379";
  honest.epoch = 1;
  honest.replicas = {{"10.0.0.2:6379", "id2", false}};
  ToldMaster told = read_master(reply).value_or(honest);
  require_address(told.address);
  told.replicas = read_servers(reply, kMostReplicasOfMaster);
  told.sentinels = read_servers(reply, kMostSentinels);
  for (const ToldServer& server : *told.replicas) require_address(server.address);

  SentinelGroup group("cache");
  const std::vector<Testimony> testimonies = {{"s1", &honest}, {"s2", &told}, {"s3", &honest}};
  OpinionTime time{std::chrono::steady_clock::time_point(std::chrono::hours(1)), {}};
  for (int i = 0; i < 3; ++i, time.now += std::chrono::minutes(1)) {
    group.consider(testimonies, time);
    require(group.master == "10.0.0.1:6379");
    require(group.members.contains(group.master));
    require(group.members.size() <= kMostReplicasOfMaster + 1);
  }

  const ToldMasters masters = {{"cache", told}};
  const SentinelCensus census = count_sentinels({{"10.0.0.9:26379", "", "", true, true, &masters}});
  require(census.named.at(0) && census.found.size() < kMostSentinels);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  redis::ReplyReader reader;
  reader.feed({reinterpret_cast<const char*>(data), size});
  for (int replies = 0; replies < 8; ++replies) {
    const auto reply = reader.next();
    if (!reply || !*reply) break;
    const std::vector<std::string> names = read_master_names(**reply, {"*", "a?"});
    require(names.size() <= kMostSentinelMasters);
    if (const auto address = read_master_address(**reply)) require_address(*address);
    read_texts(**reply);
    weigh(**reply);
  }
  return 0;
}
