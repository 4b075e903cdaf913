// What names were last seen to resolve to, and for how long that holds.
//
// An answer is fresh for its TTL, bounded by kLeast and kMost; for kUnknown where nothing tells
// one. When it is no longer fresh it is still the last good one for kLastGood, and stands in for
// lookups that fail; these are tried again every kRetry. Holds no clock. Not thread-safe.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace hitwatch::net {

using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;

class AddressCache {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  static constexpr std::chrono::seconds kLeast{1};
  static constexpr std::chrono::seconds kMost = std::chrono::minutes(5);
  static constexpr std::chrono::seconds kUnknown{30};
  static constexpr std::chrono::seconds kRetry{5};
  static constexpr std::chrono::seconds kLastGood = std::chrono::hours(1);
  // Hosts; beyond, those that are not fresh are forgotten, and if all are, all of them.
  static constexpr std::size_t kMostHosts = 20'000;

  // The addresses of a name while they need not be looked up: fresh, or the last good ones a moment
  // after a failure. Null for none.
  const Addresses* usable(const std::string& host, Time now) const;
  // The last good ones; null for none, or if they are too old.
  const Addresses* last_good(const std::string& host, Time now) const;

  // A lookup has ended. They answer whether that is news: whether the name did not resolve before,
  // or did.
  bool found(const std::string& host, Addresses addresses, Time now);
  bool failed(const std::string& host, Time now);
  // The TTL of what was found last.
  void holds_for(const std::string& host, std::chrono::seconds ttl);

 private:
  struct Entry {
    Addresses addresses;  // empty: never found
    Time found;
    Time due;  // for the next lookup
    bool failing = false;
  };
  Entry& entry_of(const std::string& host, Time now);

  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace hitwatch::net
