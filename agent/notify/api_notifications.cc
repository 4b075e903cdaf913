#include "agent/notify/api_notifications.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/json_response.h"
#include "agent/notify/api_json.h"

namespace hitwatch::notify {
namespace {

void append_notification(std::string& out, const Outbox::Entry& entry, bool dead) {
  const Message& message = entry.message;
  JsonObject object(out);
  object.text("id", message.id);
  object.text("state", dead ? "dead" : "pending");
  object.text("receiver", message.destination.receiver);
  object.text("integration", message.destination.integration);
  object.key("index") += std::to_string(message.destination.index);
  object.text("groupKey", message.group_key);
  append_json(object.key("groupLabels"), message.group_labels);
  object.text("status", message.firing() ? "firing" : "resolved");
  object.text("reason", reason_text(message.reason));
  object.key("alerts") += std::to_string(message.alerts.size());
  append_shown_time(object, "createdAt", message.created_at);
  object.key("attempts") += std::to_string(entry.attempts);
  if (!dead && !entry.in_flight) append_shown_time(object, "nextAttempt", entry.next_attempt);
  object.text("lastError", entry.last_error);
  if (dead) append_shown_time(object, "diedAt", entry.died_at);
  object.close();
}

// 0 is no limit of the caller's; nothing if it is no number.
std::optional<std::size_t> most_listed(const std::string* limit) {
  std::size_t most = 0;
  if (limit != nullptr) {
    const char* end = limit->data() + limit->size();
    const auto [last, error] = std::from_chars(limit->data(), end, most);
    if (error != std::errc() || last != end) return std::nullopt;
  }
  return most == 0 ? kMostListedNotifications : std::min(most, kMostListedNotifications);
}

class NotificationList {
 public:
  explicit NotificationList(std::size_t most) : most_(most) {}

  void add(const std::vector<const Outbox::Entry*>& entries, bool dead) {
    total_ += entries.size();
    for (const Outbox::Entry* entry : entries) {
      if (listed_ == most_) return;
      if (++listed_ > 1) text_ += ',';
      append_notification(text_, *entry, dead);
    }
  }

  std::string answer() const {
    return R"({"status":"success","data":{"total":)" + std::to_string(total_) +
           R"(,"notifications":[)" + text_ + "]}}\n";
  }

 private:
  const std::size_t most_;
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
  const auto most = most_listed(request.parameter("limit"));
  if (!most) {
    return {.response =
                notification_error(400, "bad_data", "invalid parameter \"limit\": a whole number")};
  }
  NotificationList list(*most);
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

ApiAnswer resend_all_api_notifications(ApiParts& parts, std::int64_t now) {
  std::vector<std::pair<std::int64_t, std::string>> dead;
  for (const Outbox::Entry* entry : parts.outbox.dead()) {
    dead.emplace_back(entry->number, entry->message.id);
  }
  std::ranges::sort(dead);
  std::size_t resent = 0;
  std::string error;
  for (const auto& [number, id] : dead) {
    if (const auto sent = parts.outbox.resend(id, now); sent) {
      ++resent;
    } else if (error.empty()) {
      error = sent.error();
    }
  }
  nlohmann::ordered_json data = {{"resent", resent}, {"refused", dead.size() - resent}};
  if (!error.empty()) data["error"] = error;
  return {.response = json_response(
              200, nlohmann::ordered_json{{"status", "success"}, {"data", std::move(data)}}),
          .changed = resent > 0};
}

}  // namespace hitwatch::notify
