#include "agent/rules/inputs.h"

#include <algorithm>
#include <ranges>

namespace hitwatch::rules {

void Inputs::watch(const WatchedTargets& targets) {
  std::map<std::string, State> now;
  for (const auto& target : targets) {
    const auto known = targets_.find(target->target.name());
    now.emplace(target->target.name(), known == targets_.end() ? State{} : known->second);
  }
  targets_ = std::move(now);
}

Inputs::News Inputs::note(const std::string& target, bool up, const std::string& role,
                          std::int64_t time) {
  const auto found = targets_.find(target);
  if (found == targets_.end()) return {};
  State& state = found->second;
  // The role of a server that does not answer is not known: it counts as what it was.
  const bool other_role = up && !state.role.empty() && role != state.role;
  const bool other_reach = up != state.up;
  const News news{.state = state.seen && (other_reach || other_role),
                  .down = state.seen ? other_reach : !up};
  if (up || !state.seen) state.since = time;
  state.seen = true;
  state.up = up;
  if (up) state.role = role;
  return news;
}

std::map<std::string, std::int64_t> Inputs::down_since() const {
  std::map<std::string, std::int64_t> since;
  for (const auto& [name, state] : targets_) {
    if (state.seen && !state.up) since.emplace(name, state.since);
  }
  if (!since.empty() && since.size() == targets_.size()) {
    since.emplace("", std::ranges::max(since | std::views::values));
  }
  return since;
}

alerting::Inputs Inputs::of(const State& state) {
  if (!state.seen) return alerting::Inputs::kNotYetSeen;
  return state.up ? alerting::Inputs::kSeen : alerting::Inputs::kTargetDown;
}

alerting::Inputs Inputs::of(const metrics::Labels& labels) const {
  const auto instance = std::ranges::find(labels, "instance", &metrics::Label::name);
  if (instance != labels.end()) {
    const auto found = targets_.find(instance->value);
    // Another's series, or a target that is watched no more: nothing of it is to come.
    return found == targets_.end() ? alerting::Inputs::kSeen : of(found->second);
  }
  const auto is = [](alerting::Inputs wanted) {
    return [wanted](const auto& entry) { return of(entry.second) == wanted; };
  };
  if (std::ranges::any_of(targets_, is(alerting::Inputs::kNotYetSeen))) {
    return alerting::Inputs::kNotYetSeen;
  }
  if (!targets_.empty() && std::ranges::all_of(targets_, is(alerting::Inputs::kTargetDown))) {
    return alerting::Inputs::kTargetDown;
  }
  return alerting::Inputs::kSeen;
}

}  // namespace hitwatch::rules
