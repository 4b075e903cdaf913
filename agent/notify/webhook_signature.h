// Standard Webhooks (standardwebhooks.com, specification 1.0.0): HMAC-SHA256 over
// `id.timestamp.body`, in base64, as `v1,…`.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::notify {

// The key of a secret: `whsec_` and base64, or any other text, whose bytes are the key. At least 24
// bytes. The error does not repeat the secret.
std::expected<std::string, std::string> webhook_key(std::string_view secret);
// The value of the header webhook-signature. `timestamp`: that of the header webhook-timestamp,
// seconds since 1970.
std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                 std::string_view body);
// Whether one of the signatures of a header (`v1,… v1,…`) is right; how long it takes does not tell
// how much of one is. Signatures of other versions are passed over.
bool verify(std::string_view key, std::string_view id, std::int64_t timestamp,
            std::string_view body, std::string_view header);

}  // namespace hitwatch::notify
