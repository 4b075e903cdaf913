// Patterns of names and addresses.
#pragma once

#include <string_view>

namespace hitwatch::net {

// `*` any text, `?` any character.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace hitwatch::net
