#include "agent/targets_api.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/json_response.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

json labels_json(const metrics::Labels& labels) {
  json object = json::object();
  for (const metrics::Label& label : labels) object[label.name] = label.value;
  return object;
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)), ms);
}

json target_json(const WatchedTarget& watched) {
  const redis::PollResult latest = watched.latest();
  const redis::TargetState* state = latest.state.get();
  json object{{"name", watched.target.name()},
              {"url", watched.target.url.redacted()},
              {"labels", labels_json(watched.target.labels)},
              {"origin", watched.target.origin},
              {"state", state_word(state)},
              {"error", nullptr},
              {"lastPoll", nullptr},
              {"lastPollAgeSeconds", nullptr},
              {"dataAgeSeconds", nullptr},
              {"unavailable", json::object()}};
  if (state == nullptr) return object;
  const auto age = [](std::chrono::steady_clock::time_point time) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - time).count();
  };
  if (state->error.reason != net::Reason::kNone) {
    object["error"] = {{"reason", net::reason_word(state->error.reason)},
                       {"text", state->error.text}};
  }
  object["lastPoll"] = rfc3339(state->last_poll);
  object["lastPollAgeSeconds"] = age(latest.snapshot->taken_steady);
  object["lastPollDurationSeconds"] = state->last_duration.count();
  if (latest.snapshot->data_from != std::chrono::steady_clock::time_point{}) {
    object["dataAgeSeconds"] = age(latest.snapshot->data_from);
  }
  object["unavailable"] = state->unavailable;
  if (state->up) {
    object["version"] = state->version;
    object["role"] = state->role;
    object["mode"] = state->mode;
  }
  return object;
}

}  // namespace

std::string_view state_word(const redis::TargetState* state) {
  if (state == nullptr) return "unknown";
  if (!state->up) return "down";
  return state->error.reason == net::Reason::kNone ? "up" : "partial";
}

web::Response answer_targets(const WatchedTargets& targets) {
  json list = json::array();
  for (const auto& watched : targets) list.push_back(target_json(*watched));
  return json_response(200, {{"status", "success"}, {"data", {{"targets", std::move(list)}}}});
}

web::Response answer_service_discovery(const WatchedTargets& targets) {
  json groups = json::array();
  for (const auto& watched : targets) {
    groups.push_back(
        {{"targets", {watched->target.name()}}, {"labels", labels_json(watched->target.labels)}});
  }
  return json_response(200, groups);
}

}  // namespace hitwatch
