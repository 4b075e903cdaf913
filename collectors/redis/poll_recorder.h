// Writes the records of a target's polls (poll_record.h), where they are wanted; else each call
// does nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "collectors/redis/connection.h"
#include "collectors/redis/event_ledger.h"
#include "collectors/redis/poll_record.h"
#include "collectors/redis/recording.h"

namespace hitwatch::redis {

class PollRecorder {
 public:
  using Clock = PollRecord::Clock;

  // Without `events` nothing is recorded; they must outlive this. `target` is its name.
  PollRecorder(EventLedger* events, std::string target);

  // A poll begins, at both times.
  void begin(bool wanted, std::chrono::system_clock::time_point now, Clock::time_point began);
  // For the readers of the server's logs; null if the poll is not recorded.
  Recording* recording() { return recording_ ? &*recording_ : nullptr; }

  // A connection is being opened from now on. What another that broke had sent is forgotten.
  void opens(Clock::time_point when);
  // How far that has come.
  void opening(const Connection& connection);
  // A write with so many commands, INFO among them or not.
  void sent(Clock::time_point when, std::size_t commands, bool with_info);
  // A reply has come: to the login, or as the last of its write.
  void replied(bool to_login, bool last);
  // Making samples of a reply took so long.
  void read(Clock::duration took);

  // The poll has ended: its record, or null.
  std::shared_ptr<const PollRecord> end(std::string peer);

 private:
  PollRecord& record() { return recording_->record(); }

  EventLedger* const events_;
  const std::string target_;
  Recording::Looks looks_;
  std::optional<Recording> recording_;  // of the poll under way
};

}  // namespace hitwatch::redis
