// Whether a node speaks for the cluster that is followed.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/topology/cluster_view.h"

namespace hitwatch::topology {

enum class ClusterStanding : std::uint8_t {
  kMember,    // or may be one
  kStranger,  // it knows none of the nodes: it belongs to another cluster, or to none
  kMisplaced  // it is another node than the one that should be at its address
};

// `expected` is the id of the node that should be at the address; "" where none is known to be.
ClusterStanding standing_of(const ClusterView& view, const ClusterView& followed,
                            std::string_view expected);

// Whether `view` is to be followed rather than `followed`: it knows of a later epoch, or at the
// same one suspects fewer masters, as a node does that was not cut off.
bool outranks(const ClusterView& view, const ClusterView& followed);

// How many slots are served.
int served_slots(const ClusterView& view);

}  // namespace hitwatch::topology
