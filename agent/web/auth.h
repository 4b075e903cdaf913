// HTTP basic authentication (RFC 7617) against bcrypt hashes.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "agent/web/web_config.h"

namespace hitwatch::web {

enum class Verdict : std::uint8_t {
  kAccepted,
  kRejected,
  kBusy,  // too many passwords are waiting to be checked: answer 503
};

struct UserPassword {
  std::string user;
  std::string password;
};

// Takes `Basic dXNlcjpwYXNz` apart; nothing if it is anything else.
std::optional<UserPassword> parse_basic_authorization(std::string_view header);

// bcrypt takes from a millisecond to seconds by design, so it runs on a thread of this class, one
// password at a time; passwords found right are remembered as a keyed hash (HMAC-SHA256 under a
// key of this process, over the stored hash, user and password), so a changed hash is checked
// anew. Only right ones are remembered: nobody without a password can push others out. A user that
// does not exist costs the same as a wrong password.
class Authenticator {
 public:
  static constexpr std::size_t kMaxWaiting = 64;
  static constexpr std::size_t kMaxRemembered = 256;

  Authenticator();
  // Forgets the waiting ones (their `done` is not called), waits for the one under way.
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // The verdict if it is known at once; otherwise nothing, and `done` is called later on this
  // class's thread. Any thread may call.
  std::optional<Verdict> check(std::string_view authorization, std::shared_ptr<const Users> users,
                               std::function<void(Verdict)> done);

  // How often bcrypt has run.
  std::uint64_t password_checks() const;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Job {
    std::string password;
    std::string stored;  // the user's hash, or another's if there is no such user
    bool known_user;
    Digest digest;
    std::function<void(Verdict)> done;
  };

  Digest digest_of(std::string_view stored, const UserPassword& given) const;
  bool remembers(const Digest& digest);
  void remember(const Digest& digest);
  void work();
  bool verify(Job& job);

  Digest key_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::uint64_t password_checks_ = 0;
  std::deque<Job> waiting_;
  std::unordered_set<Digest, DigestHash> remembered_;
  std::deque<Digest> remembered_order_;  // oldest first
  std::thread thread_;                   // started with the first password
};

}  // namespace hitwatch::web
