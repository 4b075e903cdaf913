#include "agent/same_servers.h"

#include <algorithm>

namespace hitwatch {
namespace {

// Runs that are remembered; beyond, all are forgotten, and said again by the next polls.
constexpr std::size_t kMostRuns = 50'000;

}  // namespace

void SameServers::polled(const redis::Target& target, const redis::TargetState& state) {
  if (!state.up || state.run_id.empty()) return;
  const std::string name = target.name();
  std::string& run = run_of_[name];
  if (run == state.run_id) return;
  if (!run.empty()) forget_run(name);
  if (by_run_.size() >= kMostRuns) {
    by_run_.clear();
    run_of_.clear();
  }
  run_of_[name] = state.run_id;
  const auto [first, is_new] = by_run_.try_emplace(state.run_id, name, target.url.address());
  if (told_.size() >= kMostTold) return;
  if (is_new || first->second.address == target.url.address()) return;
  if (!told_.insert(std::minmax(name, first->second.name)).second) return;
  log_.warn("two targets are the same server",
            {{"target", name}, {"other", first->second.name}, {"run_id", state.run_id}});
}

void SameServers::forget_run(const std::string& name) {
  const auto known = by_run_.find(run_of_[name]);
  if (known != by_run_.end() && known->second.name == name) by_run_.erase(known);
}

}  // namespace hitwatch
