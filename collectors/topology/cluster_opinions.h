// How many nodes see their cluster otherwise than the one whose view is followed.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hitwatch::topology {

// Nodes are asked in turn, so an opinion may be older than the view. Where the view has changed
// since, an opinion that differs counts as none until the node is asked again.
class ClusterOpinions {
 public:
  using Clock = std::chrono::steady_clock;
  // Nodes contradict each other for a moment whenever something changes: that is no event yet.
  static constexpr std::chrono::seconds kLasting{10};

  // The view that is followed, by its fingerprint.
  void follow(std::size_t fingerprint);
  // What a node sees; and that a node can say nothing, or is none any more.
  void hear(const std::string& node, std::size_t fingerprint) { heard_[node] = fingerprint; }
  void forget(const std::string& node) { heard_.erase(node); }
  template <typename Predicate>
  void keep_only(Predicate is_node) {
    std::erase_if(heard_, [&](const auto& entry) { return !is_node(entry.first); });
  }

  std::vector<std::string> dissenting() const;
  // Whether they have begun to contradict each other for good (true), or have ceased to (false).
  std::optional<bool> turn(Clock::time_point now);

 private:
  std::size_t followed_ = 0;
  std::map<std::string, std::size_t> heard_;
  std::optional<Clock::time_point> since_;
  bool told_ = false;
};

}  // namespace hitwatch::topology
