#include "agent/notify/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/json_response.h"
#include "agent/net/rfc3339.h"
#include "agent/notify/api_alerts.h"
#include "agent/notify/api_body.h"
#include "agent/notify/api_notifications.h"
#include "agent/notify/api_silences.h"
#include "agent/version.h"

namespace hitwatch::notify {
namespace {

// Of the Alertmanager whose API this is: amtool warns of another version than its own.
constexpr const char* kAlertmanagerVersion = "0.25.0";

// A request with what stands in its path for the `*` of the row.
struct ApiCall {
  const web::Request& request;
  std::string_view id;
  ApiParts& parts;
  std::int64_t now;
};
using ApiHandler = ApiAnswer (*)(const ApiCall&);

ApiAnswer show_api_status(const ApiCall& call) {
  const nlohmann::ordered_json body = {
      {"cluster",
       {{"name", ""}, {"peers", nlohmann::ordered_json::array()}, {"status", "disabled"}}},
      {"config", {{"original", call.parts.settings.original}}},
      {"uptime", net::format_rfc3339_milliseconds(call.parts.started_at)},
      {"versionInfo",
       {{"branch", ""},
        {"buildDate", ""},
        {"buildUser", ""},
        {"goVersion", ""},
        {"revision", std::string("hitwatch ") + kVersion},
        {"version", kAlertmanagerVersion}}}};
  return {.response = json_response(200, body)};
}

ApiAnswer list_api_receivers(const ApiCall& call) {
  auto body = nlohmann::ordered_json::array();
  for (const Receiver& receiver : call.parts.settings.receivers) {
    body.push_back({{"name", receiver.name}});
  }
  return {.response = json_response(200, body)};
}

struct ApiRoute {
  std::string_view path;
  std::string_view method;  // of HEAD: GET
  ApiHandler handler;
};
constexpr auto kApiRoutes = std::to_array<ApiRoute>({
    {"/api/v2/status", "GET", show_api_status},
    {"/api/v2/receivers", "GET", list_api_receivers},
    {"/api/v2/alerts", "GET",
     [](const ApiCall& call) { return list_api_alerts(call.request, call.parts, call.now); }},
    {"/api/v2/alerts", "POST",
     [](const ApiCall& call) { return take_api_alerts(call.request, call.parts, call.now); }},
    {"/api/v2/alerts/groups", "GET",
     [](const ApiCall& call) { return list_api_groups(call.request, call.parts, call.now); }},
    {"/api/v2/silences", "GET",
     [](const ApiCall& call) { return list_api_silences(call.request, call.parts, call.now); }},
    {"/api/v2/silences", "POST",
     [](const ApiCall& call) { return set_api_silence(call.request, call.parts, call.now); }},
    {"/api/v2/silence/*", "GET",
     [](const ApiCall& call) { return show_api_silence(call.id, call.parts, call.now); }},
    {"/api/v2/silence/*", "DELETE",
     [](const ApiCall& call) { return expire_api_silence(call.id, call.parts, call.now); }},
    {"/api/v1/notifications", "GET",
     [](const ApiCall& call) { return list_api_notifications(call.request, call.parts); }},
    {"/api/v1/notifications/resend", "POST",
     [](const ApiCall& call) { return resend_all_api_notifications(call.parts, call.now); }},
    {"/api/v1/notifications/*/resend", "POST",
     [](const ApiCall& call) { return resend_api_notification(call.id, call.parts, call.now); }},
});

// What stands in `path` for the `*` of a row, "" if that has none; nothing if they differ.
std::optional<std::string_view> api_path_part(std::string_view row, std::string_view path) {
  const std::size_t star = row.find('*');
  if (star == row.npos) return row == path ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view tail = row.substr(star + 1);
  if (path.size() < row.size() || !path.starts_with(row.substr(0, star)) || !path.ends_with(tail)) {
    return std::nullopt;
  }
  const std::string_view part = path.substr(star, path.size() - star - tail.size());
  return part.contains('/') ? std::nullopt : std::optional(part);
}

// The form of errors differs: /api/v1 is like Prometheus'.
web::Response refuse_call(const web::Request& request, int status, std::string_view type,
                          std::string_view text) {
  if (request.path.starts_with("/api/v1/")) return notification_error(status, type, text);
  return fault_response({status, std::string(text)});
}

ApiAnswer refuse_method(const web::Request& request, const std::vector<std::string_view>& methods) {
  const std::string allowed = fmt::format("{}", fmt::join(methods, ", "));
  ApiAnswer answer{.response =
                       refuse_call(request, 405, "bad_data", fmt::format("use {} here", allowed))};
  answer.response.headers.push_back({"Allow", allowed});
  return answer;
}

}  // namespace

ApiAnswer answer_api(const web::Request& request, ApiParts& parts, std::int64_t now) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::vector<std::string_view> methods;
  for (const ApiRoute& route : kApiRoutes) {
    const auto id = api_path_part(route.path, request.path);
    if (!id) continue;
    methods.push_back(route.method);
    if (route.method != method) continue;
    if (method != "GET" && !request.from_loopback && !parts.admin_api) {
      return {.response = refuse_call(request, 403, "forbidden",
                                      "changes are taken from this machine only; web.admin_api "
                                      "lets others make them")};
    }
    return route.handler({request, *id, parts, now});
  }
  if (!methods.empty()) return refuse_method(request, methods);
  return {.response = refuse_call(request, 404, "not_found", "there is nothing at this path")};
}

}  // namespace hitwatch::notify
