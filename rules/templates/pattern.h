// Regular expressions of templates.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/templates/function.h"

namespace hitwatch::templates {

// Compiled once per execution; the pointer lives as long as that. The error is worded like Go's:
// `error parsing regexp: missing closing ): `(``.
std::expected<const re2::RE2*, std::string> compiled(Call& call, const std::string& pattern);

// All matches in `text`, replaced by `replacement` with its $1, ${1}, $name, ${name} and $$.
std::expected<std::string, std::string> replace_all(Call& call, const re2::RE2& pattern,
                                                    std::string_view replacement,
                                                    std::string_view text);

}  // namespace hitwatch::templates
