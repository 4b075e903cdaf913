#include "collectors/topology/cluster_candidates.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hitwatch::topology {
namespace {

bool is_at(const ClusterCandidate& candidate, const redis::Target& target) {
  return candidate.target.url.address() == target.url.address();
}

}  // namespace

ClusterCandidates::ClusterCandidates(std::vector<redis::Target> seeds) {
  for (redis::Target& seed : seeds) seeds_.push_back({std::move(seed), ""});
}

void ClusterCandidates::know(const ClusterMap& map,
                             const std::vector<std::optional<redis::Target>>& reached) {
  for (ClusterCandidate& seed : seeds_) seed.id.clear();
  nodes_.clear();
  lost_.clear();
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const ClusterNode& node = map.view.nodes[i];
    if (!reached[i] || node.handshake) continue;
    const auto seed = std::ranges::find_if(
        seeds_, [&](const ClusterCandidate& candidate) { return is_at(candidate, *reached[i]); });
    // Of two nodes at one address, the one that has failed is no longer there.
    if (seed != seeds_.end()) {
      if (!node.failed || seed->id.empty()) seed->id = node.id;
    } else {
      (node.failed ? lost_ : nodes_).push_back({*reached[i], node.id});
    }
  }
}

std::optional<std::size_t> ClusterCandidates::seed_place(const ClusterCandidate& candidate) const {
  const auto seed = std::ranges::find_if(
      seeds_, [&](const ClusterCandidate& one) { return is_at(one, candidate.target); });
  if (seed == seeds_.end()) return std::nullopt;
  return static_cast<std::size_t>(seed - seeds_.begin());
}

std::vector<ClusterCandidate> ClusterCandidates::in_turn(std::size_t most, const Wanted& wanted) {
  std::vector<ClusterCandidate> chosen;
  const std::size_t all = seeds_.size() + nodes_.size();
  for (std::size_t step = 0; step < all && chosen.size() < most; ++step) {
    const std::size_t at = turn_++ % all;
    const ClusterCandidate& next = at < seeds_.size() ? seeds_[at] : nodes_[at - seeds_.size()];
    if (wanted(next)) chosen.push_back(next);
  }
  return chosen;
}

std::vector<ClusterCandidate> ClusterCandidates::for_search(const Wanted& up) {
  const std::size_t search = searches_++;
  std::vector<ClusterCandidate> nodes = nodes_;
  if (!nodes.empty()) {
    std::ranges::rotate(nodes, nodes.begin() + static_cast<std::ptrdiff_t>(search % nodes.size()));
  }
  std::ranges::stable_partition(nodes, up);
  std::vector<ClusterCandidate> all = seeds_;
  all.insert(all.end(), std::make_move_iterator(nodes.begin()),
             std::make_move_iterator(nodes.end()));
  all.insert(all.end(), lost_.begin(), lost_.end());
  return all;
}

std::optional<ClusterCandidate> ClusterCandidates::node(const std::string& id) const {
  for (const auto* some : {&seeds_, &nodes_}) {
    const auto found = std::ranges::find(*some, id, &ClusterCandidate::id);
    if (found != some->end()) return *found;
  }
  return std::nullopt;
}

}  // namespace hitwatch::topology
