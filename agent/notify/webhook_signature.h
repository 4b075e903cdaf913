// Standard Webhooks (standardwebhooks.com, specification 1.0.0): HMAC-SHA256 over
// `id.timestamp.body`, in base64, as `v1,…`.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::notify {

// `secret`: `whsec_` and base64, or any other text, whose bytes are the key. At least 24 bytes.
std::expected<std::string, std::string> webhook_key(std::string_view secret);
std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                 std::string_view body);
// Whether one of the signatures of a header (`v1,… v1,…`) is right; in constant time.
bool verify(std::string_view key, std::string_view id, std::int64_t timestamp,
            std::string_view body, std::string_view header);

}  // namespace hitwatch::notify
