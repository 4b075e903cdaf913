// Base64 with padding (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::net {

std::string base64_encode(std::string_view bytes);
// Nothing if the text is not base64 or lacks its padding.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace hitwatch::net
