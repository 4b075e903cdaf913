// Runs parsed templates.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/templates/function.h"
#include "rules/templates/syntax.h"

namespace hitwatch::templates {

// The output of the definition `name`, with `data` as its dot and as $. The error is
// text/template's: `template: SOURCE:LINE:COLUMN: executing "NAME" at <EXPRESSION>: what is wrong`,
// with the column in bytes from 0, where NAME is the definition that failed and SOURCE the text
// that it is from. Ends with an error when the budget is spent.
std::expected<std::string, std::string> run(const Definitions& definitions, std::string_view name,
                                            const Value& data, const Environment& environment);

}  // namespace hitwatch::templates
