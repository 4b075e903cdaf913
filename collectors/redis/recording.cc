#include "collectors/redis/recording.h"

#include <algorithm>
#include <utility>

namespace hitwatch::redis {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// Where the server does not tell its time: a clock that is ahead of ours by less does no harm.
constexpr seconds kClockDifference{2};

TimeBounds whole_second(std::int64_t second) {
  const ServerTime begin{seconds(second)};
  return {begin, begin + seconds(1)};
}

}  // namespace

Recording::Recording(EventLedger& events, Looks& looks, std::string target)
    : events_(events), looks_(looks), target_(std::move(target)) {}

void Recording::server_known(const std::string& run_id, std::optional<ServerTime> time,
                             bool restarted) {
  record_->run = run_id.empty() ? target_ : run_id;
  server_time_ = time;
  const auto handed = events_.handed(record_->run);
  marks_ = handed.value_or(EventLedger::Marks{});
  first_look_ = !handed;
  all_is_news_ = !first_look_ || restarted || events_.remembers();
  if (looks_.run != record_->run) looks_ = {record_->run, std::nullopt};
  previous_look_ = looks_.last;
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

void Recording::newest_slow(std::int64_t id) {
  // A log whose ids went back is another one: of a server without run ids.
  if (id >= 0 && id < marks_.slow) marks_.slow = -1;
  if (!all_is_news_) {
    marks_.slow = id;
    events_.hand_out(record_->run, marks_);
  }
  if (id > marks_.slow) return;
  // From here on the server has been looked at, however little there was.
  if (first_look_) events_.hand_out(record_->run, marks_);
  looks_.last = server_time_;
}

void Recording::add_slow(std::vector<SlowCommand> commands) {
  if (commands.empty()) return;
  std::ranges::sort(commands, {}, &SlowCommand::id);
  const std::int64_t newest = commands.back().id;
  // What a log had lost before anybody looked is nobody's loss.
  if (!first_look_) {
    const auto fresh = static_cast<std::uint64_t>(newest - marks_.slow);
    record_->slow_missed += fresh - std::min<std::uint64_t>(fresh, commands.size());
  }
  for (SlowCommand& command : commands) {
    command.ended = narrowed(whole_second(command.logged_at));
    record_->slow.push_back(std::move(command));
  }
  marks_.slow = newest;
  events_.hand_out(record_->run, marks_);
  looks_.last = server_time_;  // or later: good enough for a lower bound
}

bool Recording::latency_is_news(std::string_view event, std::int64_t at) {
  const auto seen = marks_.latency.find(event);
  if (seen != marks_.latency.end()) return at > seen->second;
  if (all_is_news_) return true;
  if (marks_.latency.size() >= EventLedger::kMostEvents) return false;
  marks_.latency.emplace(event, at);
  events_.hand_out(record_->run, marks_);
  return false;
}

void Recording::add_latency(const std::string& event, std::int64_t at, std::int64_t milliseconds) {
  const auto found = marks_.latency.find(event);
  if (found != marks_.latency.end() && at <= found->second) return;
  if (found == marks_.latency.end() && marks_.latency.size() >= EventLedger::kMostEvents) return;
  const ServerTime now = server_time_.value_or(std::chrono::time_point_cast<microseconds>(
      std::chrono::system_clock::now() - kClockDifference));
  const TimeBounds ended = whole_second(at);
  if (ended.latest > now) return;
  record_->latency.push_back({event, at, ended, std::chrono::milliseconds(milliseconds)});
  marks_.latency[event] = at;
  events_.hand_out(record_->run, marks_);
}

}  // namespace hitwatch::redis
