// The templates in labels and annotations of alerting rules, as Prometheus expands them: $labels,
// $externalLabels, $externalURL and $value, and the functions of alert_functions.h.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/templates/template.h"

namespace hitwatch::templates {

using Labels = std::vector<std::pair<std::string, std::string>>;

// What one alert's templates see. All of it must outlive the expansion.
struct AlertData {
  const Labels& labels;  // the sample's, with __name__ if the expression kept it
  double value = 0;
  const Labels& external_labels;
  std::string_view external_url;
  double now = 0;                // seconds since 1970: when the rule is evaluated
  const Query* query = nullptr;  // null: `query` is an error
};

class AlertTemplate {
 public:
  // Positions of errors are those in `text`.
  static std::expected<AlertTemplate, ParseError> parse(std::string_view alert,
                                                        std::string_view text);

  // The text, or what went wrong:
  // `error executing template __alert_NAME: template: __alert_NAME:1:115: executing …`. Columns of
  // the first line count what declares the variables, 112 bytes, as they do in Prometheus.
  std::expected<std::string, std::string> execute(const AlertData& data) const;
  // The text, or `<error expanding template: …>`, so that an alert never stays unsent for it.
  std::string expand(const AlertData& data) const;

 private:
  explicit AlertTemplate(Template parsed) : template_(std::move(parsed)) {}

  Template template_;
};

}  // namespace hitwatch::templates
