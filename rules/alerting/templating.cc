#include "rules/alerting/templating.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "rules/promql/parser.h"
#include "rules/templates/alert_template.h"

namespace hitwatch::alerting {
namespace {

templates::Labels pairs_of(const metrics::Labels& labels) {
  templates::Labels pairs;
  pairs.reserve(labels.size());
  for (const metrics::Label& label : labels) pairs.emplace_back(label.name, label.value);
  return pairs;
}

class Expander {
 public:
  explicit Expander(TemplateContext context)
      : context_(std::move(context)), external_labels_(pairs_of(context_.external_labels)) {}

  std::string expand(std::string_view alert, std::string_view text, const metrics::Labels& labels,
                     double value, std::int64_t time) {
    const auto& parsed = find(alert, text);
    if (!parsed) return fmt::format("<error expanding template: {}>", parsed.error());
    const templates::Labels pairs = pairs_of(labels);
    const templates::Query query = [&](std::string_view expr) { return run_query(expr, time); };
    const templates::AlertData data{.labels = pairs,
                                    .value = value,
                                    .external_labels = external_labels_,
                                    .external_url = context_.external_url,
                                    .now = static_cast<double>(time) / 1000,
                                    .query = context_.query ? &query : nullptr};
    return parsed->expand(data);
  }

 private:
  using Parsed = std::expected<templates::AlertTemplate, std::string>;

  const Parsed& find(std::string_view alert, std::string_view text) {
    const auto key = std::pair(std::string(alert), std::string(text));
    const auto known = parsed_.find(key);
    if (known != parsed_.end()) return known->second;
    auto made = templates::AlertTemplate::parse(alert, text);
    if (made) return parsed_.emplace(key, *std::move(made)).first->second;
    return parsed_.emplace(key, std::unexpected(made.error().text)).first->second;
  }

  using Samples = std::vector<templates::QuerySample>;

  std::expected<Samples, std::string> run_query(std::string_view text, std::int64_t time) const {
    const auto expr = promql::parse(text);
    if (!expr) return std::unexpected(promql::describe(expr.error(), text));
    const auto result = context_.query(**expr, text, time);
    if (!result) return std::unexpected(result.error().text);
    Samples samples;
    switch (result->type) {
      case promql::ValueType::kScalar:
        samples.push_back(templates::QuerySample{{}, result->scalar});
        return samples;
      case promql::ValueType::kVector:
        break;
      default:
        return std::unexpected("query result is not a vector or scalar");
    }
    for (const promql::ResultSeries& series : result->series) {
      if (series.points.empty()) continue;
      templates::QuerySample sample{{}, series.points.back().value};
      for (const window::LabelPair& pair : series.labels->pairs()) {
        sample.labels.emplace_back(*pair.name, *pair.value);
      }
      samples.push_back(std::move(sample));
    }
    return samples;
  }

  TemplateContext context_;
  templates::Labels external_labels_;
  std::map<std::pair<std::string, std::string>, Parsed> parsed_;
};

}  // namespace

std::expected<void, std::string> check_template(std::string_view alert, std::string_view text) {
  if (!text.contains("{{")) return {};
  const auto parsed = templates::AlertTemplate::parse(alert, text);
  if (parsed) return {};
  return std::unexpected(fmt::format("template: {}:{}: {}", parsed.error().line,
                                     parsed.error().column, parsed.error().text));
}

ExpandFunc template_expander(TemplateContext context) {
  auto expander = std::make_shared<Expander>(std::move(context));
  return [expander](std::string_view alert, std::string_view text, const metrics::Labels& labels,
                    double value, std::int64_t time) {
    return expander->expand(alert, text, labels, value, time);
  };
}

}  // namespace hitwatch::alerting
