// From the text of a template to its syntax.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/templates/function.h"
#include "rules/templates/syntax.h"

namespace hitwatch::templates {

struct ParseError {
  int line;          // from 1
  int column;        // bytes, from 1
  std::string text;  // in text/template's words
};

// The template itself is defined under `name`. Functions that are not in the table are errors, as
// are sources longer than kLongestTemplate and nesting deeper than kDeepestSyntax. The functions
// that the table refers to must outlive the result.
std::expected<Blocks, ParseError> parse(std::string_view name, std::string_view source,
                                        const FunctionTable& functions);

}  // namespace hitwatch::templates
