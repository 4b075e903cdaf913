// What a poll saw besides samples: how its time went by, and what had happened on the server. For
// whoever tells it as traces; made where PollOptions::record asks for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hitwatch::redis {

// By the server's clock.
using ServerTime = std::chrono::sys_time<std::chrono::microseconds>;

// The server's logs give whole seconds; the polls between which an entry appeared narrow them.
struct TimeBounds {
  ServerTime earliest;
  ServerTime latest;
};

// An entry of the slow log. Servers cut long commands: 32 arguments of 128 bytes each.
struct SlowCommand {
  std::int64_t id = 0;
  std::int64_t logged_at = 0;  // seconds since 1970: when it ended
  TimeBounds ended;
  std::chrono::microseconds duration{};
  std::vector<std::string> args;
  std::string client_address;  // host:port, or the path of a socket; "" before Redis 4
  std::string client_name;
};

// Of one poll, as far as it is not recorded.
constexpr std::size_t kMostSlowCommands = 50;

// Bounds of what servers may say, so that times stay within what can be told of them.
constexpr std::int64_t kLatestSecond = 7'258'118'400;          // the year 2200
constexpr std::int64_t kLongestMilliseconds = 31'536'000'000;  // a year

// An entry of LATENCY HISTORY: the longest of that event within its second.
struct LatencyEvent {
  std::string event;  // "fork", "aof-fsync-always", "expire-cycle", …
  std::int64_t logged_at = 0;
  TimeBounds ended;
  std::chrono::milliseconds duration{};
};

struct PollRecord {
  using Clock = std::chrono::steady_clock;

  std::chrono::system_clock::time_point began_at;  // the same moment as `began`
  Clock::time_point began;
  Clock::time_point ended;

  // Of the connection, where the poll made one. A step that was not reached has no time.
  struct Opening {
    Clock::time_point began;
    std::optional<Clock::time_point> resolved;
    std::optional<Clock::time_point> connected;
    std::optional<Clock::time_point> ready;  // with TLS: after its handshake
    std::optional<Clock::time_point> logged_in;
  };
  std::optional<Opening> opening;
  struct Round {
    Clock::time_point sent;
    std::optional<Clock::time_point> answered;  // by the last reply
    std::size_t commands = 0;
  };
  std::vector<Round> rounds;
  Clock::duration reading{};  // making samples of replies, in all rounds
  std::string peer;           // the server's IP address, or the path of its socket; "" if unknown

  // Which server: its run id, or the target's name where it has none.
  std::string run;
  std::vector<SlowCommand> slow;  // the oldest first
  std::uint64_t slow_missed = 0;  // new ones that the server dropped before they could be read
  std::vector<LatencyEvent> latency;
};

}  // namespace hitwatch::redis
