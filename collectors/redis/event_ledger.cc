#include "collectors/redis/event_ledger.h"

#include <algorithm>

namespace hitwatch::redis {
namespace {

void raise_latency(EventLedger::Marks& marks, std::string_view event, std::int64_t at) {
  const auto found = marks.latency.find(event);
  if (found != marks.latency.end()) {
    found->second = std::max(found->second, at);
  } else if (marks.latency.size() < EventLedger::kMostEvents) {
    marks.latency.emplace(event, at);
  }
}

bool is_new(const EventLedger::Marks& marks) { return marks == EventLedger::Marks{}; }

}  // namespace

void EventLedger::set_remembers(bool remembers) {
  const std::scoped_lock lock(mutex_);
  remembers_ = remembers;
}

bool EventLedger::remembers() const {
  const std::scoped_lock lock(mutex_);
  return remembers_;
}

EventLedger::Run& EventLedger::run_of(std::string_view name) {
  auto found = runs_.find(name);
  if (found == runs_.end()) {
    if (runs_.size() >= kMostRuns) {
      runs_.erase(
          std::ranges::min_element(runs_, {}, [](const auto& entry) { return entry.second.used; }));
    }
    found = runs_.emplace(name, Run{}).first;
  }
  found->second.used = ++uses_;
  return found->second;
}

std::optional<EventLedger::Marks> EventLedger::handed(std::string_view run) const {
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(run);
  if (found == runs_.end()) return std::nullopt;
  return found->second.handed;
}

void EventLedger::hand_out(std::string_view run, const Marks& marks) {
  const std::scoped_lock lock(mutex_);
  run_of(run).handed = marks;
}

void EventLedger::settle_slow(std::string_view run, std::int64_t id) {
  const std::scoped_lock lock(mutex_);
  Marks& settled = run_of(run).settled;
  if (id <= settled.slow) return;
  settled.slow = id;
  ++settlements_;
}

void EventLedger::settle_latency(std::string_view run, std::string_view event, std::int64_t at) {
  const std::scoped_lock lock(mutex_);
  raise_latency(run_of(run).settled, event, at);
  ++settlements_;
}

void EventLedger::restore(const State& state) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, marks] : state) {
    Run& run = run_of(name);
    run.handed = marks;
    run.settled = marks;
  }
}

EventLedger::State EventLedger::settled() const {
  const std::scoped_lock lock(mutex_);
  State state;
  for (const auto& [name, run] : runs_) {
    if (!is_new(run.settled)) state.emplace(name, run.settled);
  }
  return state;
}

std::uint64_t EventLedger::settlements() const {
  const std::scoped_lock lock(mutex_);
  return settlements_;
}

}  // namespace hitwatch::redis
