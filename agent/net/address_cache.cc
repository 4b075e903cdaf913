#include "agent/net/address_cache.h"

#include <algorithm>
#include <utility>

namespace hitwatch::net {

const Addresses* AddressCache::usable(const std::string& host, Time now) const {
  const Addresses* addresses = last_good(host, now);
  return addresses != nullptr && now < entries_.at(host).due ? addresses : nullptr;
}

const Addresses* AddressCache::last_good(const std::string& host, Time now) const {
  const auto entry = entries_.find(host);
  if (entry == entries_.end() || entry->second.addresses.empty()) return nullptr;
  return now - entry->second.found < kLastGood ? &entry->second.addresses : nullptr;
}

bool AddressCache::found(const std::string& host, Addresses addresses, Time now) {
  Entry& entry = entry_of(host, now);
  entry.addresses = std::move(addresses);
  entry.found = now;
  entry.due = now + kUnknown;
  return std::exchange(entry.failing, false);
}

bool AddressCache::failed(const std::string& host, Time now) {
  Entry& entry = entry_of(host, now);
  entry.due = now + kRetry;
  return !std::exchange(entry.failing, true);
}

void AddressCache::holds_for(const std::string& host, std::chrono::seconds ttl) {
  const auto entry = entries_.find(host);
  if (entry == entries_.end() || entry->second.failing) return;
  entry->second.due = entry->second.found + std::clamp(ttl, kLeast, kMost);
}

AddressCache::Entry& AddressCache::entry_of(const std::string& host, Time now) {
  if (entries_.size() >= kMostHosts && !entries_.contains(host)) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.due <= now; });
    if (entries_.size() >= kMostHosts) entries_.clear();
  }
  return entries_[host];
}

}  // namespace hitwatch::net
