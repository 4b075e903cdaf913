// Percent-encoding (RFC 3986, section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::net {

// Replaces every `%41` by the byte it means. Nothing for a broken escape, or one that means NUL.
std::optional<std::string> percent_decode(std::string_view text);

// Escapes everything but unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace hitwatch::net
