#include "agent/net/secret.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "agent/net/small_file.h"

namespace hitwatch::net {
namespace {

constexpr std::size_t kMaxSecretBytes = 64U << 10;

std::unexpected<Error> failure(std::string text) {
  return std::unexpected(Error{Reason::kSecret, std::move(text)});
}

std::expected<std::string, Error> read_file(const std::string& path) {
  auto content = read_small_file(path, kMaxSecretBytes);
  if (!content) return failure(fmt::format("secret file {}: {}", path, content.error()));
  std::string secret = *std::move(content);
  if (secret.ends_with("\r\n")) {
    secret.resize(secret.size() - 2);
  } else if (secret.ends_with('\n')) {
    secret.pop_back();
  }
  return secret;
}

}  // namespace

std::expected<std::string, Error> read_secret(const SecretSource& source) {
  if (!source.file.empty()) return read_file(source.file);
  if (!source.environment.empty()) {
    const char* value = std::getenv(source.environment.c_str());
    if (value == nullptr) {
      return failure(fmt::format("the environment variable {} is not set", source.environment));
    }
    return std::string(value);
  }
  return source.literal;
}

}  // namespace hitwatch::net
