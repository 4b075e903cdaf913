#include "collectors/topology/cluster_settling.h"

#include <algorithm>
#include <tuple>

#include "collectors/topology/cluster_standing.h"

namespace hitwatch::topology {
namespace {

std::ptrdiff_t votes_for(const ClusterView& view,
                         const std::vector<ClusterTestimony>& testimonies) {
  return std::ranges::count_if(testimonies, [&](const ClusterTestimony& testimony) {
    return is_same_cluster(testimony.view, view);
  });
}

}  // namespace

bool is_same_cluster(const ClusterView& a, const ClusterView& b) {
  return standing_of(a, b, "") != ClusterStanding::kStranger;
}

const ClusterTestimony* most_named(const std::vector<ClusterTestimony>& testimonies) {
  const auto weight = [&](const ClusterTestimony& testimony) {
    return std::tuple(served_slots(testimony.view) > 0, votes_for(testimony.view, testimonies));
  };
  const auto best = std::ranges::max_element(testimonies, {}, weight);
  if (best == testimonies.end()) return nullptr;
  const ClusterTestimony* chosen = &*best;
  for (const ClusterTestimony& other : testimonies) {
    const bool is_worse = served_slots(other.view) == 0 && served_slots(chosen->view) > 0;
    if (is_worse || !is_same_cluster(other.view, best->view)) continue;
    if (outranks(other.view, chosen->view)) chosen = &other;
  }
  return chosen;
}

void ClusterStrangers::hear(const ClusterCandidate& seed, const ClusterView& view) {
  forget(seed);
  if (served_slots(view) > 0) testimonies_.push_back({seed, view});
}

void ClusterStrangers::forget(const ClusterCandidate& seed) {
  std::erase_if(testimonies_, [&](const ClusterTestimony& testimony) {
    return testimony.from.target.url == seed.target.url;
  });
}

const ClusterTestimony* ClusterStrangers::successor(std::size_t seeds, bool followed_serves) const {
  const ClusterTestimony* other = most_named(testimonies_);
  if (other == nullptr || !followed_serves) return other;
  const auto votes = static_cast<std::size_t>(votes_for(other->view, testimonies_));
  return votes * 2 > seeds ? other : nullptr;
}

}  // namespace hitwatch::topology
