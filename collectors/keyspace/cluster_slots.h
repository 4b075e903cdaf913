// Which keys of a cluster are a node's own:
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

#include "collectors/redis/reply.h"

namespace hitwatch::keyspace {

inline constexpr std::size_t kSlotsOfCluster = 16384;

// The slot of a key: that of its hash tag, the first non-empty text in braces, if it has one.
std::size_t slot_of(std::string_view key);

// The slots that the node `id` serves, itself or as a replica, by the reply of CLUSTER SLOTS.
std::bitset<kSlotsOfCluster> slots_of_node(const redis::Reply& cluster_slots, std::string_view id);

}  // namespace hitwatch::keyspace
