#include "rules/templates/template.h"

#include <utility>

#include "rules/templates/executor.h"

namespace hitwatch::templates {

std::expected<Template, ParseError> Template::parse(std::string name, std::string source,
                                                    const FunctionTable& functions) {
  auto definitions = templates::parse(name, source, functions);
  if (!definitions) return std::unexpected(std::move(definitions.error()));
  return Template(std::move(name), std::move(source), std::move(*definitions));
}

std::expected<std::string, std::string> Template::execute(const Value& data,
                                                          const Environment& environment) const {
  return run(definitions_, name_, name_, source_, data, environment);
}

}  // namespace hitwatch::templates
