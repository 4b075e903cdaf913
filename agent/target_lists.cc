#include "agent/target_lists.h"

#include <fmt/core.h>
#include <sys/stat.h>

namespace hitwatch {
namespace {

struct FileState {
  std::string signature;  // changes whenever the file is written or replaced; "" if it is not there
  std::uint64_t file = 0;
};

FileState state_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  return {fmt::format("{}/{}/{}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                      status.st_mtim.tv_nsec),
          status.st_ino};
}

}  // namespace

bool TargetLists::look(const std::vector<config::TargetFiles>& globs, Haste haste) {
  bool changed = false;
  std::map<std::string, List> now;
  for (const config::TargetFiles& files : globs) {
    for (const std::string& path : config::expand_glob(files.glob)) {
      if (now.contains(path)) continue;
      List& list = now[path];
      if (const auto before = lists_.find(path); before != lists_.end()) list = before->second;
      const FileState state = state_of(path);
      const std::string& signature = state.signature;
      if (signature == list.signature) continue;
      const bool in_place = state.file == list.file && !list.signature.empty();
      if (haste == Haste::kOnceSettled && in_place && signature != list.settling) {
        list.settling = signature;
        continue;
      }
      list = {signature, "", state.file, std::move(list.targets)};
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

}  // namespace hitwatch
