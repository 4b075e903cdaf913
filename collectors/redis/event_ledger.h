// Which entries of the servers' slow logs and latency histories were told of, so that each is told
// once: over polls, over restarts of a server (which its run id shows) and of the daemon.
//
// An entry is handed out when a poll reads it, and settled when it has arrived where it was to go.
// What is settled is worth keeping over a restart (State); what was handed out only is read again
// then. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::redis {

class EventLedger {
 public:
  // Beyond, the run that was looked at longest ago is forgotten.
  static constexpr std::size_t kMostRuns = 65'536;
  static constexpr std::size_t kMostEvents = 64;  // of one run

  struct Marks {
    std::int64_t slow = -1;  // the highest id
    // By event, the time of the newest entry in seconds since 1970.
    std::map<std::string, std::int64_t, std::less<>> latency;
    bool operator==(const Marks&) const = default;
  };
  using State = std::map<std::string, Marks, std::less<>>;  // by run

  // Whether what is settled outlives the daemon. If so, all that the logs of a server hold which
  // was never looked at is news; else only what comes after the first look.
  void set_remembers(bool remembers);
  bool remembers() const;

  // What was handed out of a run; nothing if it was never looked at.
  std::optional<Marks> handed(std::string_view run) const;
  void hand_out(std::string_view run, const Marks& marks);
  void settle_slow(std::string_view run, std::int64_t id);
  void settle_latency(std::string_view run, std::string_view event, std::int64_t at);

  // Of a ledger before this one; counts as handed out and settled.
  void restore(const State& state);
  State settled() const;
  std::uint64_t settlements() const;  // how often `settled` has changed

 private:
  struct Run {
    Marks handed;
    Marks settled;
    std::uint64_t used = 0;
  };
  Run& run_of(std::string_view name);

  mutable std::mutex mutex_;
  std::map<std::string, Run, std::less<>> runs_;
  std::uint64_t uses_ = 0;
  std::uint64_t settlements_ = 0;
  bool remembers_ = false;
};

}  // namespace hitwatch::redis
