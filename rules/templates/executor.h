// Runs parsed templates.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/templates/function.h"
#include "rules/templates/syntax.h"

namespace hitwatch::templates {

// The output of the definition `name`, with `data` as its dot and as $. The error is
// text/template's: `template: NAME:LINE:COLUMN: executing "NAME" at <EXPRESSION>: what is wrong`,
// with the column in bytes from 0. `source_name` and `source` are what was parsed. Ends with an
// error when the budget is spent.
std::expected<std::string, std::string> run(const Definitions& definitions, std::string_view name,
                                            std::string_view source_name, std::string_view source,
                                            const Value& data, const Environment& environment);

}  // namespace hitwatch::templates
