// The record of a poll in the making, and what of the server's logs is news for it.
//
// When something happened is known to the second only. An entry that the log did not hold at the
// last look, and holds now, lies between the two; both looks are told by the server's own clock:
// that of the INFO which went out in the same write, and for the later one what has passed since.
// Latency events stay with their second: they are told only when it is over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/event_ledger.h"
#include "collectors/redis/poll_record.h"

namespace hitwatch::redis {

class Recording {
 public:
  using Clock = PollRecord::Clock;

  // What is kept from poll to poll.
  struct Looks {
    std::string run;
    std::optional<ServerTime> last;  // when the logs of that run were last looked at
  };

  // `target` is its name. The references must outlive this.
  Recording(EventLedger& events, Looks& looks, std::string target);

  PollRecord& record() { return *record_; }
  // Ends it: for the result of the poll.
  std::shared_ptr<const PollRecord> finish() const { return record_; }

  // INFO goes out now.
  void info_sent(Clock::time_point when) { info_sent_ = when; }
  // INFO was read: whose logs those are that follow. `restarted`: that server started while its
  // address was watched.
  void server_known(const std::string& run_id, std::optional<ServerTime> time, bool restarted);

  // Of the slow log: the highest id that was handed out, and that of its newest entry (-1 if it is
  // empty).
  std::int64_t last_slow() const { return marks_.slow; }
  void newest_slow(std::int64_t id);
  // Entries above `last_slow()`, as read just now: with neither `ended` nor order.
  void add_slow(std::vector<SlowCommand> commands);

  // Whether the history of an event holds something new if its newest entry is of that second.
  bool latency_is_news(std::string_view event, std::int64_t at);
  // An entry of that history. One of a second that is not over on the server may still grow, and is
  // left for the next poll.
  void add_latency(const std::string& event, std::int64_t at, std::int64_t milliseconds);

 private:
  TimeBounds narrowed(const TimeBounds& whole) const;

  EventLedger& events_;
  Looks& looks_;
  const std::string target_;
  std::shared_ptr<PollRecord> record_ = std::make_shared<PollRecord>();
  Clock::time_point info_sent_{};
  EventLedger::Marks marks_;
  bool first_look_ = false;
  bool all_is_news_ = true;
  std::optional<ServerTime> previous_look_;
  std::optional<ServerTime> server_time_;
};

}  // namespace hitwatch::redis
