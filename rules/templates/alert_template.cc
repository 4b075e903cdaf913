#include "rules/templates/alert_template.h"

#include <fmt/format.h>

#include <memory>

#include "rules/templates/alert_functions.h"
#include "rules/templates/builtins.h"

namespace hitwatch::templates {
namespace {

constexpr std::string_view kVariables =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
    "{{$externalURL := .ExternalURL}}{{$value := .Value}}";
constexpr std::string_view kDataType =
    "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; "
    "Value float64 }";

FunctionTable functions() { return FunctionTable({builtin_functions(), alert_functions()}); }

}  // namespace

std::expected<AlertTemplate, ParseError> AlertTemplate::parse(std::string_view alert,
                                                              std::string_view text) {
  auto parsed = Template::parse(fmt::format("__alert_{}", alert),
                                std::string(kVariables).append(text), functions());
  if (parsed) return AlertTemplate(std::move(*parsed));
  auto error = std::move(parsed.error());
  const int before = static_cast<int>(kVariables.size());
  if (error.line == 1) error.column = error.column > before ? error.column - before : 1;
  return std::unexpected(std::move(error));
}

std::expected<std::string, std::string> AlertTemplate::execute(const AlertData& data) const {
  const auto dot = Value::object(std::make_shared<Struct>(
      kDataType, Object::Fields{{"Labels", text_map(data.labels)},
                                {"ExternalLabels", text_map(data.external_labels)},
                                {"ExternalURL", Value::text(std::string(data.external_url))},
                                {"Value", Value::number(data.value)}}));
  const Environment environment{data.external_url, data.now, data.query};
  auto text = template_.execute(dot, environment);
  if (text) return text;
  return std::unexpected(
      fmt::format("error executing template {}: {}", template_.name(), text.error()));
}

std::string AlertTemplate::expand(const AlertData& data) const {
  auto text = execute(data);
  if (text) return std::move(*text);
  return fmt::format("<error expanding template: {}>", text.error());
}

}  // namespace hitwatch::templates
