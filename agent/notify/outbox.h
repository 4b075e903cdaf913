// Messages that wait until their destination has accepted them, and those that were given up.
//
// In order within a destination and group: of each group only the first message is on its way.
// Other groups of the destination go on meanwhile, at most `most_in_flight` at once. A message that
// fails is tried again after 0.5 s, growing by half up to 60 s, jittered by half; Retry-After
// counts if it is longer (up to an hour), and holds back the whole destination. A destination that
// does not answer is tried with one message at a time, no faster than a single message would be. A
// message is given up when it is refused for good, has waited for `max_age`, or its destination is
// no more: it is dead, listed with its reason, and can be sent again; the oldest dead ones are
// forgotten past the bounds.
//
// A clock that jumps back makes nobody wait longer than the longest delay from then on. If it is
// told of the jump, messages become no older by it, either.
//
// Kept in the map (kinds `message`, `dead`); whoever calls commits the map: before a message that
// was taken is sent, and after `done`. After a restart, what was in flight is due again under its
// id; attempts and delays are as they were. No clock, no I/O. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/durable_map.h"
#include "agent/notify/message.h"

namespace hitwatch::notify {

// What became of an attempt.
struct Verdict {
  enum class Kind : std::uint8_t {
    kAccepted,
    kRetry,   // no answer, 408, 425, 429, 5xx
    kRefused  // for good
  };
  Kind kind = Kind::kRetry;
  std::string reason;                                    // "HTTP status 503: …", without secrets
  std::optional<std::chrono::milliseconds> retry_after;  // as the receiver asks for
};

class Outbox {
 public:
  struct Options {
    std::chrono::milliseconds max_age{86'400'000};
    std::size_t most_in_flight = 8;     // of a destination
    std::size_t max_pending = 100'000;  // beyond, the oldest die
    std::uint64_t max_pending_bytes = 64U << 20;
    std::size_t max_dead = 10'000;
    std::uint64_t max_dead_bytes = 16U << 20;
  };
  struct Entry {
    Message message;
    std::int64_t number = 0;     // order of all messages
    std::int64_t queued_at = 0;  // when it was added, or sent again from the dead
    int attempts = 0;
    std::int64_t next_attempt = 0;
    bool in_flight = false;
    std::string last_error;
    std::int64_t died_at = 0;  // of dead ones
  };
  struct Counters {  // of a destination
    Destination destination;
    std::uint64_t sent = 0;
    std::uint64_t failed_attempts = 0;
    std::uint64_t dead = 0;   // since the start
    std::size_t pending = 0;  // now
    std::size_t dead_now = 0;
    std::int64_t oldest = 0;  // creation of the oldest pending one, 0 if there is none
    std::string last_error;   // of the last attempt, "" if it was accepted
  };

  // Takes up what the map has; `seed` is that of the jitter.
  Outbox(DurableMap& map, Options options, std::uint64_t seed);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void set_max_age(std::chrono::milliseconds max_age);
  // Called with each message that is given up, from within what was called; it must not call back.
  void on_death(std::function<void(const Entry& dead)> tell);
  // Those that are configured: messages for others die (one in flight when it fails), and dead ones
  // cannot be sent again. Before the first call, every destination is taken as configured.
  void set_destinations(std::vector<Destination> destinations, std::int64_t now);

  // One with the id of a pending message is that message.
  void add(Message message, std::int64_t now);
  // Takes the messages that may be sent now; each is to be answered by `done`. Pointers are valid
  // until then.
  std::vector<const Message*> take_due(std::int64_t now);
  void done(std::string_view id, const Verdict& verdict, std::int64_t now);
  // How many attempts of a pending message have failed so far; 0 if there is no such message.
  int attempts(std::string_view id) const;
  // The clock was set by so many milliseconds: messages are as old as before, and wait as long.
  void clock_jumped(std::int64_t by, std::int64_t now);
  // When `take_due` may have something, unless something is done or added before.
  std::optional<std::int64_t> next() const;

  std::vector<const Entry*> pending() const;  // the oldest first
  std::vector<const Entry*> dead() const;     // the newest first
  // A dead message goes to the end of the queue, under its id.
  std::expected<void, std::string> resend(std::string_view id, std::int64_t now);
  // Of all that are configured, or have messages.
  std::vector<Counters> counters() const;
  std::uint64_t forgotten() const;  // dead ones past the bounds
  std::size_t unreadable() const;   // entries of the map that were dropped

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::notify
