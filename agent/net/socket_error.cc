#include "agent/net/socket_error.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace hitwatch::net {

Reason reason_of(const boost::system::error_code& code) {
  namespace error = boost::asio::error;
  if (code == error::connection_refused) return Reason::kRefused;
  if (code == error::timed_out) return Reason::kTimeout;
  if (code == error::connection_reset || code == error::broken_pipe || code == error::eof ||
      code == error::connection_aborted || code == boost::asio::ssl::error::stream_truncated) {
    return Reason::kReset;
  }
  return Reason::kUnreachable;
}

}  // namespace hitwatch::net
