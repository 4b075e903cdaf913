// Servers that sentinels or a cluster named stand in places: those of one shard, or of one master,
// hold the same keys, which are to be counted once.
#pragma once

#include <span>

#include "agent/keyspace_source.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// Whether the keys of `own` are by its place those of a master among `peers` that has not failed.
bool has_master_among(const redis::Target& own, std::span<const Peer> peers);

// Whether `keys.check` is made at `own` rather than at another server with the same keys: at the
// master (`on_masters`), else at a replica; never, where there is another, at one that has failed.
// A target without a place is always checked.
bool is_checked_at(const redis::Target& own, std::span<const Peer> peers, bool on_masters);

}  // namespace hitwatch
