// Which alerts an Alertmanager is to be told about now. Prometheus' rule: it forgets what it is not
// reminded of, so firing alerts are sent again and again, and resolved ones for a while.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/alerting/alert.h"

namespace hitwatch::alerting {

constexpr std::int64_t kResendDelay = 60'000;

struct ToSend {
  std::string key;
  std::int64_t starts_at = 0;  // when it fired
  std::int64_t ends_at = 0;    // when it was resolved, or until when it counts without a reminder
};

// At `time`, with the interval of the alerts' group. Whoever sends them says so to
// Group::mark_sent.
std::vector<ToSend> alerts_to_send(const AlertTable& alerts, std::int64_t time,
                                   std::int64_t interval, std::int64_t resend_delay = kResendDelay);

}  // namespace hitwatch::alerting
