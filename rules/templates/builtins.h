// The functions that text/template itself has: and or not, eq ne lt le gt ge, index slice len,
// print printf println, html js urlquery, call.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/templates/function.h"

namespace hitwatch::templates {

std::span<const Function> builtin_functions();

// Go's url.QueryEscape.
std::string query_escape(std::string_view text);

}  // namespace hitwatch::templates
