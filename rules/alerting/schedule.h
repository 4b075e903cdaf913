// When groups are evaluated: at slots `offset + k * interval`, as Prometheus does.
//
// The offset depends on the group's name and file only, so groups are spread over the interval and
// keep their slots over restarts. A group is evaluated with the time of its slot, however late the
// evaluation begins. Slots that went by meanwhile are counted and not made up for.
//
// Beside the slots, an evaluation may be asked for at once: when a target comes or goes, groups
// that read its state do not wait for their slot. Pure: the time is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hitwatch::alerting {

// 0 <= offset < interval; interval > 0.
std::int64_t slot_offset(std::string_view file, std::string_view group, std::int64_t interval);
// The newest slot that is not after `time`.
std::int64_t slot_at(std::int64_t time, std::int64_t interval, std::int64_t offset);

class Schedule {
 public:
  struct Due {
    std::int64_t time;         // to evaluate with
    std::uint64_t missed = 0;  // slots that were left out before this one
    bool extra = false;        // asked for, not a slot
  };

  // The first slot is the first one that is not before `now`.
  Schedule(std::int64_t interval, std::int64_t offset, std::int64_t now);

  // When to ask `take` next.
  std::int64_t next() const;
  // What is to be evaluated at `now`, if anything; it counts as begun. A clock that was set back is
  // followed.
  std::optional<Due> take(std::int64_t now);
  // An evaluation at `now`, as soon as possible; several requests are one. None is made for a time
  // that was evaluated already, or if a slot is due anyway.
  void request(std::int64_t now);

  std::uint64_t missed() const { return missed_; }

 private:
  std::int64_t interval_;
  std::int64_t next_slot_;
  std::optional<std::int64_t> requested_;
  std::optional<std::int64_t> last_;  // evaluated with
  std::uint64_t missed_ = 0;
};

}  // namespace hitwatch::alerting
