#include "collectors/topology/sentinel_peers.h"

#include <deque>
#include <optional>
#include <set>
#include <unordered_map>

namespace hitwatch::topology {
namespace {

// The known sentinels by all that tells them apart.
class SentinelIndex {
 public:
  explicit SentinelIndex(const std::vector<KnownSentinel>& known) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      by_address_.emplace(known[i].address, i);
      if (!known[i].connected.empty()) by_address_.emplace(known[i].connected, i);
      if (!known[i].id.empty()) by_id_.emplace(known[i].id, i);
    }
  }

  std::optional<std::size_t> find(const std::string& address, const std::string& id) const {
    if (const auto same = by_id_.find(id); same != by_id_.end()) return same->second;
    if (const auto same = by_address_.find(address); same != by_address_.end()) {
      return same->second;
    }
    return std::nullopt;
  }

 private:
  std::unordered_map<std::string, std::size_t> by_address_;
  std::unordered_map<std::string, std::size_t> by_id_;
};

// Calls visit(server) for each sentinel that one tells of, whatever the master.
template <typename Visit>
void for_each_peer(const KnownSentinel& sentinel, Visit visit) {
  if (sentinel.told == nullptr) return;
  for (const auto& [name, master] : *sentinel.told) {
    if (!master.sentinels) continue;
    for (const ToldServer& peer : *master.sentinels) visit(peer);
  }
}

std::vector<bool> judge_sentinels_down(const std::vector<KnownSentinel>& known,
                                       const SentinelIndex& index) {
  std::vector<std::size_t> named(known.size());
  std::vector<std::size_t> down(known.size());
  for (const KnownSentinel& sentinel : known) {
    if (!sentinel.answers) continue;
    for_each_peer(sentinel, [&](const ToldServer& peer) {
      const auto which = index.find(peer.address, peer.run_id);
      if (!which) return;
      ++named[*which];
      if (peer.down) ++down[*which];
    });
  }
  std::vector<bool> result(known.size());
  for (std::size_t i = 0; i < known.size(); ++i) result[i] = down[i] * 2 > named[i];
  return result;
}

}  // namespace

SentinelCensus count_sentinels(const std::vector<KnownSentinel>& known) {
  const SentinelIndex index(known);
  SentinelCensus census{std::vector<bool>(known.size()),
                        std::vector<bool>(known.size()),
                        judge_sentinels_down(known, index),
                        {}};
  std::deque<std::size_t> reached;
  const auto reach = [&](std::size_t which) {
    if (census.named[which] || census.same[which]) return;
    census.named[which] = true;
    reached.push_back(which);
  };
  for (std::size_t i = 0; i < known.size(); ++i) {
    census.same[i] = index.find(known[i].address, known[i].id) != i;
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].configured) reach(i);
  }
  std::set<std::string> found;
  std::set<std::string> found_ids;
  for (; !reached.empty(); reached.pop_front()) {
    for_each_peer(known[reached.front()], [&](const ToldServer& peer) {
      if (const auto which = index.find(peer.address, peer.run_id)) {
        reach(*which);
      } else if (found.size() < kMostSentinels && !found.contains(peer.address) &&
                 (peer.run_id.empty() || found_ids.insert(peer.run_id).second)) {
        found.insert(peer.address);
      }
    });
  }
  for (const std::string& address : found) {
    if (known.size() + census.found.size() >= kMostSentinels) break;
    census.found.push_back(address);
  }
  return census;
}

}  // namespace hitwatch::topology
