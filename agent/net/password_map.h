// Passwords by server in a file of redis_exporter's format:
//
//   {"redis://host:6379": "…", "rediss://user@host:6380": "…", "host:6379": ""}
//
// A key without a scheme is for connections with and without TLS; an empty password says that the
// server has none. Passwords and databases in keys mean nothing.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"
#include "agent/net/url.h"

namespace hitwatch::net {

// The file is looked at whenever a password is asked for, and read if it has changed. Copies share
// what was read; any thread.
class PasswordMap {
 public:
  static constexpr std::size_t kMaxBytes = 1U << 20;
  // So long the former content serves when the file is bad: somebody may just be writing it.
  static constexpr std::chrono::milliseconds kPatience{2000};

  explicit PasswordMap(std::string path, std::chrono::milliseconds patience = kPatience);

  // Reads the file; fails with Reason::kSecret and what to do about it.
  std::expected<void, Error> check() const;

  struct Login {
    std::string username;
    std::string password;
    bool operator==(const Login&) const = default;
  };
  // Who to be at a server; nothing if the file does not name it. Of several entries, that of
  // `username` goes before that without a user, and that before others; those count only if
  // `any_user`. An entry without a user is for `username`. Fails as `check` does if the file cannot
  // be read now, could not be for some time, and named the server when it could: whom it did not
  // name, it does not keep away.
  std::expected<std::optional<Login>, Error> find(const RedisUrl& url, std::string_view username,
                                                  bool any_user) const;

  // The servers it names, as patterns of addresses: with the scheme where a key has one.
  std::vector<std::string> servers() const;

  const std::string& path() const { return path_; }
  bool operator==(const PasswordMap& other) const { return path_ == other.path_; }

 private:
  class Content;
  std::string path_;
  std::shared_ptr<Content> content_;
};

// How one target looks for its login in a map.
struct PasswordLookup {
  PasswordMap map;
  std::string username;
  bool any_user = true;
  bool operator==(const PasswordLookup&) const = default;
};

}  // namespace hitwatch::net
