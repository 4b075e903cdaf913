// What our own reading of keys has added to servers' keyspace_hits and keyspace_misses. Counted by
// the server's run id, since the figure of the server starts over with it. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::redis {

class ProbeLedger {
 public:
  struct Entry {
    std::string instance;       // the name of the target, or the address of a replica that is none
    std::uint64_t lookups = 0;  // hits and misses, of all runs of the server
  };

  // Before commands are sent that will look up `lookups` keys. Hits are assumed until the replies
  // say otherwise: a hit that the server has counted and this has not would be taken for one of the
  // applications'.
  void sent(std::string_view run_id, std::string_view instance, std::uint64_t lookups);
  // So many of those found no key.
  void missed(std::string_view run_id, std::uint64_t lookups);
  // So many of those were never executed: refused, or the connection broke before.
  void withdrawn(std::string_view run_id, std::string_view instance, std::uint64_t lookups);

  // Hits and misses that are ours, of a run of the server, whether or not it has set its own
  // counters to zero since (CONFIG RESETSTAT).
  struct Totals {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    bool operator==(const Totals&) const = default;
  };
  Totals of_run(std::string_view run_id) const;
  // By instance, sorted. Past kMostInstances further ones are counted together as kOverflow.
  static constexpr std::size_t kMostInstances = 10'000;
  static constexpr std::string_view kOverflow = "overflow";
  std::vector<Entry> entries() const;

  // All of it, for a file, and back from one: adds to what is there already, within the bounds.
  static constexpr std::size_t kMostRuns = 4096;  // the longest unused go first
  struct State {
    std::map<std::string, Totals> runs;
    std::map<std::string, std::uint64_t> instances;
    bool operator==(const State&) const = default;
  };
  State state() const;
  void restore(const State& state);

 private:
  struct Run {
    Totals totals;
    std::uint64_t last_used = 0;
  };

  // Both with the mutex held.
  Totals& use(std::string_view run_id);
  std::string instance_key(std::string_view instance) const;

  mutable std::mutex mutex_;
  std::map<std::string, Run, std::less<>> runs_;
  std::map<std::string, std::uint64_t, std::less<>> by_instance_;
  std::uint64_t uses_ = 0;
};

}  // namespace hitwatch::redis
