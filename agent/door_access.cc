#include "agent/door_access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "agent/door_body.h"
#include "agent/net/http_words.h"

namespace hitwatch {
namespace {

// By digests, so that the time tells neither the length nor where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
  const auto digest_of = [](std::string_view text) {
    Digest digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
  };
  const Digest first = digest_of(a);
  const Digest second = digest_of(b);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

std::string_view bearer_token(const web::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view header = request.header("Authorization");
  if (!net::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return {};
  return trimmed_header(header.substr(kScheme.size()));
}

}  // namespace

void DoorAccess::configure(bool enabled, const net::SecretSource& source) {
  bool same_source = false;
  {
    const std::scoped_lock lock(mutex_);
    same_source = source == source_;
    enabled_ = enabled;
    source_ = source;
    complained_ = false;
    if (!enabled || source.empty()) token_.clear();
  }
  read_token(same_source ? OnFailure::kKeepFormer : OnFailure::kTakeNone);
}

void DoorAccess::refresh() { read_token(OnFailure::kKeepFormer); }

// Reads without the lock: the web server's thread must not wait for a file.
void DoorAccess::read_token(OnFailure on_failure) {
  net::SecretSource source;
  {
    const std::scoped_lock lock(mutex_);
    if (!enabled_ || source_.empty()) return;
    source = source_;
  }
  auto token = net::read_secret(source);
  if (token && token->empty()) {
    token = std::unexpected(net::Error{net::Reason::kSecret, "the token is empty"});
  }
  const std::scoped_lock lock(mutex_);
  if (token) {
    token_ = *std::move(token);
    complained_ = false;
    return;
  }
  if (on_failure == OnFailure::kTakeNone) token_.clear();
  if (!std::exchange(complained_, true)) complain(token.error().text);
}

void DoorAccess::complain(std::string_view why) {
  if (token_.empty()) {
    log_.error(fmt::format("the token of {} cannot be read, so none is taken", door_),
               {{"error", why}});
  } else {
    log_.warn(fmt::format("the token of {} cannot be read, the former one stays", door_),
              {{"error", why}});
  }
}

bool DoorAccess::is_open() const {
  const std::scoped_lock lock(mutex_);
  return enabled_;
}

bool DoorAccess::has_token(const web::Request& request) const {
  const std::string_view given = bearer_token(request);
  const std::scoped_lock lock(mutex_);
  return enabled_ && !token_.empty() && equal_in_constant_time(given, token_);
}

}  // namespace hitwatch
