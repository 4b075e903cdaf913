#include "agent/target_lists.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <set>

namespace hitwatch {
namespace {

// Changes whenever the file is written or replaced; "" if it is not there.
std::string signature_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return "";
  return fmt::format("{}/{}/{}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

}  // namespace

bool TargetLists::look(const std::vector<config::TargetFiles>& globs) {
  bool changed = false;
  std::map<std::string, List> now;
  for (const config::TargetFiles& files : globs) {
    for (const std::string& path : config::expand_glob(files.glob)) {
      if (now.contains(path)) continue;
      List& list = now[path];
      if (const auto before = lists_.find(path); before != lists_.end()) list = before->second;
      const std::string signature = signature_of(path);
      if (signature == list.signature) continue;
      list.signature = signature;
      changed = true;
      if (auto targets = config::load_target_list(path)) {
        list.targets = *std::move(targets);
        continue;
      } else {
        for (const config::Fault& fault : targets.error()) {
          log_.error("target list not read, keeping its former targets",
                     {{"error", config::to_string(fault)}});
        }
      }
    }
  }
  changed = changed || now.size() != lists_.size();
  lists_ = std::move(now);
  return changed;
}

std::vector<redis::Target> TargetLists::targets() const {
  std::vector<redis::Target> all;
  for (const auto& [path, list] : lists_) {
    all.insert(all.end(), list.targets.begin(), list.targets.end());
  }
  return all;
}

std::vector<redis::Target> all_targets(const config::Config& config, const TargetLists& lists,
                                       const std::vector<redis::Target>& discovered,
                                       log::Log& log) {
  std::vector<redis::Target> all = config.targets;
  const std::vector<redis::Target> listed = lists.targets();
  all.insert(all.end(), listed.begin(), listed.end());
  all.insert(all.end(), discovered.begin(), discovered.end());
  std::set<std::string> names;
  std::erase_if(all, [&](const redis::Target& target) {
    if (names.insert(target.name()).second) return false;
    log.warn("target left out, its name is taken",
             {{"target", target.name()}, {"origin", target.origin}});
    return true;
  });
  for (redis::Target& target : all) config::apply_credentials(target, config.credentials);
  return all;
}

}  // namespace hitwatch
