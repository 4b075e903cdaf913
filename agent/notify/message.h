// One notification for one integration of one receiver, as the outbox keeps it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/alert.h"

namespace hitwatch::notify {

// Why a message is sent. The texts are those of `notification_reason` in Alertmanager's webhook.
enum class Reason : std::uint8_t {
  kFirst,         // "first notification"
  kNewAlerts,     // "new alerts added"
  kSomeResolved,  // "some alerts resolved"
  kAllResolved,   // "all alerts resolved"
  kRepeat,        // "repeat interval elapsed"
  kUnknown        // "unknown"
};
std::string_view reason_text(Reason reason);

// Which integration of which receiver: the i-th of all that the receiver has.
struct Destination {
  std::string receiver;
  std::string integration;  // "webhook", "slack", "pagerduty"
  std::size_t index = 0;    // among those of the same kind

  std::string text() const;  // `team/webhook[0]`
  auto operator<=>(const Destination&) const = default;
};

struct MessageAlert {
  Alert alert;
  bool firing = true;
  bool operator==(const MessageAlert&) const = default;
};

struct Message {
  std::string id;  // `msg_…`; the same at every attempt, so that a receiver can drop duplicates
  Destination destination;
  std::string group_key;
  metrics::Labels group_labels;
  std::vector<MessageAlert> alerts;  // firing ones first, each sorted by fingerprint
  Reason reason = Reason::kUnknown;
  std::int64_t created_at = 0;
  bool firing() const;  // whether any alert is
  bool operator==(const Message&) const = default;
};

std::string to_json(const Message& message);
std::expected<Message, std::string> message_from_json(std::string_view text);

}  // namespace hitwatch::notify
