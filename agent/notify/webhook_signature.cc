#include "agent/notify/webhook_signature.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "agent/net/base64.h"

namespace hitwatch::notify {
namespace {

constexpr std::string_view kKeyPrefix = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kLeastKeyBytes = 24;

// Empty if OpenSSL cannot.
std::string webhook_hmac(std::string_view key, std::string_view content) {
  std::string code(EVP_MAX_MD_SIZE, '\0');
  std::size_t size = 0;
  const auto* made =
      EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                reinterpret_cast<const unsigned char*>(content.data()), content.size(),
                reinterpret_cast<unsigned char*>(code.data()), code.size(), &size);
  code.resize(made == nullptr ? 0 : size);
  return code;
}

}  // namespace

std::expected<std::string, std::string> webhook_key(std::string_view secret) {
  std::string key(secret);
  if (secret.starts_with(kKeyPrefix)) {
    auto decoded = net::base64_decode(secret.substr(kKeyPrefix.size()));
    if (!decoded) return std::unexpected("what follows whsec_ is not base64");
    key = *std::move(decoded);
  }
  if (key.size() >= kLeastKeyBytes) return key;
  return std::unexpected(fmt::format("a signing secret needs at least {} bytes, this one has {}",
                                     kLeastKeyBytes, key.size()));
}

std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                 std::string_view body) {
  const std::string code = webhook_hmac(key, fmt::format("{}.{}.{}", id, timestamp, body));
  return std::string(kVersion) + net::base64_encode(code);
}

bool verify(std::string_view key, std::string_view id, std::int64_t timestamp,
            std::string_view body, std::string_view header) {
  const std::string right = sign(key, id, timestamp, body);
  if (right.size() == kVersion.size()) return false;
  bool found = false;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(' '), header.size());
    const std::string_view given = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (given.size() != right.size()) continue;
    if (CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0) found = true;
  }
  return found;
}

}  // namespace hitwatch::notify
