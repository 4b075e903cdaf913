#include "collectors/redis/recording.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace hitwatch::redis {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// Where the server does not tell its time: a clock that is ahead of ours by less does no harm.
constexpr seconds kClockDifference{2};
// In the ledger: that the histories of a server's events were looked at, whichever there were.
constexpr std::string_view kAnyEvent = "*";

TimeBounds whole_second(std::int64_t second) {
  const ServerTime begin{seconds(second)};
  return {begin, begin + seconds(1)};
}

template <typename Entry, typename Number>
std::vector<std::int64_t> numbers_of(const std::vector<Entry>& entries, Number number) {
  std::vector<std::int64_t> numbers;
  for (const Entry& entry : entries) numbers.push_back(entry.*number);
  return numbers;
}

}  // namespace

Recording::Recording(EventLedger& events, Looks& looks, std::string target)
    : events_(events), looks_(looks), target_(std::move(target)) {}

void Recording::server_known(const std::string& run_id, std::optional<ServerTime> time,
                             bool restarted) {
  has_run_id_ = !run_id.empty();
  record_->run = has_run_id_ ? run_id : target_;
  server_time_ = time;
  news_ = restarted || events_.remembers();
  slow_mark_ = events_.claimed(record_->run, EventLedger::kSlowLog);
  latency_known_ = events_.claimed(record_->run, kAnyEvent).has_value();
  if (looks_.run != record_->run) looks_ = {record_->run, std::nullopt};
  previous_look_ = looks_.last;
  // Of a connection that broke in the middle of the poll:
  slow_anew_ = slow_read_ = latency_read_ = false;
  slow_.clear();
  latency_.clear();
  latency_begins_.clear();
}

TimeBounds Recording::narrowed(const TimeBounds& whole) const {
  if (!server_time_) return whole;
  TimeBounds narrowed = whole;
  if (previous_look_) narrowed.earliest = std::max(whole.earliest, *previous_look_);
  const auto passed = std::chrono::ceil<microseconds>(Clock::now() - info_sent_);
  narrowed.latest = std::min(whole.latest, *server_time_ + passed);
  // Its clock was set meanwhile.
  return narrowed.earliest <= narrowed.latest ? narrowed : whole;
}

std::int64_t Recording::last_slow() const {
  if (slow_anew_) return -1;
  return slow_mark_.value_or(news_ ? -1 : std::numeric_limits<std::int64_t>::max());
}

void Recording::newest_slow(std::int64_t id) {
  newest_slow_ = id;
  // A run's ids only grow. A log whose ids went back is another one, of a server without run ids.
  slow_anew_ = !has_run_id_ && slow_mark_ && id >= 0 && id < *slow_mark_;
  slow_read_ = id <= last_slow();
}

void Recording::add_slow(std::vector<SlowCommand> commands) {
  slow_read_ = true;
  slow_ = std::move(commands);
  std::ranges::sort(slow_, {}, &SlowCommand::id);
  for (SlowCommand& command : slow_) command.ended = narrowed(whole_second(command.logged_at));
}

bool Recording::latency_is_news(const std::string& event, std::int64_t at) {
  if (event.size() > EventLedger::kLongestName) return false;
  const auto mark = events_.claimed(record_->run, event);
  if (mark) return at > *mark;
  if (latency_known_ || news_) return true;
  latency_begins_[event] = at;
  return false;
}

void Recording::add_latency(const std::string& event, std::int64_t at, std::int64_t milliseconds) {
  const ServerTime now = server_time_.value_or(std::chrono::time_point_cast<microseconds>(
      std::chrono::system_clock::now() - kClockDifference));
  const TimeBounds ended = whole_second(at);
  if (ended.latest > now) return;
  latency_[event].push_back({event, at, ended, std::chrono::milliseconds(milliseconds)});
}

void Recording::claim_slow() {
  if (!slow_read_) return;
  if (slow_anew_) events_.forget(record_->run, EventLedger::kSlowLog);
  // Whoever looks for the first time, and is told of nothing, begins at the newest.
  const bool begins = !slow_mark_ && !news_;
  const std::int64_t mark = slow_.empty() ? (begins ? newest_slow_ : -1) : slow_.back().id;
  const EventLedger::Claim claim =
      events_.claim(record_->run, EventLedger::kSlowLog, numbers_of(slow_, &SlowCommand::id), mark,
                    news_ || slow_anew_);
  std::erase_if(slow_, [&](const SlowCommand& command) { return command.id <= claim.above; });
  // What a log had lost before anybody looked is nobody's loss.
  if (!claim.first && !slow_.empty()) {
    const auto fresh = static_cast<std::uint64_t>(slow_.back().id - claim.above);
    record_->slow_missed = fresh - std::min<std::uint64_t>(fresh, slow_.size());
  }
  record_->slow = std::move(slow_);
  looks_.last = server_time_;  // or later: good enough for a lower bound
}

void Recording::claim_latency() {
  for (const auto& [event, at] : latency_begins_) {
    events_.claim(record_->run, event, {}, at, false);
  }
  for (auto& [event, entries] : latency_) {
    std::ranges::sort(entries, {}, &LatencyEvent::logged_at);
    const std::int64_t above =
        events_
            .claim(record_->run, event, numbers_of(entries, &LatencyEvent::logged_at),
                   entries.back().logged_at, true)
            .above;
    for (LatencyEvent& entry : entries) {
      if (entry.logged_at > above) record_->latency.push_back(std::move(entry));
    }
  }
  if (latency_read_) events_.claim(record_->run, kAnyEvent, {}, 0, true);
}

std::shared_ptr<const PollRecord> Recording::finish() {
  if (!record_->run.empty()) {
    claim_slow();
    claim_latency();
  }
  return record_;
}

}  // namespace hitwatch::redis
