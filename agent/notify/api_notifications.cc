#include "agent/notify/api_notifications.h"

#include <algorithm>
#include <utility>

#include "agent/json_response.h"
#include "agent/net/rfc3339.h"
#include "agent/notify/api_json.h"

namespace hitwatch::notify {
namespace {

nlohmann::ordered_json shown_notification(const Outbox::Entry& entry, bool dead) {
  const Message& message = entry.message;
  nlohmann::ordered_json json = {
      {"id", message.id},
      {"state", dead ? "dead" : "pending"},
      {"receiver", message.destination.receiver},
      {"integration", message.destination.integration},
      {"index", message.destination.index},
      {"groupKey", message.group_key},
      {"groupLabels", shown_labels(message.group_labels)},
      {"status", message.firing() ? "firing" : "resolved"},
      {"reason", reason_text(message.reason)},
      {"alerts", message.alerts.size()},
      {"createdAt", net::format_rfc3339_milliseconds(message.created_at)},
      {"attempts", entry.attempts}};
  if (!dead && !entry.in_flight) {
    json["nextAttempt"] = net::format_rfc3339_milliseconds(entry.next_attempt);
  }
  json["lastError"] = entry.last_error;
  if (dead) json["diedAt"] = net::format_rfc3339_milliseconds(entry.died_at);
  return json;
}

class NotificationList {
 public:
  void add(const std::vector<const Outbox::Entry*>& entries, bool dead) {
    total_ += entries.size();
    for (const Outbox::Entry* entry : entries) {
      if (listed_ == kMostListedNotifications) return;
      if (++listed_ > 1) text_ += ',';
      append_json(text_, shown_notification(*entry, dead));
    }
  }

  std::string answer() const {
    return R"({"status":"success","data":{"total":)" + std::to_string(total_) +
           R"(,"notifications":[)" + text_ + "]}}\n";
  }

 private:
  std::string text_;
  std::size_t total_ = 0;
  std::size_t listed_ = 0;
};

}  // namespace

web::Response notification_error(int status, std::string_view type, std::string_view text) {
  const nlohmann::ordered_json body = {{"status", "error"}, {"errorType", type}, {"error", text}};
  return json_response(status, body);
}

ApiAnswer list_api_notifications(const web::Request& request, ApiParts& parts) {
  const std::string* given = request.parameter("state");
  const std::string state = given == nullptr ? "" : *given;
  if (!state.empty() && state != "pending" && state != "dead") {
    return {.response = notification_error(
                400, "bad_data", "invalid parameter \"state\": it is \"pending\" or \"dead\"")};
  }
  NotificationList list;
  if (state != "dead") list.add(parts.outbox.pending(), false);
  if (state != "pending") list.add(parts.outbox.dead(), true);
  return {.response = json_text(list.answer())};
}

ApiAnswer resend_api_notification(std::string_view id, ApiParts& parts, std::int64_t now) {
  const auto dead = parts.outbox.dead();
  const auto has_id = [&](const Outbox::Entry* entry) { return entry->message.id == id; };
  if (std::ranges::none_of(dead, has_id)) {
    return {.response = notification_error(404, "not_found",
                                           "no notification that was given up has this id")};
  }
  if (const auto sent = parts.outbox.resend(id, now); !sent) {
    return {.response = notification_error(409, "conflict", sent.error())};
  }
  return {.response = json_response(200, nlohmann::json{{"status", "success"}}), .changed = true};
}

}  // namespace hitwatch::notify
