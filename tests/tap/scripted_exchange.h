// Exchanges as a conversation would tell them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/tap/resp/command_table.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::tap::test {

inline packets::Endpoint endpoint(std::uint8_t last_byte, std::uint16_t port) {
  packets::Endpoint endpoint;
  endpoint.port = port;
  endpoint.address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, last_byte};
  return endpoint;
}

inline keys::Rule rule(std::string_view match, std::string type = "", bool required = false) {
  return {*keys::Pattern::parse(match), std::move(type), required};
}

// What an exchange refers to, which lives as long as this.
class ScriptedExchange {
 public:
  ScriptedExchange(std::string_view name, std::vector<resp::KeyUse> keys)
      : keys_(std::move(keys)),
        exchange_{.command = &row_, .name = name, .peer = &peer_, .keys = keys_, .lookups = {}} {
    for (const resp::KeyUse& use : keys_) {
      exchange_.lookups.hits += use.lookup == resp::Lookup::kHit ? 1U : 0U;
      exchange_.lookups.misses += use.lookup == resp::Lookup::kMiss ? 1U : 0U;
      exchange_.lookups.undecided += use.lookup == resp::Lookup::kUndecided ? 1U : 0U;
    }
    exchange_.time = 1'000;
    row_.name = resp::find_command(name).name;
  }
  ScriptedExchange(const ScriptedExchange&) = delete;

  resp::Exchange* operator->() { return &exchange_; }
  resp::Peer& peer() { return peer_; }
  const resp::Exchange& get() const { return exchange_; }

 private:
  resp::CommandRow row_{};
  resp::Peer peer_{
      .client = endpoint(2, 50'000), .server = endpoint(1, 6379), .library = "ioredis"};
  std::vector<resp::KeyUse> keys_;
  resp::Exchange exchange_;
};

inline resp::KeyUse hit(std::string_view key, std::uint64_t bytes = 10) {
  return {.key = key, .hits = 1, .lookup = resp::Lookup::kHit, .bytes_out = bytes};
}
inline resp::KeyUse miss(std::string_view key) {
  return {.key = key, .misses = 1, .lookup = resp::Lookup::kMiss};
}
inline resp::KeyUse write(std::string_view key, std::uint64_t bytes = 10) {
  return {.key = key, .bytes_in = bytes};
}

}  // namespace hitwatch::tap::test
