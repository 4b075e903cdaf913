#include "agent/exemplars_api.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "agent/json_response.h"
#include "agent/metrics/exposition.h"
#include "agent/rules/api_parameters.h"
#include "rules/promql/needs.h"
#include "rules/promql/parser.h"

namespace hitwatch {
namespace {

using rules::ApiError;

constexpr std::int64_t kMostPast = std::numeric_limits<std::int64_t>::min() / 2;
constexpr std::int64_t kMostFuture = std::numeric_limits<std::int64_t>::max() / 2;

struct ExemplarQuery {
  std::vector<window::Matchers> selectors;
  std::int64_t start = 0;  // milliseconds since 1970, both included
  std::int64_t end = 0;
};

std::expected<ExemplarQuery, ApiError> read_exemplar_query(const web::Request& request) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return std::unexpected(parameters.error());
  const auto start = parameters->time("start", kMostPast);
  if (!start) return std::unexpected(start.error());
  const auto end = parameters->time("end", kMostFuture);
  if (!end) return std::unexpected(end.error());
  if (*end < *start) {
    return std::unexpected(
        rules::bad_parameter("end", "end timestamp must not be before start time"));
  }
  const std::string* given = parameters->find("query");
  const std::string text = given == nullptr ? "" : *given;
  const auto expr = promql::parse(text);
  if (!expr) {
    return std::unexpected(
        rules::bad_parameter("query", "parse error: " + promql::describe(expr.error(), text)));
  }
  ExemplarQuery query{.selectors = {}, .start = *start, .end = *end};
  constexpr std::int64_t kAnyLength = 1;  // only which series are read is of interest
  for (promql::Need& need : promql::needs(**expr, kAnyLength, kAnyLength)) {
    query.selectors.push_back(std::move(need.matchers));
  }
  return query;
}

std::string_view value_of(const metrics::Labels& labels, std::string_view name) {
  const auto label = std::ranges::find(labels, name, &metrics::Label::name);
  return label == labels.end() ? std::string_view() : label->value;
}

bool is_selected(const ExemplarQuery& query, const metrics::Labels& labels) {
  return std::ranges::any_of(query.selectors, [&](const window::Matchers& matchers) {
    return std::ranges::all_of(matchers, [&](const window::Matcher& matcher) {
      return matcher.matches(value_of(labels, matcher.name()));
    });
  });
}

nlohmann::json exemplar_json(const lookups::Exemplar& exemplar) {
  constexpr double kMillisecondsPerSecond = 1000;
  nlohmann::json labels = {{"trace_id", trace::to_hex(exemplar.trace)}};
  if (exemplar.span.valid()) labels["span_id"] = trace::to_hex(exemplar.span);
  std::string value;
  metrics::append_value(value, exemplar.seconds);
  const auto time = static_cast<double>(exemplar.time.time_since_epoch().count());
  return {{"labels", std::move(labels)},
          {"value", std::move(value)},
          {"timestamp", time / kMillisecondsPerSecond}};
}

}  // namespace

web::Response answer_exemplars(const web::Request& request, const lookups::Store& store,
                               lookups::Buckets buckets, const metrics::Labels& own_labels) {
  const auto query = read_exemplar_query(request);
  if (!query) return rules::error_response(query.error());
  nlohmann::json data = nlohmann::json::array();
  for (lookups::Store::BucketExemplar& bucket : store.exemplars(buckets)) {
    const std::int64_t time = bucket.exemplar.time.time_since_epoch().count();
    if (time < query->start || time > query->end) continue;
    metrics::Labels& labels = bucket.labels;
    labels.push_back({"__name__", "cache_latency_seconds_bucket"});
    labels.insert(labels.end(), own_labels.begin(), own_labels.end());
    if (!is_selected(*query, labels)) continue;
    nlohmann::json series = nlohmann::json::object();
    for (const metrics::Label& label : labels) series[label.name] = label.value;
    data.push_back({{"seriesLabels", std::move(series)},
                    {"exemplars", nlohmann::json::array({exemplar_json(bucket.exemplar)})}});
  }
  return json_response(200, nlohmann::json{{"status", "success"}, {"data", std::move(data)}});
}

}  // namespace hitwatch
