#include "rules/alerting/schedule.h"

#include <algorithm>

namespace hitwatch::alerting {
namespace {

// FNV-1a, 64 bits.
std::uint64_t hash(std::uint64_t seed, std::string_view text) {
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * kPrime;
  return (seed ^ 0xffU) * kPrime;  // a byte that no name holds
}

constexpr std::uint64_t kSeed = 14695981039346656037ULL;

}  // namespace

std::int64_t slot_offset(std::string_view file, std::string_view group, std::int64_t interval) {
  const std::uint64_t mixed = hash(hash(kSeed, group), file);
  // The low bits of FNV vary least between similar names.
  return static_cast<std::int64_t>((mixed ^ (mixed >> 32U)) % static_cast<std::uint64_t>(interval));
}

std::int64_t slot_at(std::int64_t time, std::int64_t interval, std::int64_t offset) {
  std::int64_t past = (time - offset) % interval;
  if (past < 0) past += interval;
  return time - past;
}

Schedule::Schedule(std::int64_t interval, std::int64_t offset, std::int64_t now)
    : interval_(interval), next_slot_(slot_at(now - 1, interval, offset) + interval) {}

std::int64_t Schedule::next() const {
  return requested_ ? std::min(*requested_, next_slot_) : next_slot_;
}

std::optional<Schedule::Due> Schedule::take(std::int64_t now) {
  if (now + interval_ < next_slot_) {
    // The clock was set back. Waiting until it is where it was would be silence.
    next_slot_ = slot_at(now - 1, interval_, next_slot_) + interval_;
    last_.reset();
  }
  if (now >= next_slot_) {
    Due due;
    due.missed = static_cast<std::uint64_t>((now - next_slot_) / interval_);
    due.time = next_slot_ + static_cast<std::int64_t>(due.missed) * interval_;
    missed_ += due.missed;
    next_slot_ = due.time + interval_;
    // A request that came before the slot is answered by it.
    if (requested_ && *requested_ <= due.time) requested_.reset();
    if (last_ && due.time <= *last_) return std::nullopt;
    last_ = due.time;
    return due;
  }
  if (!requested_ || now < *requested_) return std::nullopt;
  requested_.reset();
  if (last_ && now <= *last_) return std::nullopt;
  last_ = now;
  return Due{now, 0, true};
}

void Schedule::request(std::int64_t now) {
  if (last_ && now <= *last_) return;
  if (!requested_) requested_ = now;
}

}  // namespace hitwatch::alerting
