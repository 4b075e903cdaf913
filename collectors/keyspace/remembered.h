// What one round leaves for the next of the same target.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hitwatch::keyspace {

using TypeAndTenant = std::pair<std::string, std::string>;

// What a server has refused, so that it is not asked, and does not count an error, again.
struct Refusals {
  std::string select;  // what the server said; "" if it was not refused
  bool made_up_cursors = false;
  bool scan = false;
  bool random_key = false;
  bool memory_usage = false;
  bool pttl = false;
  // Groups of keys that our user may not read, and some that it may.
  std::set<TypeAndTenant> groups;
  std::set<TypeAndTenant> readable_groups;
  std::size_t refused_keys = 0;

  static constexpr std::size_t kMostReadableGroups = 50'000;
  void note_readable(TypeAndTenant group) {
    if (readable_groups.size() < kMostReadableGroups) readable_groups.insert(std::move(group));
  }

  // Whether a key of the group may be asked about. After kMostRefusedKeys errors only groups are
  // asked that are known to be readable.
  static constexpr std::size_t kMostRefusedKeys = 100;
  bool admit(const TypeAndTenant& group) const {
    return !groups.contains(group) &&
           (refused_keys < kMostRefusedKeys || readable_groups.contains(group));
  }
};

struct RememberedDatabase {
  std::string cursor;                           // of the rolling SCAN
  std::vector<std::string> whales;              // names of keys worth a look in every round
  std::map<TypeAndTenant, int> unseen_rounds;   // of every group known
  std::map<std::string, int> tenantless_types;  // likewise, of types with keys without a tenant
};

struct Remembered {
  // Rights may be given and proxies replaced.
  static constexpr std::chrono::hours kForget{1};

  std::string run_id;
  std::chrono::steady_clock::time_point refusals_since{};
  Refusals refusals;
  bool has_lookups = false;
  double lookups = 0;  // hits and misses that the server had counted
  std::chrono::steady_clock::time_point lookups_at{};
  double own_lookups = 0;  // of these ours
  std::map<int, RememberedDatabase> databases;
  std::set<std::string> tenants;  // that had groups of their own, where not all can have

  // A new run of the server, or enough time: refusals may be gone. Another server: so is the rest.
  void begin_round(const std::string& server_run_id, std::chrono::steady_clock::time_point now) {
    if (run_id != server_run_id) {
      has_lookups = false;
      for (auto& [index, database] : databases) database.cursor.clear();
    }
    if (run_id != server_run_id || now - refusals_since > kForget) {
      refusals = {};
      refusals_since = now;
    }
    run_id = server_run_id;
  }
};

}  // namespace hitwatch::keyspace
