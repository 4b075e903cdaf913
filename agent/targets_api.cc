#include "agent/targets_api.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/json_response.h"
#include "agent/rules/api_parameters.h"

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
              {"stateSince", nullptr},
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
  if (const auto since = watched.state_since()) object["stateSince"] = rfc3339(*since);
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

// From the worst to the best.
constexpr auto kStates = std::to_array<std::string_view>({"down", "partial", "unknown", "up"});

struct Graded {
  const WatchedTarget* target;
  std::size_t grade;  // in kStates
};

std::vector<Graded> graded(const WatchedTargets& targets) {
  std::vector<Graded> all;
  for (const auto& watched : targets) {
    const auto word = state_word(watched->latest().state.get());
    const auto* found = std::ranges::find(kStates, word);
    all.push_back({watched.get(), static_cast<std::size_t>(found - kStates.begin())});
  }
  return all;
}

json state_counts(const std::vector<Graded>& targets) {
  json counts = json::object();
  for (std::size_t grade = 0; grade < kStates.size(); ++grade) {
    counts[std::string(kStates[grade])] = std::ranges::count(targets, grade, &Graded::grade);
  }
  return counts;
}

}  // namespace

web::Response answer_targets(const web::Request& request, const WatchedTargets& targets) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return rules::error_response(parameters.error());
  const auto limit = parameters->limit("limit");
  if (!limit) return rules::error_response(limit.error());
  const std::string* name = parameters->find("name");
  const std::string* state = parameters->find("state");
  if (state != nullptr && std::ranges::find(kStates, *state) == kStates.end()) {
    return rules::error_response(
        rules::bad_parameter("state", "it is \"up\", \"partial\", \"down\" or \"unknown\""));
  }

  std::vector<Graded> chosen = graded(targets);
  const json counts = state_counts(chosen);
  std::erase_if(chosen, [&](const Graded& one) {
    return (name != nullptr && !config::matches_pattern(*name, one.target->target.name())) ||
           (state != nullptr && kStates[one.grade] != *state);
  });
  const std::size_t total = chosen.size();
  if (*limit > 0) {
    std::ranges::stable_sort(chosen, {}, &Graded::grade);
    chosen.resize(std::min(*limit, total));
  }
  json list = json::array();
  for (const Graded& one : chosen) list.push_back(target_json(*one.target));
  return json_response(
      200, {{"status", "success"},
            {"data", {{"total", total}, {"states", counts}, {"targets", std::move(list)}}}});
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
