// The latest entries of the servers' slow logs, for people who ask; whether traces are sent or not.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// As it may be shown; a text is "" where nothing is known.
struct ShownSlowCommand {
  std::string target;
  std::string run;  // of the server
  std::int64_t id = 0;
  std::int64_t logged_at = 0;  // seconds since 1970, by the server's clock
  std::chrono::microseconds duration{};
  std::string operation;  // "GET", "CONFIG SET"
  std::string text;       // with arguments as `?`
  std::string type;       // by the key patterns
  std::string tenant;
  std::string client_address;
  std::string client_name;
};

// Each entry is kept once, also where several targets are the same server. Arguments are not kept,
// whatever traces show of them: who reads a page or /metrics need not be who may read traces. All
// of it may be called on any thread.
class LatestSlowCommands {
 public:
  static constexpr std::size_t kMost = 500;
  static constexpr std::size_t kMostOfTarget = 50;  // beyond, its oldest is let go

  LatestSlowCommands();

  // The key patterns that give commands type and tenant.
  void configure(const std::vector<keys::Rule>& patterns);
  // Forgets the entries of other targets.
  void keep_only(const std::set<std::string>& targets);

  void polled(const redis::Target& target, const redis::PollResult& result);

  // The newest first; of one target unless its name is "".
  std::vector<ShownSlowCommand> newest(std::string_view target) const;

 private:
  ShownSlowCommand shown(const redis::SlowCommand& command);
  bool has(const std::string& run, const redis::SlowCommand& command) const;
  void make_room(const std::string& target);

  mutable std::mutex mutex_;
  std::unique_ptr<keys::Matcher> matcher_;
  std::deque<ShownSlowCommand> kept_;  // in the order in which they were seen
};

}  // namespace hitwatch
