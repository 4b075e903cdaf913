// What was seen of the keys of one database, added up by type and tenant: bounded, whatever the
// keys are like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/keyspace/estimate.h"
#include "collectors/keyspace/report.h"

namespace hitwatch::keyspace {

// One key as it was looked at.
struct Seen {
  std::string_view name;  // cut at the session's longest string
  keys::Match match;
  std::optional<double> bytes;        // by MEMORY USAGE; nothing if it was not told
  bool has_ttl_reading = false;       // whether PTTL was asked
  std::optional<double> ttl_seconds;  // nothing, with a reading: the key has none
};

// Sums of one group, or of one type.
struct GroupSums {
  std::string type;
  std::string tenant;
  std::size_t type_index = 0;  // in Tally::types(); of a type itself: unused
  double keys = 0;
  double squared_by_page = 0;   // Σ over pages of the square of its keys in the page
  double weighted_by_page = 0;  // Σ over pages of its keys in the page x all keys of the page
  Moments bytes;
  double ttl_readings = 0;
  double without_ttl = 0;  // of these
  Moments ttls;            // of those that have one, in seconds
  // Keys that count for themselves alone: looked up by name because earlier rounds found them big,
  // or taken out of `bytes` by count_alone().
  double certain_keys = 0;  // of the former
  double certain_bytes = 0;
  // Of the page under way.
  std::uint64_t page = 0;
  double in_page = 0;
};

class Tally {
 public:
  static constexpr std::size_t kMostGroups = 50'000;
  static constexpr std::size_t kBiggest = 100;
  static constexpr std::size_t kExamples = 20;
  static constexpr std::size_t kMostTypes = 1000;  // the last is "overflow"
  static constexpr std::size_t kMostSpellings = 10'000;
  static constexpr std::size_t kLongestExample = 4096;  // bytes of a name

  Tally(int database, std::size_t most_groups);

  // The keys that one page brought.
  void add_page(std::span<const Seen> page);
  // A key of the certainty stratum: exact, apart from the sample.
  void add_certain(const Seen& key);
  // The biggest sampled key whose memory still stands for that of others too, and how often it was
  // drawn; then takes it out of that, so that it counts for itself alone.
  struct Expanded {
    double bytes;
    double times;
  };
  std::optional<Expanded> biggest_expanded() const;
  void count_alone();
  // Puts the groups of all tenants that are not in `kept` together, by type, as "overflow".
  void fold_tenants(const std::set<std::string>& kept);

  int database() const { return database_; }
  double sampled() const { return sampled_; }
  double certain() const { return certain_; }
  double ttl_readings() const { return ttl_readings_; }
  double unreadable() const { return unreadable_; }
  double pages_squared() const { return pages_squared_; }  // Σ over pages of the square of its keys
  double unclassified() const { return unclassified_; }
  const std::vector<GroupSums>& groups() const { return groups_; }
  const std::vector<GroupSums>& types() const { return types_; }
  const Moments& bytes() const { return bytes_; }
  const Moments& ttls() const { return ttls_; }
  // Sampled keys without the tenant that their type must have, by type.
  const std::map<std::string, double, std::less<>>& without_tenant() const {
    return without_tenant_;
  }
  const std::map<std::string, TypeTtls, std::less<>>& type_ttls() const { return type_ttls_; }
  std::vector<ConventionDuplicate::Spelling> spellings() const;  // Estimate::value is the count

  std::vector<KeyExample> biggest() const;  // descending
  const std::vector<KeyExample>& without_ttl_examples() const { return without_ttl_examples_; }
  std::vector<KeyExample> unclassified_examples() const;
  const std::vector<KeyExample>& tenantless_examples() const { return tenantless_examples_; }

 private:
  struct BigKey {
    KeyExample key;
    double times = 0;  // that it was sampled, and stands for others; 0 if it counts for itself
  };

  GroupSums& group_of(const keys::Match& match);
  GroupSums& find_or_add(std::string_view type, std::string_view tenant);
  std::size_t type_of(std::string_view type);
  void add_sums(GroupSums& sums, const Seen& key);
  void note_ttl(const GroupSums& group, const Seen& key);
  void note_spelling(std::string_view name);
  void note_big(const GroupSums& group, const Seen& key, bool sampled);
  void note_examples(const GroupSums& group, const Seen& key);
  void note_without_ttl(const GroupSums& group, const Seen& key, std::uint64_t bytes);
  KeyExample example(const GroupSums& group, const Seen& key) const;
  void close_page(std::span<const std::size_t> touched, double keys);

  const int database_;
  const std::size_t most_groups_;
  double sampled_ = 0;
  double certain_ = 0;
  double ttl_readings_ = 0;
  double unreadable_ = 0;
  double unclassified_ = 0;
  double pages_squared_ = 0;
  std::uint64_t page_ = 0;
  Moments bytes_;
  Moments ttls_;
  std::vector<GroupSums> groups_;
  std::unordered_map<std::string, std::size_t> group_index_;  // by type, NUL, tenant
  std::vector<GroupSums> types_;
  std::unordered_map<std::string, std::size_t> type_index_;
  std::map<std::string, double, std::less<>> without_tenant_;
  std::map<std::string, TypeTtls, std::less<>> type_ttls_;
  std::unordered_map<std::string, double> spellings_;
  std::vector<BigKey> biggest_;  // a heap, the smallest in front
  std::vector<KeyExample> without_ttl_examples_;
  std::map<std::string, KeyExample> unclassified_examples_;  // by shape
  std::vector<KeyExample> tenantless_examples_;
  std::string scratch_;
};

}  // namespace hitwatch::keyspace
