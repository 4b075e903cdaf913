#include "agent/notify/api_alerts.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "agent/json_response.h"
#include "agent/notify/alert_filter.h"
#include "agent/notify/api_json.h"
#include "agent/notify/posted_alerts.h"

namespace hitwatch::notify {
namespace {

// What is shown of faults; thousands of alerts may have one each.
std::string joined_faults(const std::vector<std::string>& faults) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(faults.size(), kMost); ++i) {
    text += (i == 0 ? "" : "; ") + faults[i];
  }
  if (faults.size() > kMost) text += fmt::format("; and {} more", faults.size() - kMost);
  return text;
}

std::int64_t end_of_endless(const ApiParts& parts, std::int64_t now) {
  return now + parts.settings.resolve_timeout.count();
}

bool wants_any_receiver(const AlertFilter& filter, const Dispatcher::AlertView& view) {
  return std::ranges::any_of(view.receivers,
                             [&](const std::string& name) { return filter.wants_receiver(name); });
}

bool group_before(const Dispatcher::GroupView& left, const Dispatcher::GroupView& right) {
  const auto rank = [](const Dispatcher::GroupView& group) {
    return std::tuple(group.labels->size(), std::string_view(group.route->receiver),
                      std::string_view(group.key));
  };
  const auto [first, second] = std::ranges::mismatch(*left.labels, *right.labels);
  if (left.labels->size() != right.labels->size() || first == left.labels->end()) {
    return rank(left) < rank(right);
  }
  return std::tie(first->name, first->value) < std::tie(second->name, second->value);
}

// Appends the group if it has alerts that are asked for. Of their receivers, those that are asked
// for are named.
void append_shown_group(std::string& list, Dispatcher::GroupView& group, const AlertFilter& filter,
                        std::int64_t ends_otherwise, std::int64_t now) {
  std::erase_if(group.alerts,
                [&](const Dispatcher::AlertView& view) { return !filter.wants(view, now); });
  if (group.alerts.empty()) return;
  begin_entry(list);
  JsonObject object(list);
  std::string& alerts = object.key("alerts") += '[';
  for (Dispatcher::AlertView& view : group.alerts) {
    std::erase_if(view.receivers,
                  [&](const std::string& name) { return !filter.wants_receiver(name); });
    begin_entry(alerts);
    append_shown_alert(alerts, view, ends_otherwise);
  }
  alerts += ']';
  append_json(object.key("labels"), *group.labels);
  JsonObject receiver(object.key("receiver"));
  receiver.text("name", group.route->receiver);
  receiver.close();
  object.close();
}

}  // namespace

ApiAnswer list_api_alerts(const web::Request& request, ApiParts& parts, std::int64_t now) {
  const auto filter = AlertFilter::read(request);
  if (!filter) return {.response = sentence_response(400, filter.error())};
  auto views = parts.dispatcher.alerts(now);
  std::erase_if(views, [&](const Dispatcher::AlertView& view) {
    return !filter->wants(view, now) || !wants_any_receiver(*filter, view);
  });
  std::string list = "[";
  for (const Dispatcher::AlertView& view : views) {
    begin_entry(list);
    append_shown_alert(list, view, end_of_endless(parts, now));
  }
  list += "]\n";
  return {.response = json_text(std::move(list))};
}

ApiAnswer take_api_alerts(const web::Request& request, ApiParts& parts, std::int64_t now) {
  if (const auto type = check_media_type(request); !type) {
    return {.response = fault_response(type.error())};
  }
  const auto posted = read_posted_alerts(request.body, parts.settings.resolve_timeout, now);
  if (!posted) return {.response = fault_response(posted.error())};
  const std::uint64_t dropped_before = parts.dispatcher.counters().alerts_dropped;
  if (!posted->alerts.empty()) parts.take(posted->alerts);
  const std::uint64_t dropped = parts.dispatcher.counters().alerts_dropped - dropped_before;
  ApiAnswer answer{.response = {.content_type = ""}, .changed = !posted->alerts.empty()};
  if (dropped > 0) {
    answer.response = sentence_response(
        503, fmt::format("{} of {} alerts were not taken: there are too many alerts", dropped,
                         posted->alerts.size()));
  } else if (!posted->refused.empty()) {
    answer.response = sentence_response(400, joined_faults(posted->refused));
  }
  return answer;
}

ApiAnswer list_api_groups(const web::Request& request, ApiParts& parts, std::int64_t now) {
  const auto filter = AlertFilter::read(request);
  if (!filter) return {.response = sentence_response(400, filter.error())};
  auto groups = parts.dispatcher.groups(now);
  std::erase_if(groups, [&](const Dispatcher::GroupView& group) {
    return !filter->wants_receiver(group.route->receiver);
  });
  std::ranges::sort(groups, group_before);
  std::string list = "[";
  for (Dispatcher::GroupView& group : groups) {
    append_shown_group(list, group, *filter, end_of_endless(parts, now), now);
  }
  list += "]\n";
  return {.response = json_text(std::move(list))};
}

}  // namespace hitwatch::notify
