#include "rules/alerting/sending.h"

#include <algorithm>

namespace hitwatch::alerting {
namespace {

bool needs_sending(const Alert& alert, std::int64_t time, std::int64_t resend_delay) {
  if (alert.state == AlertState::kPending) return false;
  if (!alert.last_sent_at) return true;
  if (alert.resolved_at && *alert.resolved_at > *alert.last_sent_at) return true;
  return *alert.last_sent_at + resend_delay < time;
}

}  // namespace

std::vector<ToSend> alerts_to_send(const AlertTable& alerts, std::int64_t time,
                                   std::int64_t interval, std::int64_t resend_delay) {
  constexpr std::int64_t kMissedReminders = 4;
  std::vector<ToSend> due;
  for (const auto& [key, alert] : alerts) {
    if (!needs_sending(alert, time, resend_delay)) continue;
    const std::int64_t until = time + kMissedReminders * std::max(interval, resend_delay);
    due.push_back(
        ToSend{key, alert.fired_at.value_or(alert.active_at), alert.resolved_at.value_or(until)});
  }
  return due;
}

}  // namespace hitwatch::alerting
