// Any text must be refused with an error or expanded, within bounds, as a template of an alert.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/templates/alert_template.h"
#include "rules/templates/limits.h"

namespace {

using hitwatch::templates::Query;
using hitwatch::templates::QuerySample;

Query samples() {
  return [](std::string_view expression) -> std::expected<std::vector<QuerySample>, std::string> {
    if (expression.empty()) return std::unexpected("nothing to evaluate");
    return std::vector<QuerySample>{{{{"instance", "h1:6379"}, {"__value__", "x"}}, 1},
                                    {{{"instance", "10.0.0.1:6379"}}, -0.5}};
  };
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = hitwatch::templates::AlertTemplate::parse("Fuzz", text);
  if (!parsed) {
    const auto& error = parsed.error();
    if (error.line < 1 || error.column < 1 || error.text.empty()) std::abort();
    return 0;
  }
  const hitwatch::templates::Labels labels = {{"__name__", "m"}, {"instance", "a.example:1"}};
  const auto query = samples();
  const auto expanded = parsed->execute({.labels = labels,
                                         .value = 2097152.5,
                                         .external_labels = labels,
                                         .external_url = "http://prom.example/p",
                                         .now = 1700000000,
                                         .query = &query});
  if (expanded && expanded->size() > hitwatch::templates::kLongestOutput) std::abort();
  return 0;
}
