// The templates of alerts' labels and annotations, parsed once.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "rules/alerting/expand.h"
#include "rules/alerting/group.h"

namespace hitwatch::alerting {

// Whether a text parses as a template; a reason if it does not. Nothing is run.
std::expected<void, std::string> check_template(std::string_view alert, std::string_view text);

// What templates know beside the sample.
struct TemplateContext {
  metrics::Labels external_labels;
  std::string external_url;
  QueryFunc query;  // of `query "…"`; none: that is an error
};

// An ExpandFunc that keeps the templates it has parsed. They are forgotten with the function: make
// a new one when rules are reloaded. One thread at a time.
ExpandFunc template_expander(TemplateContext context);

}  // namespace hitwatch::alerting
