#include "agent/tap_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "agent/json_response.h"
#include "agent/rules/api_parameters.h"
#include "agent/tap_json.h"

namespace hitwatch {
namespace {

constexpr std::size_t kMostTapRows = 1000;

nlohmann::json ratio_or_null(const std::optional<double>& ratio) {
  return ratio ? nlohmann::json(*ratio) : nlohmann::json(nullptr);
}

nlohmann::json instances_json(const std::vector<TapService::Instance>& instances) {
  nlohmann::json list = nlohmann::json::array();
  for (const TapService::Instance& instance : instances) {
    list.push_back({{"name", instance.name},
                    {"addresses", instance.addresses},
                    {"coverage", ratio_or_null(instance.coverage)},
                    {"disagreement", ratio_or_null(instance.disagreement)}});
  }
  return list;
}

}  // namespace

web::Response answer_tap(const web::Request& request, const TapService& tap) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return rules::error_response(parameters.error());
  const auto limit = parameters->limit("limit");
  if (!limit) return rules::error_response(limit.error());
  const TapService::View view = tap.view();
  const std::size_t most = *limit == 0 ? kMostTapRows : std::min(*limit, kMostTapRows);
  nlohmann::json report = nullptr;
  if (view.off.empty()) report = tap_json(tap.report(), {.show_keys = false, .most_rows = most});
  return json_response(200, {{"status", "success"},
                             {"data",
                              {{"enabled", view.wanted},
                               {"off", view.off},
                               {"sample", 1.0 / view.one_of},
                               {"ports", view.ports},
                               {"instances", instances_json(view.instances)},
                               {"report", std::move(report)}}}});
}

}  // namespace hitwatch
