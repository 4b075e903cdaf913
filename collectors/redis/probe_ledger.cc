#include "collectors/redis/probe_ledger.h"

#include <algorithm>

namespace hitwatch::redis {
namespace {

void take_off(std::uint64_t& from, std::uint64_t amount) { from -= std::min(from, amount); }

}  // namespace

void ProbeLedger::sent(std::string_view run_id, std::string_view instance, std::uint64_t lookups) {
  const std::scoped_lock lock(mutex_);
  use(run_id).hits += lookups;
  by_instance_[instance_key(instance)] += lookups;
}

void ProbeLedger::missed(std::string_view run_id, std::uint64_t lookups) {
  const std::scoped_lock lock(mutex_);
  Totals& totals = use(run_id);
  // Those of a run that was forgotten meanwhile are in neither figure.
  const std::uint64_t known = std::min(totals.hits, lookups);
  totals.hits -= known;
  totals.misses += known;
}

void ProbeLedger::withdrawn(std::string_view run_id, std::string_view instance,
                            std::uint64_t lookups) {
  const std::scoped_lock lock(mutex_);
  take_off(use(run_id).hits, lookups);
  take_off(by_instance_[instance_key(instance)], lookups);
}

ProbeLedger::Totals ProbeLedger::of_run(std::string_view run_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? Totals{} : found->second.totals;
}

std::vector<ProbeLedger::Entry> ProbeLedger::entries() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Entry> entries;
  entries.reserve(by_instance_.size());
  for (const auto& [instance, lookups] : by_instance_) entries.push_back({instance, lookups});
  return entries;
}

ProbeLedger::State ProbeLedger::state() const {
  const std::scoped_lock lock(mutex_);
  State state;
  for (const auto& [run_id, run] : runs_) state.runs.emplace(run_id, run.totals);
  state.instances.insert(by_instance_.begin(), by_instance_.end());
  return state;
}

void ProbeLedger::restore(const State& state) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [run_id, totals] : state.runs) {
    Totals& known = use(run_id);
    known.hits += totals.hits;
    known.misses += totals.misses;
  }
  for (const auto& [instance, lookups] : state.instances) {
    by_instance_[instance_key(instance)] += lookups;
  }
}

ProbeLedger::Totals& ProbeLedger::use(std::string_view run_id) {
  auto found = runs_.find(run_id);
  if (found == runs_.end()) {
    if (runs_.size() >= kMostRuns) {
      runs_.erase(std::ranges::min_element(runs_, {},
                                           [](const auto& run) { return run.second.last_used; }));
    }
    found = runs_.emplace(run_id, Run{}).first;
  }
  found->second.last_used = ++uses_;
  return found->second.totals;
}

std::string ProbeLedger::instance_key(std::string_view instance) const {
  const bool room = by_instance_.size() < kMostInstances || by_instance_.contains(instance);
  return std::string(room ? instance : kOverflow);
}

}  // namespace hitwatch::redis
