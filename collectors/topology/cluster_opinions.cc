#include "collectors/topology/cluster_opinions.h"

#include <algorithm>

namespace hitwatch::topology {

void ClusterOpinions::follow(std::size_t fingerprint, std::uint64_t epoch) {
  const bool same = fingerprint == followed_.fingerprint;
  followed_ = {fingerprint, epoch};
  if (same) return;
  std::erase_if(heard_, [&](const auto& entry) { return entry.second.fingerprint != fingerprint; });
}

std::vector<std::string> ClusterOpinions::dissenting() const {
  std::vector<std::string> nodes;
  for (const auto& [node, opinion] : heard_) {
    if (opinion.fingerprint != followed_.fingerprint) nodes.push_back(node);
  }
  return nodes;
}

std::optional<std::string> ClusterOpinions::majority() const {
  if (!told_) return std::nullopt;
  std::map<std::size_t, std::vector<std::string>> nodes;
  for (const auto& [node, opinion] : heard_) {
    if (opinion.epoch >= followed_.epoch) nodes[opinion.fingerprint].push_back(node);
  }
  const std::size_t following = nodes[followed_.fingerprint].size();
  const auto most =
      std::ranges::max_element(nodes, {}, [](const auto& entry) { return entry.second.size(); });
  if (most->second.size() <= following) return std::nullopt;
  return most->second.front();
}

std::optional<bool> ClusterOpinions::turn(Clock::time_point now) {
  if (dissenting().empty()) {
    since_.reset();
    if (!told_) return std::nullopt;
    told_ = false;
    return false;
  }
  if (!since_) since_ = now;
  if (told_ || now - *since_ < kLasting) return std::nullopt;
  told_ = true;
  return true;
}

}  // namespace hitwatch::topology
