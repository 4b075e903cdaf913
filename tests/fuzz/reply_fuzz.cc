// Bytes that claim to be RESP, cut in pieces; whatever becomes a reply is given to every reader.
#include <cstdint>

#include "collectors/redis/readers.h"
#include "collectors/redis/reply.h"

namespace {

using namespace hitwatch::redis;

// Servers of every kind, so that the plans together have every request.
std::vector<ServerFacts> servers() {
  ServerFacts modern;
  modern.version_number = 80200;
  modern.valkey_number = 90000;
  modern.mode = "cluster";
  modern.cluster_enabled = true;
  modern.acl_denials = -1;
  ServerFacts sentinel;
  sentinel.version_number = 70015;
  sentinel.mode = "sentinel";
  return {modern, sentinel};
}

CollectOptions all_options() {
  CollectOptions options;
  options.client_list = options.client_port = options.client_groups = true;
  options.config = options.modules = options.system = true;
  options.cluster_slot_stats = options.sentinel_peers = options.search_indexes = true;
  return options;
}

void read_with_all(const Reply& reply, const ServerFacts& facts, const Families& families) {
  hitwatch::metrics::SnapshotBuilder builder;
  const CollectOptions options = all_options();
  ServerFacts server = facts;
  Remembered remembered;
  remembered.slowlog_last_id = 3;
  remembered.acl_log_seen.emplace();
  builder.begin();
  Collection collection{
      builder, families, options, server, remembered, std::chrono::system_clock::time_point{}, {}};
  for (const Request& request : plan(server, options)) request.read(reply, collection);
  const std::vector<Request> follow_up = std::move(collection.follow_up);
  collection.follow_up.clear();
  for (const Request& request : follow_up) request.read(reply, collection);
  finish_collection(collection);
  builder.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hitwatch::metrics::FamilyRegistry registry;
  static const Families families(registry, "redis");
  static const std::vector<ServerFacts> kinds = servers();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReplyReader reader;
  std::size_t replies = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t piece = 1 + static_cast<unsigned char>(bytes[at]) % 64;
    reader.feed(bytes.substr(at, piece));
    at += piece;
    while (true) {
      const auto reply = reader.next();
      if (!reply) return 0;
      if (!*reply || ++replies > 8) break;
      classify_error((**reply).text);
      is_refusal((**reply).text);
      for (const ServerFacts& kind : kinds) read_with_all(**reply, kind, families);
    }
  }
  return 0;
}
