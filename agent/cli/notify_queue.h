// The notifications that a daemon has yet to deliver, or has given up, as tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::cli {

// Texts are as the daemon gives them. Times are milliseconds since 1970.
struct QueuedNotification {
  std::string id;
  std::string destination;  // `team/webhook[0]`
  std::string status;       // "firing" or "resolved"
  std::string group;        // `alertname="RedisDown", instance="r1:6379"`
  std::string reason;
  std::size_t alerts = 0;
  std::int64_t created_at = 0;
  std::size_t attempts = 0;
  std::optional<std::int64_t> next_attempt;  // of pending ones, unless one is under way
  std::string last_error;
  std::int64_t died_at = 0;  // of dead ones
};

struct NotificationList {
  std::size_t total = 0;  // the daemon may list fewer
  std::vector<QueuedNotification> notifications;
};

// The body of /api/v1/notifications; its error if it reports one, or a sentence if it is none.
std::expected<NotificationList, std::string> parse_notifications(std::string_view body);

// What is wrong, by an answer to a request that something be sent again; "" if nothing is.
std::string resend_problem(int status, std::string_view body);

// What became of all that was given up.
struct Resent {
  std::size_t resent = 0;
  std::size_t refused = 0;
  std::string error;  // of the first that was refused; safe for a terminal
};
std::expected<Resent, std::string> parse_resent(std::string_view body);

// A line for each, made safe for a terminal; a sentence if there is none.
std::string pending_table(const NotificationList& list, std::int64_t now,
                          std::optional<std::size_t> width);
std::string dead_table(const NotificationList& list, std::int64_t now,
                       std::optional<std::size_t> width);

}  // namespace hitwatch::cli
