// Which entries of the servers' logs were told of, so that each is told once: over polls, over
// restarts of a server (which its run id shows) and of the daemon, and where several targets are
// the same server.
//
// Entries of a log have numbers that grow: ids in the slow log, seconds in the history of a latency
// event. A poll that read some claims them: it gets those that nobody had before. An entry is
// settled when it has arrived where it was to go, or was given up. Up to what all entries are
// settled is worth keeping over a restart (State); what was claimed only is read again then.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace hitwatch::redis {

class EventLedger {
 public:
  // The name of the slow log among the logs of a server; the others are those of latency events.
  static constexpr std::string_view kSlowLog = "";
  // Beyond, the run that was looked at longest ago is forgotten.
  static constexpr std::size_t kMostRuns = 16'384;
  static constexpr std::size_t kMostLogs = 48;  // of one run: no entry of further ones is claimed
  static constexpr std::size_t kLongestName = 64;

  // Whether what is settled outlives the daemon. If so, all that the logs of a server hold which
  // was never looked at is news; else only what comes after the first look.
  void set_remembers(bool remembers);
  bool remembers() const;

  // The highest number that was claimed of a log; nothing if it was never looked at.
  std::optional<std::int64_t> claimed(std::string_view run, std::string_view log) const;

  struct Claim {
    std::int64_t above =
        0;               // numbers above are the caller's, to be settled; those up to it are not
    bool first = false;  // the log was not looked at before
  };
  // Claims those of `numbers` (ascending) that nobody has claimed, and all up to `newest` with
  // them. At the first look at a log: none of them, unless what it holds is `news`.
  Claim claim(std::string_view run, std::string_view log, std::span<const std::int64_t> numbers,
              std::int64_t newest, bool news);
  void settle(std::string_view run, std::string_view log, std::int64_t number);
  // The log began anew: it was never looked at.
  void forget(std::string_view run, std::string_view log);

  // By run and log, the number up to which everything is settled.
  using State =
      std::map<std::string, std::map<std::string, std::int64_t, std::less<>>, std::less<>>;
  // Of a ledger before this one.
  void restore(const State& state);
  State settled() const;
  std::uint64_t settlements() const;  // how often `settle` was called

 private:
  struct Mark {
    std::int64_t claimed = 0;
    std::set<std::int64_t> outstanding;  // claimed and not settled
  };
  struct Run {
    std::map<std::string, Mark, std::less<>> logs;
    std::uint64_t used = 0;
  };
  Run& run_of(std::string_view name);
  const Mark* find(std::string_view run, std::string_view log) const;

  mutable std::mutex mutex_;
  std::map<std::string, Run, std::less<>> runs_;
  std::uint64_t uses_ = 0;
  std::uint64_t settlements_ = 0;
  bool remembers_ = false;
};

}  // namespace hitwatch::redis
