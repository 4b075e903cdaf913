#include "agent/target_lists.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

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

// Of a list so many duplicates are told.
constexpr std::size_t kMostDuplicatesTold = 20;

}  // namespace

void TargetLists::read(const std::string& path, List& list) {
  auto loaded = config::load_target_list(path);
  list.faulty = !loaded;
  if (!loaded) {
    for (const config::Fault& fault : loaded.error()) {
      log_.error(list.targets.empty() ? "target list not read, none of its targets is watched"
                                      : "target list not read, keeping its former targets",
                 {{"error", config::to_string(fault)}});
    }
    return;
  }
  const std::vector<config::Fault>& duplicates = loaded->duplicates;
  for (std::size_t i = 0; i < std::min(duplicates.size(), kMostDuplicatesTold); ++i) {
    log_.warn("target left out, its list has it twice",
              {{"duplicate", config::to_string(duplicates[i])}});
  }
  if (duplicates.size() > kMostDuplicatesTold) {
    log_.warn(
        "further targets left out, their list has them twice",
        {{"file", path}, {"targets", std::to_string(duplicates.size() - kMostDuplicatesTold)}});
  }
  list.targets = std::move(loaded->targets);
}

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
      list = {signature, "", state.file, list.faulty, std::move(list.targets)};
      changed = true;
      read(path, list);
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

std::vector<TargetLists::State> TargetLists::states() const {
  std::vector<State> states;
  for (const auto& [path, list] : lists_) states.push_back({path, list.faulty});
  return states;
}

}  // namespace hitwatch
