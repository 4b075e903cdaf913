#include "agent/slow_commands_api.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/json_response.h"
#include "agent/rules/api_parameters.h"

namespace hitwatch {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kListedSlowCommands = 50;

ordered_json slow_command_json(const ShownSlowCommand& command) {
  return {{"target", command.target},
          {"id", command.id},
          {"time", rules::format_time(command.logged_at * 1000)},
          {"durationSeconds", std::chrono::duration<double>(command.duration).count()},
          {"operation", command.operation},
          {"text", command.text},
          {"type", command.type},
          {"tenant", command.tenant},
          {"client", command.client_address},
          {"clientName", command.client_name}};
}

}  // namespace

web::Response answer_slow_commands(const web::Request& request, const LatestSlowCommands& latest) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return rules::error_response(parameters.error());
  const auto limit = parameters->limit("limit");
  if (!limit) return rules::error_response(limit.error());
  const std::size_t most = *limit == 0 ? kListedSlowCommands : *limit;
  const std::string* target = parameters->find("target");

  const auto commands = latest.newest(target == nullptr ? "" : *target);
  ordered_json list = ordered_json::array();
  for (const ShownSlowCommand& command : commands) {
    if (list.size() == most) break;
    list.push_back(slow_command_json(command));
  }
  const ordered_json answer = {
      {"status", "success"}, {"data", {{"total", commands.size()}, {"commands", std::move(list)}}}};
  return json_response(200, answer);
}

}  // namespace hitwatch
