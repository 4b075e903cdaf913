#include "agent/keyspace_place.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace hitwatch {
namespace {

constexpr const char* kMasterRole = "master";

bool holds_keys(const redis::Place& place) {
  return !place.group.empty() && (place.role == kMasterRole || place.role == "replica");
}

bool has_same_keys(const redis::Target& own, const redis::Target& other) {
  return holds_keys(own.place) && holds_keys(other.place) && own.place.group == other.place.group &&
         own.place.shard == other.place.shard;
}

// The lowest is checked.
std::tuple<bool, bool, std::string> order(const redis::Target& target, bool on_masters) {
  return {!target.place.failed.empty(), (target.place.role == kMasterRole) != on_masters,
          target.name()};
}

}  // namespace

bool has_master_among(const redis::Target& own, std::span<const Peer> peers) {
  return own.place.role != kMasterRole && std::ranges::any_of(peers, [&](const Peer& peer) {
           const redis::Place& place = peer.target->place;
           return has_same_keys(own, *peer.target) && place.role == kMasterRole &&
                  place.failed.empty();
         });
}

bool is_checked_at(const redis::Target& own, std::span<const Peer> peers, bool on_masters) {
  return std::ranges::none_of(peers, [&](const Peer& peer) {
    return has_same_keys(own, *peer.target) &&
           order(*peer.target, on_masters) < order(own, on_masters);
  });
}

}  // namespace hitwatch
