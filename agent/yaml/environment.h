// `${NAME}` in the texts of a file.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::yaml {

// Replaces every `${NAME}` by the environment variable NAME and `$$` by a dollar sign; any other
// `$` stays. What a variable holds is not expanded again. The result has at most 64 KiB. Errors are
// a sentence that names the variable and never its value.
std::expected<std::string, std::string> expand_environment(std::string_view text);

// [A-Za-z_][A-Za-z0-9_]*
bool is_variable_name(std::string_view name);

}  // namespace hitwatch::yaml
