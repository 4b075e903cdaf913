#include "agent/net/error.h"

namespace hitwatch::net {

std::string_view reason_word(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kRefused:
      return "refused";
    case Reason::kTimeout:
      return "timeout";
    case Reason::kDns:
      return "dns";
    case Reason::kUnreachable:
      return "unreachable";
    case Reason::kReset:
      return "reset";
    case Reason::kTls:
      return "tls";
    case Reason::kAuth:
      return "auth";
    case Reason::kNoPerm:
      return "noperm";
    case Reason::kLoading:
      return "loading";
    case Reason::kMasterDown:
      return "masterdown";
    case Reason::kMaxClients:
      return "maxclients";
    case Reason::kProtocol:
      return "protocol";
    case Reason::kSecret:
      return "secret";
    case Reason::kFailed:
      return "failed";
    case Reason::kError:
      return "error";
  }
  return "error";
}

}  // namespace hitwatch::net
