#include "agent/notify/death_log.h"

#include <fmt/format.h>

#include "agent/notify/notice_text.h"

namespace hitwatch::notify {
namespace {

constexpr std::int64_t kLogMinute = 60'000;
constexpr std::size_t kMostDeathsSaid = 10;     // in a minute
constexpr std::size_t kLongestSaidGroup = 300;  // runes

}  // namespace

void DeathLog::note(const Outbox::Entry& dead, std::int64_t now) {
  flush(now);
  const std::string destination = dead.message.destination.text();
  Minute& minute = minutes_.try_emplace(destination, Minute{.begin = now}).first->second;
  if (minute.said == kMostDeathsSaid) {
    ++minute.unsaid;
    return;
  }
  ++minute.said;
  log_.warn("a notification was given up",
            {{"receiver", destination},
             {"group", cut_runes(dead.message.group_key, kLongestSaidGroup)},
             {"reason", dead.last_error},
             {"attempts", fmt::to_string(dead.attempts)},
             {"id", dead.message.id}});
}

void DeathLog::flush(std::int64_t now) {
  std::erase_if(minutes_, [&](const auto& of) {
    const auto& [destination, minute] = of;
    // A clock that was set back begins another minute, too.
    if (now >= minute.begin && now - minute.begin < kLogMinute) return false;
    say_rest(destination, minute);
    return true;
  });
}

void DeathLog::flush_all() {
  for (const auto& [destination, minute] : minutes_) say_rest(destination, minute);
  minutes_.clear();
}

void DeathLog::say_rest(const std::string& destination, const Minute& minute) {
  if (minute.unsaid == 0) return;
  log_.warn("more notifications were given up",
            {{"receiver", destination}, {"count", fmt::to_string(minute.unsaid)}});
}

}  // namespace hitwatch::notify
