// How daemons share targets without talking to each other: by rendezvous hashing (highest random
// weight). Each pair of a unit and a shard has a weight that never changes; a unit belongs to the
// shard with the highest. So when a shard is added, it takes its part of each of the others, about
// one of n units, and no unit moves between these; when the last one is removed, only its own
// units move.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/config/config.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// The weight of a unit at a shard, which is numbered from 1: the same in every version, on every
// machine.
std::uint64_t shard_weight(std::string_view unit, int shard);
// Of 1 to `count`; count >= 1.
int shard_of(std::string_view unit, int count);

// What stays together: the cluster, or the master with its replicas, that a target belongs to; else
// the target by its name.
std::string shard_unit(const redis::Target& target);
bool is_of_shard(std::string_view unit, const config::Shard& shard);
bool belongs_to(const redis::Target& target, const config::Shard& shard);

}  // namespace hitwatch
