#include "agent/notify/notice.h"

#include <algorithm>

namespace hitwatch::notify {
namespace {

constexpr std::int64_t kGoZeroTime = -62'135'596'800;  // seconds
constexpr std::int64_t kFirstMoment = -62'167'219'200'000;
constexpr std::int64_t kLastMoment = 253'402'300'799'999;

// Go's regexp.QuoteMeta.
std::string quoted_meta(std::string_view text) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  std::string out;
  for (const char byte : text) {
    if (kSpecial.find(byte) != std::string_view::npos) out += '\\';
    out += byte;
  }
  return out;
}

metrics::Labels in_common(std::span<const MessageAlert> alerts, metrics::Labels Alert::* part) {
  if (alerts.empty()) return {};
  auto common = alerts.front().alert.*part;
  for (const auto& each : alerts.subspan(1)) {
    if (common.empty()) break;
    std::erase_if(common, [&](const metrics::Label& label) {
      return std::ranges::find(each.alert.*part, label) == (each.alert.*part).end();
    });
  }
  return common;
}

}  // namespace

Notice make_notice(const Message& message, std::string_view external_url, std::size_t max_alerts) {
  std::span<const MessageAlert> alerts = message.alerts;
  if (max_alerts > 0) alerts = alerts.first(std::min(alerts.size(), max_alerts));
  while (external_url.ends_with('/')) external_url.remove_suffix(1);
  return {.message = message,
          .alerts = alerts,
          .truncated = message.alerts.size() - alerts.size(),
          .receiver = quoted_meta(message.destination.receiver),
          .firing = std::ranges::any_of(alerts, &MessageAlert::firing),
          .common_labels = in_common(alerts, &Alert::labels),
          .common_annotations = in_common(alerts, &Alert::annotations),
          .external_url = std::string(external_url)};
}

std::string_view status_of(const MessageAlert& alert) {
  return alert.firing ? "firing" : "resolved";
}

templates::Moment end_of(const MessageAlert& alert) {
  if (alert.firing || !alert.alert.ends_at) return {.seconds = kGoZeroTime};
  return moment_of(*alert.alert.ends_at);
}

templates::Moment moment_of(std::int64_t milliseconds) {
  milliseconds = std::clamp(milliseconds, kFirstMoment, kLastMoment);
  auto seconds = milliseconds / 1000;
  auto rest = milliseconds % 1000;
  if (rest < 0) {
    --seconds;
    rest += 1000;
  }
  return {.seconds = seconds, .nanoseconds = static_cast<std::int32_t>(rest * 1'000'000)};
}

std::string rfc3339(const templates::Moment& moment) {
  return templates::format_moment(moment, "2006-01-02T15:04:05.999999999Z07:00");
}

}  // namespace hitwatch::notify
