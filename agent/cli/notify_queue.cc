#include "agent/cli/notify_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "agent/cli/terminal_text.h"
#include "agent/cli/text_table.h"
#include "agent/net/duration.h"
#include "agent/net/rfc3339.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;

// What takes part of the window when there is no room goes in this order, from the highest.
const TextColumn kId{.title = "ID"};
const TextColumn kDestination{.title = "TO", .is_name = true};
const TextColumn kStatus{.title = "STATUS", .is_name = true, .rank = 2};
const TextColumn kAlerts{.title = "ALERTS", .rank = 3};
const TextColumn kGroup{.title = "GROUP", .is_name = true};
const TextColumn kReason{.title = "REASON", .is_name = true, .rank = 4};
const TextColumn kAge{.title = "AGE", .rank = 1};
const TextColumn kAttempts{.title = "TRIES", .rank = 1};
const TextColumn kNext{.title = "NEXT", .rank = 1};
const TextColumn kGivenUp{.title = "GIVEN UP", .rank = 1};
const TextColumn kLastError{.title = "LAST ERROR", .is_name = true};

std::string labels_line(const ordered_json& labels) {
  std::string out;
  for (const auto& [name, value] : labels.items()) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ", ", name, value.get<std::string>());
  }
  return out;
}

std::optional<std::int64_t> time_member(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return net::parse_rfc3339(found->get<std::string>());
}

QueuedNotification notification_of(const ordered_json& json) {
  return {.id = json.at("id"),
          .destination = fmt::format("{}/{}[{}]", json.at("receiver").get<std::string>(),
                                     json.at("integration").get<std::string>(),
                                     json.at("index").get<std::size_t>()),
          .status = json.at("status"),
          .group = labels_line(json.at("groupLabels")),
          .reason = json.at("reason"),
          .alerts = json.at("alerts"),
          .created_at = time_member(json, "createdAt").value_or(0),
          .attempts = json.at("attempts"),
          .next_attempt = time_member(json, "nextAttempt"),
          .last_error = json.value("lastError", ""),
          .died_at = time_member(json, "diedAt").value_or(0)};
}

// In whole seconds.
std::string time_between(std::int64_t from, std::int64_t to) {
  const std::int64_t seconds = std::max<std::int64_t>(to - from, 0) / 1000;
  return seconds == 0 ? "0s" : net::format_milliseconds(seconds * 1000);
}

std::string next_words(const QueuedNotification& notification, std::int64_t now) {
  if (!notification.next_attempt) return "under way";
  if (*notification.next_attempt <= now) return "now";
  return "in " + time_between(now, *notification.next_attempt);
}

std::string table_of(const NotificationList& list, const std::vector<TextColumn>& columns,
                     const std::vector<TextRow>& rows, std::optional<std::size_t> width) {
  std::string out = text_table(columns, rows, width);
  if (list.total > rows.size()) {
    out += fmt::format("and {} more\n", list.total - rows.size());
  }
  return out;
}

}  // namespace

std::expected<NotificationList, std::string> parse_notifications(std::string_view body) {
  try {
    const ordered_json answer = ordered_json::parse(body);
    if (answer.at("status") != "success") {
      return std::unexpected(printable(answer.at("error").get<std::string>()));
    }
    const ordered_json& data = answer.at("data");
    NotificationList list{.total = data.at("total"), .notifications = {}};
    for (const ordered_json& json : data.at("notifications")) {
      list.notifications.push_back(notification_of(json));
    }
    return list;
  } catch (const ordered_json::exception&) {
    return std::unexpected("the answer is no list of notifications");
  }
}

std::string resend_problem(int status, std::string_view body) {
  if (status == 200) return "";
  const ordered_json answer = ordered_json::parse(body, nullptr, false);
  if (answer.is_object() && answer.contains("error") && answer.at("error").is_string()) {
    return printable(answer.at("error").get<std::string>());
  }
  return fmt::format("the daemon answers with HTTP status {}", status);
}

std::expected<Resent, std::string> parse_resent(std::string_view body) {
  const ordered_json answer = ordered_json::parse(body, nullptr, false);
  const auto data = answer.is_object() ? answer.find("data") : answer.end();
  if (data == answer.end() || !data->is_object() || !data->contains("resent")) {
    return std::unexpected("the daemon's answer is not what /api/v1/notifications/resend answers");
  }
  const auto number = [&](const char* name) {
    const auto found = data->find(name);
    return found != data->end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
  };
  const auto error = data->find("error");
  const bool has_error = error != data->end() && error->is_string();
  return Resent{.resent = number("resent"),
                .refused = number("refused"),
                .error = has_error ? printable(error->get<std::string>()) : ""};
}

std::string pending_table(const NotificationList& list, std::int64_t now,
                          std::optional<std::size_t> width) {
  if (list.notifications.empty()) return "Nothing waits for delivery.\n";
  std::vector<TextRow> rows;
  for (const QueuedNotification& one : list.notifications) {
    rows.push_back({printable(one.id), printable(one.destination), printable(one.status),
                    fmt::to_string(one.alerts), printable(one.group), printable(one.reason),
                    time_between(one.created_at, now), fmt::to_string(one.attempts),
                    next_words(one, now), printable(one.last_error)});
  }
  return table_of(
      list,
      {kId, kDestination, kStatus, kAlerts, kGroup, kReason, kAge, kAttempts, kNext, kLastError},
      rows, width);
}

std::string dead_table(const NotificationList& list, std::int64_t now,
                       std::optional<std::size_t> width) {
  if (list.notifications.empty()) return "Nothing was given up.\n";
  std::vector<TextRow> rows;
  for (const QueuedNotification& one : list.notifications) {
    rows.push_back({printable(one.id), printable(one.destination), printable(one.status),
                    fmt::to_string(one.alerts), printable(one.group), printable(one.reason),
                    time_between(one.died_at, now) + " ago", fmt::to_string(one.attempts),
                    printable(one.last_error)});
  }
  return table_of(
      list, {kId, kDestination, kStatus, kAlerts, kGroup, kReason, kGivenUp, kAttempts, kLastError},
      rows, width);
}

}  // namespace hitwatch::cli
