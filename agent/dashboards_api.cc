#include "agent/dashboards_api.h"

#include <algorithm>
#include <string>

#include "agent/json_response.h"
#include "dashboards/dashboards.h"

namespace hitwatch {
namespace {

using nlohmann::ordered_json;

}  // namespace

web::Response answer_dashboards() {
  ordered_json list = ordered_json::array();
  for (const dashboards::Dashboard& dashboard : dashboards::all()) {
    list.push_back({{"name", dashboard.name},
                    {"title", dashboard.title},
                    {"uid", dashboard.uid},
                    {"description", dashboard.description},
                    {"url", "/dashboards/" + std::string(dashboard.name) + ".json"}});
  }
  return json_response(200, ordered_json{{"dashboards", std::move(list)}});
}

web::Response answer_dashboard(std::string_view name) {
  const auto all = dashboards::all();
  const auto found = std::ranges::find(all, name, &dashboards::Dashboard::name);
  if (found == all.end()) {
    const ordered_json answer = {{"error", "there is no dashboard of that name: see /dashboards/"}};
    return json_response(404, answer);
  }
  return json_text(std::string(found->json));
}

}  // namespace hitwatch
