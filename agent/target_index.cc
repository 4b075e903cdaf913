#include "agent/target_index.h"

#include <algorithm>
#include <utility>

namespace hitwatch {

TargetIndex::TargetIndex(WatchedTargets targets) : targets_(std::move(targets)) {
  by_name_.reserve(targets_.size());
  by_address_.reserve(targets_.size());
  for (std::size_t place = 0; place < targets_.size(); ++place) {
    const redis::Target& target = targets_[place]->target;
    by_name_.emplace(target.name(), place);
    const std::string address = target.url.address();
    by_address_[address].push_back(place);
    const std::string& found_at = target.place.at;
    if (!found_at.empty() && found_at != address) by_address_[found_at].push_back(place);
  }
}

std::shared_ptr<WatchedTarget> TargetIndex::named(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : targets_[found->second];
}

WatchedTargets TargetIndex::at(std::string_view address) const {
  WatchedTargets found;
  if (const auto known = by_address_.find(address); known != by_address_.end()) {
    for (const std::size_t place : known->second) found.push_back(targets_[place]);
  }
  return found;
}

std::shared_ptr<WatchedTarget> TargetIndex::find(std::string_view name) const {
  std::size_t place = targets_.size();
  if (const auto found = by_name_.find(name); found != by_name_.end()) place = found->second;
  const auto parsed = config::target_from_url(name);
  if (parsed && parsed->username.empty() && parsed->password.empty()) {
    const bool any_scheme = name.find("://") == name.npos;
    const auto found = by_address_.find(parsed->url.address());
    if (found != by_address_.end()) {
      const auto meant = std::ranges::find_if(found->second, [&](std::size_t candidate) {
        return any_scheme || targets_[candidate]->target.url.tls == parsed->url.tls;
      });
      if (meant != found->second.end()) place = std::min(place, *meant);
    }
  }
  return place == targets_.size() ? nullptr : targets_[place];
}

}  // namespace hitwatch
