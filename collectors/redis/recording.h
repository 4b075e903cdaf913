// The record of a poll in the making, and what of the server's logs is news for it.
//
// When something happened is known to the second only. An entry that the log did not hold at the
// last look, and holds now, lies between the two; both looks are told by the server's own clock:
// that of the INFO which went out in the same write, and for the later one what has passed since.
// Latency events stay with their second: they are told only when it is over.
#pragma once

#include <cstdint>
#include <map>
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
    std::optional<ServerTime> last;  // when the slow log of that run was last looked at
  };

  // `target` is its name. The references must outlive this.
  Recording(EventLedger& events, Looks& looks, std::string target);

  PollRecord& record() { return *record_; }
  // Ends it: claims what was read of the logs, for the result of the poll.
  std::shared_ptr<const PollRecord> finish();

  // INFO goes out now.
  void info_sent(Clock::time_point when) { info_sent_ = when; }
  // INFO was read: whose logs those are that follow. `restarted`: that server started while its
  // address was watched.
  void server_known(const std::string& run_id, std::optional<ServerTime> time, bool restarted);

  // Of the slow log: entries up to this id need not be read.
  std::int64_t last_slow() const;
  // The id of its newest entry, -1 if it is empty.
  void newest_slow(std::int64_t id);
  // Entries as read just now, in any order and without `ended`; all above `last_slow()` that the
  // log has.
  void add_slow(std::vector<SlowCommand> commands);

  // Whether the history of an event holds something new if its newest entry is of that second.
  bool latency_is_news(const std::string& event, std::int64_t at);
  // All events have been asked about so.
  void latency_was_read() { latency_read_ = true; }
  // An entry of that history. One of a second that is not over on the server may still grow, and is
  // left for the next poll.
  void add_latency(const std::string& event, std::int64_t at, std::int64_t milliseconds);

 private:
  TimeBounds narrowed(const TimeBounds& whole) const;
  void claim_slow();
  void claim_latency();

  EventLedger& events_;
  Looks& looks_;
  const std::string target_;
  std::shared_ptr<PollRecord> record_ = std::make_shared<PollRecord>();
  Clock::time_point info_sent_{};
  std::optional<ServerTime> previous_look_;
  std::optional<ServerTime> server_time_;
  bool has_run_id_ = false;
  bool news_ = false;  // whether what a log holds at the first look is

  std::optional<std::int64_t> slow_mark_;  // that was claimed before
  bool slow_anew_ = false;                 // its ids have gone back
  std::int64_t newest_slow_ = -1;
  bool slow_read_ = false;  // all that is new
  std::vector<SlowCommand> slow_;

  bool latency_known_ = false;  // was looked at before
  bool latency_read_ = false;
  std::map<std::string, std::int64_t> latency_begins_;  // events of before the first look
  std::map<std::string, std::vector<LatencyEvent>> latency_;
};

}  // namespace hitwatch::redis
