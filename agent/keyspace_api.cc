#include "agent/keyspace_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/json_response.h"
#include "agent/keyspace_json.h"

namespace hitwatch {
namespace {

using nlohmann::json;

constexpr std::size_t kMostGroups = 10'000;
// Of one answer: who wants more asks for one target at a time.
constexpr std::size_t kMostTargets = 200;
constexpr std::size_t kMostGroupsOfAll = 50'000;

struct Query {
  const std::string* instance = nullptr;  // null for all targets
  std::size_t limit = kMostGroups;
};

std::expected<Query, std::string> read_query(const web::Request& request) {
  for (const web::Header& parameter : request.query) {
    if (parameter.name != "instance" && parameter.name != "limit") {
      return std::unexpected(
          fmt::format("unknown parameter '{}': one of instance, limit", parameter.name));
    }
  }
  Query query;
  const std::string* instance = request.parameter("instance");
  if (instance != nullptr && !instance->empty()) query.instance = instance;
  const std::string* limit = request.parameter("limit");
  if (limit == nullptr || limit->empty()) return query;
  const char* const end = limit->data() + limit->size();
  const auto [last, error] = std::from_chars(limit->data(), end, query.limit);
  if (error != std::errc() || last != end || query.limit < 1 || query.limit > kMostGroups) {
    return std::unexpected(fmt::format("limit must be a whole number from 1 to {}", kMostGroups));
  }
  return query;
}

web::Response refusal(int status, std::string_view type, const std::string& text) {
  return json_response(status, {{"status", "error"}, {"errorType", type}, {"error", text}});
}

// Takes from `groups_left` what the report shows.
json target_json(const WatchedTarget& watched, std::size_t limit, std::size_t& groups_left) {
  const KeyspaceResult latest = watched.latest_keyspace();
  json object{
      {"instance", watched.target.name()}, {"report", nullptr}, {"check_notes", json::array()}};
  if (latest.report != nullptr) {
    const std::size_t groups = std::min({limit, groups_left, latest.report->groups.size()});
    groups_left -= groups;
    object["report"] = keyspace_json(*latest.report, {.show_keys = false, .most_groups = groups});
  }
  if (latest.check_notes != nullptr) object["check_notes"] = *latest.check_notes;
  return object;
}

}  // namespace

web::Response answer_keyspace(const web::Request& request, const WatchedTargets& targets) {
  const auto query = read_query(request);
  if (!query) return refusal(400, "bad_data", query.error());
  json list = json::array();
  std::size_t left_out = 0;
  std::size_t groups_left = kMostGroupsOfAll;
  for (const auto& watched : targets) {
    if (query->instance != nullptr && watched->target.name() != *query->instance) continue;
    if (list.size() == kMostTargets) {
      ++left_out;
      continue;
    }
    list.push_back(target_json(*watched, query->limit, groups_left));
  }
  if (query->instance != nullptr && list.empty()) {
    return refusal(404, "not_found", "no configured target has that name");
  }
  return json_response(200,
                       {{"status", "success"},
                        {"data", {{"targets", std::move(list)}, {"targets_left_out", left_out}}}});
}

}  // namespace hitwatch
