#include "agent/all_targets.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "agent/sharding.h"

namespace hitwatch {

AllTargets::Chosen AllTargets::choose(const config::Config& config, const TargetLists& lists,
                                      const std::vector<redis::Target>& discovered) {
  Chosen chosen;
  std::unordered_set<std::string> names;
  std::unordered_set<std::string> addresses;
  std::set<std::string> left_out;
  const auto add = [&](redis::Target target) {
    if (!belongs_to(target, config.shard)) {
      ++chosen.elsewhere;
      return;
    }
    config::apply_credentials(target, config.credentials);
    chosen.targets.push_back(std::move(target));
  };
  for (const auto& source : {config.targets, lists.targets()}) {
    for (const redis::Target& target : source) {
      addresses.insert(target.url.address());
      if (names.insert(target.name()).second) {
        add(target);
      } else {
        left_out.insert(target.name() + " at " + target.origin);
      }
    }
  }
  for (const redis::Target& target : discovered) {
    if (!addresses.insert(target.url.address()).second) continue;
    if (names.insert(target.name()).second) {
      add(target);
    } else {
      left_out.insert(target.name() + " at " + target.origin);
    }
  }
  tell(std::move(left_out));
  return chosen;
}

void AllTargets::tell(std::set<std::string> left_out) {
  std::vector<std::string> fresh;
  std::ranges::set_difference(left_out, told_, std::back_inserter(fresh));
  for (std::size_t i = 0; i < std::min(fresh.size(), kMostTold); ++i) {
    log_.warn("target left out, its name is taken", {{"target", fresh[i]}});
  }
  if (fresh.size() > kMostTold) {
    log_.warn("further targets left out, their names are taken",
              {{"targets", std::to_string(fresh.size() - kMostTold)}});
  }
  told_ = std::move(left_out);
}

}  // namespace hitwatch
