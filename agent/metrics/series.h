// A series of a server, whichever target it is of: a family and labels.
//
// A fleet of servers has the same series many times over, so each exists once in the process: its
// family hands it out to all who have it, and forgets it when nobody does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/metrics/labels.h"

namespace hitwatch::metrics {

struct Family;

// What follows the family's name in a sample line.
enum class Suffix : std::uint8_t { kNone, kBucket, kSum, kCount };
std::string_view suffix_text(Suffix suffix);

// Immutable.
struct Series {
  const Family* family;
  Suffix suffix;
  // False for the few series that must not carry the target's label instance_role.
  bool takes_role = true;
  bool has_role = false;  // a label `role` of its own, which goes before the target's
  Labels labels;          // without those of the target
  std::string text;       // `labels` rendered: `db="db0",cmd="get"`
  std::size_t hash = 0;   // hash_of_series() of all that
};

bool is_series(const Series& series, const Family* family, Suffix suffix, LabelViews labels);
std::size_t hash_of_series(const Family* family, Suffix suffix, LabelViews labels);

// The series of one family. Thread-safe.
class SeriesPool {
 public:
  // The series of these labels; made if nobody has it. `takes_role` is of who makes it.
  std::shared_ptr<const Series> get(const Family& family, Suffix suffix, LabelViews labels,
                                    bool takes_role);
  // Those that are remembered, of which some may be gone.
  std::size_t size() const;

 private:
  void sweep();

  mutable std::mutex mutex_;
  std::unordered_multimap<std::size_t, std::weak_ptr<const Series>> series_;  // by hash
  std::size_t sweep_at_ = 64;
};

}  // namespace hitwatch::metrics
