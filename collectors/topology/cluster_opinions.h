// How many nodes see their cluster otherwise than the one whose view is followed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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

  // The view that is followed, by its fingerprint and epoch.
  void follow(std::size_t fingerprint, std::uint64_t epoch);
  // What a node sees, and the epoch that it knows of; that a node can say nothing, or is none any
  // more.
  void hear(const std::string& node, std::size_t fingerprint, std::uint64_t epoch) {
    heard_[node] = {fingerprint, epoch};
  }
  void forget(const std::string& node) { heard_.erase(node); }
  template <typename Predicate>
  void keep_only(Predicate is_node) {
    std::erase_if(heard_, [&](const auto& entry) { return !is_node(entry.first); });
  }

  std::size_t heard() const { return heard_.size(); }
  std::vector<std::string> dissenting() const;
  // Whether they have begun to contradict each other for good (true), or have ceased to (false).
  std::optional<bool> turn(Clock::time_point now);
  // Where they do for good: a node that sees what more nodes see than the view that is followed,
  // and knows of no earlier epoch. It is to be followed instead.
  std::optional<std::string> majority() const;

 private:
  struct Opinion {
    std::size_t fingerprint = 0;
    std::uint64_t epoch = 0;
  };
  Opinion followed_;
  std::map<std::string, Opinion> heard_;
  std::optional<Clock::time_point> since_;
  bool told_ = false;
};

}  // namespace hitwatch::topology
