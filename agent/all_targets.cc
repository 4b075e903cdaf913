#include "agent/all_targets.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "agent/sharding.h"

namespace hitwatch {
namespace {

// Of a discovered server: those of its place. Others are its entry's.
constexpr std::array<std::string_view, 3> kPlaceLabels = {"cluster", "shard", "master_name"};

bool has_label(const redis::Target& target, std::string_view name) {
  return std::ranges::find(target.labels, name, &metrics::Label::name) != target.labels.end();
}

void take_place(redis::Target& target, const redis::Target& found) {
  target.place = found.place;
  for (const metrics::Label& label : found.labels) {
    const bool of_place = std::ranges::find(kPlaceLabels, label.name) != kPlaceLabels.end();
    if (of_place && !has_label(target, label.name)) target.labels.push_back(label);
  }
}

}  // namespace

AllTargets::Chosen AllTargets::choose(const config::Config& config, const TargetLists& lists,
                                      const std::vector<redis::Target>& discovered,
                                      SameServers& same_servers) {
  Chosen chosen;
  std::unordered_map<std::string, std::string> names;  // and the origins of those who have them
  std::unordered_set<std::string> addresses;
  std::set<LeftOut> left_out;
  std::unordered_map<std::string, const redis::Target*> found;
  for (const redis::Target& target : discovered) found.emplace(target.url.address(), &target);
  const auto add = [&](redis::Target target) {
    const auto [known, is_new] = names.emplace(target.name(), target.origin);
    if (!is_new) {
      left_out.insert({target.name(), target.origin, known->second});
      return;
    }
    if (!belongs_to(target, config.shard)) {
      ++chosen.elsewhere;
      return;
    }
    config::apply_credentials(target, config.credentials);
    chosen.targets.push_back(std::move(target));
  };
  const std::vector<redis::Target> listed = lists.targets();
  for (const auto* source : {&config.targets, &listed}) {
    for (redis::Target target : *source) {
      const std::string address = target.url.address();
      if (const auto known = found.find(address); known != found.end()) {
        take_place(target, *known->second);
      }
      addresses.insert(address);
      add(std::move(target));
    }
  }
  std::vector<const redis::Target*> rest;
  std::vector<const redis::Target*> here;
  for (const redis::Target& target : discovered) {
    if (!addresses.insert(target.url.address()).second) continue;
    rest.push_back(&target);
    if (belongs_to(target, config.shard)) here.push_back(&target);
  }
  std::unordered_set<const redis::Target*> watched;
  const std::vector<const redis::Target*> others = same_servers.match(chosen.targets, here);
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (others[i] == nullptr) continue;
    take_place(chosen.targets[i], *others[i]);
    watched.insert(others[i]);
  }
  for (const redis::Target* target : rest) {
    if (!watched.contains(target)) add(*target);
  }
  tell(std::move(left_out));
  return chosen;
}

void AllTargets::tell(std::set<LeftOut> left_out) {
  std::vector<LeftOut> fresh;
  std::ranges::set_difference(left_out, told_, std::back_inserter(fresh));
  for (std::size_t i = 0; i < std::min(fresh.size(), kMostTold); ++i) {
    log_.warn(
        "target left out, its name is taken",
        {{"target", fresh[i].name}, {"origin", fresh[i].origin}, {"taken_by", fresh[i].taken_by}});
  }
  if (fresh.size() > kMostTold) {
    log_.warn("further targets left out, their names are taken",
              {{"targets", std::to_string(fresh.size() - kMostTold)}});
  }
  told_ = std::move(left_out);
}

}  // namespace hitwatch
