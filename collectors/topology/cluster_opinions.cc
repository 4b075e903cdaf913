#include "collectors/topology/cluster_opinions.h"

namespace hitwatch::topology {

void ClusterOpinions::follow(std::size_t fingerprint) {
  if (fingerprint == followed_) return;
  followed_ = fingerprint;
  std::erase_if(heard_, [&](const auto& entry) { return entry.second != fingerprint; });
}

std::vector<std::string> ClusterOpinions::dissenting() const {
  std::vector<std::string> nodes;
  for (const auto& [node, fingerprint] : heard_) {
    if (fingerprint != followed_) nodes.push_back(node);
  }
  return nodes;
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
