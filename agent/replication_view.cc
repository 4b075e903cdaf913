#include "agent/replication_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hitwatch {
namespace {

constexpr std::chrono::seconds kApart{1};

std::string shard_label(const redis::Target& target) {
  const auto found = std::ranges::find(target.labels, "shard", &metrics::Label::name);
  return found == target.labels.end() ? std::string() : found->value;
}

metrics::Labels series_labels(const redis::Target& target) {
  metrics::Labels labels = target.labels;
  const bool has_role = std::ranges::find(labels, "role", &metrics::Label::name) != labels.end();
  if (!has_role && !target.place.role.empty()) labels.push_back({"role", target.place.role});
  return labels;
}

}  // namespace

void ReplicationView::polled(const std::string& target, const redis::TargetState& state,
                             Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  ++version_;
  const auto [found, is_new] = polls_.try_emplace(target);
  Polls& polls = found->second;
  if (is_new) {
    polls.next_earlier_at = now;
  } else if (now - polls.next_earlier_at >= kApart) {
    polls.earlier = polls.next_earlier;
    polls.next_earlier_at = now;
  }
  polls.latest = state.replication;
  if (polls.next_earlier_at == now) polls.next_earlier = polls.latest;
  if (polls.latest != nullptr) polls.known = polls.latest;
  if (!state.peer.empty()) polls.peer = state.peer;
  polls.state = state_word(&state);
}

void ReplicationView::keep_only(const std::set<std::string>& targets) {
  const std::scoped_lock lock(mutex_);
  const auto gone = [&](const auto& entry) { return !targets.contains(entry.first); };
  if (std::erase_if(polls_, gone) > 0) ++version_;
}

std::vector<ReplicatedServer> ReplicationView::servers(const WatchedTargets& targets) const {
  std::vector<ReplicatedServer> all;
  all.reserve(targets.size());
  for (const auto& watched : targets) {
    const redis::Target& target = watched->target;
    ReplicatedServer& server = all.emplace_back();
    server.name = target.name();
    if (!target.url.is_unix()) {
      server.host = target.url.host;
      server.port = target.url.port;
    }
    server.group = target.place.group;
    server.role = target.place.role;
    server.source = target.place.source;
    server.shard = shard_label(target);
    server.labels = series_labels(target);
    server.state = state_word(nullptr);
    const auto found = polls_.find(server.name);
    if (found == polls_.end()) continue;
    const Polls& polls = found->second;
    server.peer = target.url.is_unix() ? std::string() : polls.peer;
    server.state = polls.state;
    server.latest = polls.latest;
    server.known = polls.known;
    server.earlier = polls.earlier;
  }
  return all;
}

std::shared_ptr<const ReplicationForest> ReplicationView::forest(
    const std::shared_ptr<const WatchedTargets>& targets) const {
  std::vector<ReplicatedServer> of;
  std::uint64_t version = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (made_ != nullptr && made_of_ == version_ && made_for_ == targets) return made_;
    version = version_;
    of = servers(*targets);
  }
  auto forest = std::make_shared<const ReplicationForest>(replication_forest(std::move(of)));
  const std::scoped_lock lock(mutex_);
  made_ = forest;
  made_of_ = version;
  made_for_ = targets;
  return forest;
}

}  // namespace hitwatch
