#include "agent/events_api.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/event_kinds.h"
#include "agent/json_response.h"
#include "agent/net/rfc3339.h"
#include "agent/rules/api_parameters.h"

namespace hitwatch {
namespace {

using nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::size_t kListedEvents = 100;
constexpr std::int64_t kLatestMilliseconds = 7'258'118'400'000;  // the year 2200

ordered_json event_json(const LoggedEvent& logged) {
  const topology::Event& event = logged.event;
  const auto time = std::chrono::floor<milliseconds>(event.time.time_since_epoch()).count();
  ordered_json object = {{"time", net::format_rfc3339_milliseconds(time)},
                         {"kind", event.kind},
                         {"source", event.source},
                         {"group", event.group},
                         {"target", event.instance},
                         {"from", event.from},
                         {"to", event.to},
                         {"toldBy", event.told_by},
                         {"text", event_sentence(event)},
                         {"traceId", nullptr},
                         {"spanId", nullptr}};
  if (logged.span) {
    object["traceId"] = trace::to_hex(logged.span->trace);
    object["spanId"] = trace::to_hex(logged.span->span);
  }
  return object;
}

std::expected<EventLog::Filter, rules::ApiError> read_filter(
    const rules::ApiParameters& parameters) {
  EventLog::Filter filter;
  const auto text = [&](std::string_view name) {
    const std::string* found = parameters.find(name);
    return found == nullptr ? std::string() : *found;
  };
  filter.target = text("target");
  filter.group = text("group");
  filter.source = text("source");
  filter.kind = text("kind");
  if (!filter.kind.empty() && find_event_kind(filter.kind) == nullptr) {
    std::string known;
    for (const EventKind& kind : event_kinds()) {
      known += known.empty() ? "" : ", ";
      known += kind.word;
    }
    return std::unexpected(rules::bad_parameter("kind", "it is one of " + known));
  }
  if (parameters.find("since") != nullptr) {
    const auto since = parameters.time("since", std::nullopt);
    if (!since) return std::unexpected(since.error());
    filter.since = std::chrono::system_clock::time_point(
        milliseconds(std::clamp<std::int64_t>(*since, 0, kLatestMilliseconds)));
  }
  return filter;
}

}  // namespace

web::Response answer_events(const web::Request& request, const EventLog& log) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return rules::error_response(parameters.error());
  const auto limit = parameters->limit("limit");
  if (!limit) return rules::error_response(limit.error());
  const auto filter = read_filter(*parameters);
  if (!filter) return rules::error_response(filter.error());

  const EventLog::Found found = log.newest(*filter, *limit == 0 ? kListedEvents : *limit);
  ordered_json list = ordered_json::array();
  for (const LoggedEvent& logged : found.events) list.push_back(event_json(logged));
  const ordered_json answer = {{"status", "success"},
                               {"data", {{"total", found.total}, {"events", std::move(list)}}}};
  return json_response(200, answer);
}

}  // namespace hitwatch
