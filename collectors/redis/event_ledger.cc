#include "collectors/redis/event_ledger.h"

#include <algorithm>

namespace hitwatch::redis {
namespace {

constexpr std::int64_t kAboveAll = std::numeric_limits<std::int64_t>::max();

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

const EventLedger::Mark* EventLedger::find(std::string_view run, std::string_view log) const {
  const auto found = runs_.find(run);
  if (found == runs_.end()) return nullptr;
  const auto mark = found->second.logs.find(log);
  return mark == found->second.logs.end() ? nullptr : &mark->second;
}

std::optional<std::int64_t> EventLedger::claimed(std::string_view run, std::string_view log) const {
  const std::scoped_lock lock(mutex_);
  const Mark* mark = find(run, log);
  if (mark == nullptr) return std::nullopt;
  return mark->claimed;
}

EventLedger::Claim EventLedger::claim(std::string_view run, std::string_view log,
                                      std::span<const std::int64_t> numbers, std::int64_t newest,
                                      bool news) {
  const std::scoped_lock lock(mutex_);
  Run& holder = run_of(run);
  auto found = holder.logs.find(log);
  const bool first = found == holder.logs.end();
  if (first) {
    if (holder.logs.size() >= kMostLogs || log.size() > kLongestName) return {kAboveAll, true};
    found = holder.logs.emplace(log, Mark{news ? -1 : newest, {}}).first;
  }
  Mark& mark = found->second;
  const std::int64_t above = mark.claimed;
  for (const std::int64_t number : numbers) {
    if (number > above) mark.outstanding.insert(mark.outstanding.end(), number);
  }
  mark.claimed = std::max(mark.claimed, newest);
  return {above, first};
}

void EventLedger::settle(std::string_view run, std::string_view log, std::int64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  const auto mark = found->second.logs.find(log);
  if (mark == found->second.logs.end()) return;
  mark->second.outstanding.erase(number);
  ++settlements_;
}

void EventLedger::forget(std::string_view run, std::string_view log) {
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  const auto mark = found->second.logs.find(log);
  if (mark != found->second.logs.end()) found->second.logs.erase(mark);
}

void EventLedger::restore(const State& state) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, logs] : state) {
    Run& run = run_of(name);
    for (const auto& [log, settled] : logs) run.logs[log] = {settled, {}};
  }
}

EventLedger::State EventLedger::settled() const {
  const std::scoped_lock lock(mutex_);
  State state;
  for (const auto& [name, run] : runs_) {
    auto& logs = state[name];
    for (const auto& [log, mark] : run.logs) {
      logs[log] = mark.outstanding.empty() ? mark.claimed : *mark.outstanding.begin() - 1;
    }
  }
  return state;
}

std::uint64_t EventLedger::settlements() const {
  const std::scoped_lock lock(mutex_);
  return settlements_;
}

}  // namespace hitwatch::redis
