// Which cluster is meant, where the seeds do not name the same one: that of most of them. A seed
// that lies, or whose address another cluster has taken over, is then known for what it is.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collectors/topology/cluster_candidates.h"
#include "collectors/topology/cluster_view.h"

namespace hitwatch::topology {

// What a seed answered.
struct ClusterTestimony {
  ClusterCandidate from;
  ClusterView view;
};

// Two views are of one cluster if they have a node in common.
bool is_same_cluster(const ClusterView& a, const ClusterView& b);

// The one to follow: of the cluster that most name, whoever knows of the latest epoch. One that
// serves slots goes before one that serves none, else the first of equals. Nothing if there are
// none.
const ClusterTestimony* most_named(const std::vector<ClusterTestimony>& testimonies);

// Seeds that answer for another cluster than the one that is followed, by their last answers. Those
// that serve no slots belong to none, and are left out.
class ClusterStrangers {
 public:
  void hear(const ClusterCandidate& seed, const ClusterView& view);
  // It answers for the cluster that is followed, or not at all.
  void forget(const ClusterCandidate& seed);
  void clear() { testimonies_.clear(); }

  std::size_t count() const { return testimonies_.size(); }
  // What to follow instead: if more than half of `seeds` name it, or if `followed_serves` nothing.
  const ClusterTestimony* successor(std::size_t seeds, bool followed_serves) const;

 private:
  std::vector<ClusterTestimony> testimonies_;
};

}  // namespace hitwatch::topology
