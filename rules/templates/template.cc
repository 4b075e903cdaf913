#include "rules/templates/template.h"

#include <memory>
#include <utility>

#include "rules/templates/executor.h"

namespace hitwatch::templates {

std::expected<Template, ParseError> Template::parse(std::string name, std::string source,
                                                    const FunctionTable& functions,
                                                    const Definitions& inherited) {
  auto blocks = templates::parse(name, source, functions);
  if (!blocks) return std::unexpected(std::move(blocks.error()));
  const auto shared = std::make_shared<const Source>(name, std::move(source));
  auto definitions = inherited;
  for (auto& [defined, block] : *blocks) {
    auto& slot = definitions[defined];
    if (slot != nullptr && is_blank(block)) continue;
    slot = std::make_shared<const Definition>(std::move(block), shared);
  }
  return Template(std::move(name), std::move(definitions));
}

std::expected<std::string, std::string> Template::execute(const Value& data,
                                                          const Environment& environment) const {
  return run(definitions_, name_, data, environment);
}

}  // namespace hitwatch::templates
