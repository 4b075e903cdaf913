// A message as a receiver is told of it: what Alertmanager computes from a group's alerts before it
// fills a template or writes the body of a webhook.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "agent/metrics/labels.h"
#include "agent/notify/message.h"
#include "rules/templates/time_value.h"

namespace hitwatch::notify {

struct Notice {
  const Message& message;  // must outlive the notice
  std::span<const MessageAlert> alerts;
  std::size_t truncated = 0;  // alerts that are left out
  std::string receiver;       // as a regular expression that matches the name
  bool firing = false;        // whether any of `alerts` is
  metrics::Labels common_labels;
  metrics::Labels common_annotations;
  std::string external_url;  // without a slash at the end

  std::string_view status() const { return firing ? "firing" : "resolved"; }
};

// At most `max_alerts` alerts, 0: all. What they have in common is computed over these alone.
Notice make_notice(const Message& message, std::string_view external_url,
                   std::size_t max_alerts = 0);

std::string_view status_of(const MessageAlert& alert);  // "firing", "resolved"
// When it ended: Go's zero time (0001-01-01) for one that fires.
templates::Moment end_of(const MessageAlert& alert);
// Times outside of the years 0 to 9999 become the first or the last of them.
templates::Moment moment_of(std::int64_t milliseconds);
// Go's time.RFC3339Nano: `2026-08-20T10:00:00.5Z`.
std::string rfc3339(const templates::Moment& moment);

}  // namespace hitwatch::notify
