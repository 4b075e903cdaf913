#include "agent/rules/reactions.h"

#include <algorithm>
#include <utility>

namespace hitwatch::rules {

std::optional<Reactions::Clock::time_point> Reactions::note(std::string target,
                                                            Clock::time_point now) {
  const bool awaited = !changed_.empty();
  changed_.insert(std::move(target));
  if (awaited) return std::nullopt;
  const Clock::time_point soon = now + kGather;
  return evaluated_ ? std::max(soon, *evaluated_ + kDistance) : soon;
}

std::set<std::string> Reactions::take() { return std::exchange(changed_, {}); }

}  // namespace hitwatch::rules
