#include "agent/web/auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

#include "agent/net/base64.h"
#include "agent/net/http_words.h"

namespace hitwatch::web {
namespace {

// The hash that stands in for a user who does not exist: the costliest, so that a wrong name is
// never answered faster than a wrong password.
const std::string& decoy_of(const Users& users) {
  const std::string* costliest = nullptr;
  for (const auto& [user, hash] : users) {
    if (costliest == nullptr || hash.substr(4, 2) > costliest->substr(4, 2)) costliest = &hash;
  }
  return *costliest;
}

}  // namespace

std::optional<UserPassword> parse_basic_authorization(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (!net::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  header.remove_prefix(kScheme.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  const auto decoded = net::base64_decode(header);
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return UserPassword{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

std::size_t Authenticator::DigestHash::operator()(const Digest& digest) const {
  // The digest is keyed with a secret, so any part of it is as good as a hash.
  std::size_t value = 0;
  std::memcpy(&value, digest.data(), sizeof(value));
  return value;
}

Authenticator::Authenticator() : key_{} {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
    throw std::runtime_error("no random numbers for basic authentication");
  }
}

Authenticator::~Authenticator() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  OPENSSL_cleanse(key_.data(), key_.size());
}

Authenticator::Digest Authenticator::digest_of(std::string_view stored,
                                               const UserPassword& given) const {
  // A stored hash has a fixed length and a user name no colon: no two inputs read alike.
  std::string message;
  message.reserve(stored.size() + given.user.size() + given.password.size() + 1);
  message.append(stored).append(given.user).append(":").append(given.password);
  Digest digest{};
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       nullptr);
  OPENSSL_cleanse(message.data(), message.size());
  return digest;
}

std::optional<Verdict> Authenticator::check(std::string_view authorization,
                                            std::shared_ptr<const Users> users,
                                            std::function<void(Verdict)> done) {
  if (users->empty()) return Verdict::kAccepted;
  auto given = parse_basic_authorization(authorization);
  if (!given) return Verdict::kRejected;
  const auto user = users->find(given->user);
  const bool known = user != users->end();
  const std::string& stored = known ? user->second : decoy_of(*users);
  const Digest digest = digest_of(stored, *given);

  const std::lock_guard lock(mutex_);
  if (known && remembers(digest)) return Verdict::kAccepted;
  if (stopping_ || waiting_.size() >= kMaxWaiting) return Verdict::kBusy;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  waiting_.push_back({std::move(given->password), stored, known, digest, std::move(done)});
  wake_.notify_one();
  return std::nullopt;
}

bool Authenticator::remembers(const Digest& digest) { return remembered_.contains(digest); }

void Authenticator::remember(const Digest& digest) {
  if (!remembered_.insert(digest).second) return;
  remembered_order_.push_back(digest);
  if (remembered_order_.size() > kMaxRemembered) {
    remembered_.erase(remembered_order_.front());
    remembered_order_.pop_front();
  }
}

void Authenticator::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    // The same password may have waited several times.
    bool right = job.known_user && remembers(job.digest);
    if (!right) {
      ++password_checks_;
      lock.unlock();
      right = verify(job) && job.known_user;
      lock.lock();
      if (right) remember(job.digest);
    }
    lock.unlock();
    OPENSSL_cleanse(job.password.data(), job.password.size());
    job.done(right ? Verdict::kAccepted : Verdict::kRejected);
    job.done = nullptr;
    lock.lock();
  }
}

bool Authenticator::verify(Job& job) {
  // 32 KB, too much for a stack.
  const auto state = std::make_unique<crypt_data>();
  const char* computed = crypt_r(job.password.c_str(), job.stored.c_str(), state.get());
  const bool equal = computed != nullptr && std::strlen(computed) == job.stored.size() &&
                     CRYPTO_memcmp(computed, job.stored.data(), job.stored.size()) == 0;
  OPENSSL_cleanse(state.get(), sizeof(crypt_data));
  // C strings end at a NUL, a password does not: "secret\0x" is not "secret".
  return equal && job.password.find('\0') == std::string::npos;
}

std::uint64_t Authenticator::password_checks() const {
  const std::lock_guard lock(mutex_);
  return password_checks_;
}

}  // namespace hitwatch::web
