// Which nodes of a cluster to ask next.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collectors/redis/target.h"
#include "collectors/topology/cluster_map.h"

namespace hitwatch::topology {

struct ClusterCandidate {
  redis::Target target;
  std::string id;  // of the node that should be there; "" for a seed that is not known as one
};

class ClusterCandidates {
 public:
  using Wanted = std::function<bool(const ClusterCandidate&)>;

  explicit ClusterCandidates(std::vector<redis::Target> seeds);

  // The nodes that are known now. Those without an address, in handshake or failed are not asked
  // for their opinion, but where nobody else answers.
  void know(const ClusterMap& map, const std::vector<std::optional<redis::Target>>& reached);

  const std::vector<ClusterCandidate>& seeds() const { return seeds_; }
  // Which of the seeds it is; nothing if it is none.
  std::optional<std::size_t> seed_place(const ClusterCandidate& candidate) const;
  // The next `most` in turn that are `wanted`: nodes and seeds, each once before one comes again.
  std::vector<ClusterCandidate> in_turn(std::size_t most, const Wanted& wanted);
  // All, in the order in which to look for one that answers: seeds, then nodes that are `up`, then
  // the rest. Within each, the search begins one further each time.
  std::vector<ClusterCandidate> for_search(const Wanted& up);
  // The node of that id that can be asked; nothing if there is none.
  std::optional<ClusterCandidate> node(const std::string& id) const;

 private:
  std::vector<ClusterCandidate> seeds_;  // those that are known nodes have their id
  std::vector<ClusterCandidate> nodes_;  // but for the seeds
  std::vector<ClusterCandidate> lost_;   // nodes that failed
  std::size_t turn_ = 0;
  std::size_t searches_ = 0;
};

}  // namespace hitwatch::topology
