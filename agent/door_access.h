// Who may post to a door of the web server: whoever brings its token.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/log/log.h"
#include "agent/net/secret.h"
#include "agent/web/server.h"

namespace hitwatch {

class DoorAccess {
 public:
  // `door` is what the log calls it: "POST /v1/lookups". Closed until `configure` opens it. Both
  // must outlive this.
  DoorAccess(std::string_view door, log::Log& log) : door_(door), log_(log) {}

  // Both read the token, so not for a thread that must not wait for a file. A file that cannot be
  // read any more leaves its former token in force; of a new source that cannot be read none is
  // taken. Either is logged once. Without a source no token is taken.
  void configure(bool enabled, const net::SecretSource& source);
  void refresh();

  // Any thread.
  bool is_open() const;
  // Whether the door is open and the request brings the token as `Authorization: Bearer`.
  bool has_token(const web::Request& request) const;

 private:
  enum class OnFailure : std::uint8_t { kKeepFormer, kTakeNone };
  void read_token(OnFailure on_failure);
  void complain(std::string_view why);  // with the lock

  std::string_view door_;
  log::Log& log_;
  mutable std::mutex mutex_;  // of the rest
  bool enabled_ = false;
  net::SecretSource source_;
  std::string token_;
  bool complained_ = false;
};

}  // namespace hitwatch
