#include "collectors/topology/sentinel_look.h"

namespace hitwatch::topology {
namespace {

std::size_t servers_of(const ToldMaster& master) {
  return 1 + (master.replicas ? master.replicas->size() : 0);
}

}  // namespace

std::set<std::string> names_of(const ToldMasters& told) {
  std::set<std::string> names;
  for (const auto& [name, master] : told) names.insert(name);
  return names;
}

std::set<std::string> take_over(const SentinelLook& look, ToldMasters& told) {
  std::set<std::string> changed;
  std::set<std::string> asked(look.masters.begin(), look.masters.end());
  if (look.whole) asked.merge(names_of(told));
  std::size_t kept = 0;
  for (const auto& [name, master] : told) {
    if (!asked.contains(name)) kept += servers_of(master);
  }
  for (const std::string& name : asked) {
    const auto now = look.told.find(name);
    const bool fits = now != look.told.end() && kept + servers_of(now->second) <= kMostToldServers;
    if (!fits) {
      if (told.erase(name) > 0) changed.insert(name);
      continue;
    }
    kept += servers_of(now->second);
    if (const auto was = told.find(name); was == told.end() || was->second != now->second) {
      if (was == told.end() && told.size() >= kMostSentinelMasters) continue;
      told.insert_or_assign(name, now->second);
      changed.insert(name);
    }
  }
  return changed;
}

}  // namespace hitwatch::topology
