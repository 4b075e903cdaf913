// The messages for one destination: which is next, and when.
//
// A message waits for those before it in its group, for its own delay after it failed, and for the
// destination's. The destination pauses after a failure as long as one message that had failed as
// often as the destination has in a row: so many groups together do not call a receiver that is
// down more often than one would. While it fails, the message that has been due the longest is the
// probe, so one message that always fails holds up no other group for long.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/notify/outbox.h"
#include "agent/notify/outbox_item.h"

namespace hitwatch::notify {

constexpr std::int64_t kLongestDelay = 90'000;     // 60 s and the jitter
constexpr std::int64_t kLongestAsked = 3'600'000;  // of Retry-After

// Before the attempt after the n-th failure, n >= 1, without jitter.
std::int64_t retry_delay(int failures);

// Items belong to the caller and stay where they are until they are removed.
class DestinationQueue {
 public:
  DestinationQueue(Destination destination, std::size_t most_in_flight);

  // At the end of its group.
  void add(OutboxItem& item);
  void remove(OutboxItem& item);

  // The next one that may be sent now, which is in flight then; nullptr if there is none.
  OutboxItem* take(std::int64_t now);
  // When `take` may have one, if nothing else happens.
  std::optional<std::int64_t> next() const;
  // The receiver has answered: it is there.
  void answered();
  // It has not; the item waits again. `jitter` is the factor of its delay.
  void failed(OutboxItem& item, std::optional<std::chrono::milliseconds> retry_after, double jitter,
              std::int64_t now);
  // After a jump of the clock, nobody waits longer than the longest delay from now.
  void bound_waits(std::int64_t now);
  // The clock was set by so much, to `now`: all times move with it. Those of before a start with
  // another clock may be later than now: these begin to age now.
  void clock_jumped(std::int64_t by, std::int64_t now);

  // All, by number.
  const std::map<std::int64_t, OutboxItem*>& items() const { return items_; }

  bool configured = true;
  // All but those that `items` tells.
  Outbox::Counters counters;

 private:
  using Group = std::map<std::int64_t, OutboxItem*>;  // by number
  using Moment = std::pair<std::int64_t, std::int64_t>;

  static Moment moment(const OutboxItem& item) {
    return {item.entry.next_attempt, item.entry.number};
  }
  std::size_t most_in_flight() const { return failures_ > 0 ? 1 : most_in_flight_; }
  std::int64_t held_until() const;

  const std::size_t most_in_flight_;
  std::map<std::int64_t, OutboxItem*> items_;
  std::map<std::string, Group, std::less<>> groups_;
  // The first ones of their groups that are not in flight, by the time at which they are due.
  std::map<Moment, OutboxItem*> heads_;
  std::size_t in_flight_ = 0;
  int failures_ = 0;         // in a row; attempts that were under way together are one
  std::uint64_t round_ = 0;  // grows with each of them
  std::int64_t paused_until_ = 0;
  std::int64_t asked_until_ = 0;
};

}  // namespace hitwatch::notify
