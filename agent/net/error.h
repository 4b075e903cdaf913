// Why talking to something outside the process failed.
//
// A Reason is a word from a short fixed list, safe as a metric label: it never holds an address, a
// name or anything else that would make a new series per failure. The text is for the log and the
// API; it may hold addresses but never a secret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hitwatch::net {

enum class Reason : std::uint8_t {
  kNone,
  kRefused,      // nothing listens there
  kTimeout,      // the deadline passed first
  kDns,          // the host name does not resolve
  kUnreachable,  // no route, network down, no such socket file
  kReset,        // the peer closed or reset the connection
  kTls,          // handshake or certificate
  kAuth,         // wrong or missing password
  kNoPerm,       // the user may not run the command
  kLoading,      // the server is loading its data set
  kMasterDown,   // a replica without its master, not serving stale data
  kMaxClients,   // the server has no free connection
  kProtocol,     // the answer is not RESP, or exceeds a bound
  kSecret,       // a file or variable with a secret cannot be read
  kFailed,       // not asked: its cluster holds it for failed
  kError,        // the server answered another error
};

// The word for `reason`: lower case, no spaces; "" for kNone.
std::string_view reason_word(Reason reason);

struct Error {
  Reason reason = Reason::kNone;
  std::string text;
};

}  // namespace hitwatch::net
