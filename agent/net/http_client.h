// One HTTP request to someone else's server, asynchronous and bounded in time and size.
//
// HTTP/1.1 over TCP or TLS, a connection for each request, through a proxy if there is one (RFC
// 9110, 9.3.6; RFC 9112, 3.2.2). No redirect is followed unless asked for, and nothing is
// decompressed: `Accept-Encoding: identity` is sent, and an encoded answer is an error.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/net/error.h"
#include "agent/net/http_url.h"
#include "agent/net/proxy.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"

namespace hitwatch::net {

struct HttpRequest {
  HttpUrl url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  TlsOptions tls = {};
  std::size_t max_body = 1U << 20;  // of the answer; its head may have 16 KiB
  // For who asks whether something was taken: the status counts as soon as it is there. A body that
  // is larger than `max_body`, encoded, broken, or not there at the deadline is cut, no error.
  bool cut_body = false;
  Proxies proxies = {};
  // How many redirects are followed, at most 10: 307 and 308, with the same method and body; for
  // GET and HEAD 301, 302 and 303, too. Other answers, and those without a Location, are given back
  // as they are. One from https to http is an error, and one that leads nowhere or one too many.
  // Where a redirect leaves the scheme, host or port: `Authorization`, `Cookie`, `secret_headers`,
  // the client's certificate and `tls.server_name` are left out from there on.
  int max_redirects = 0;
  std::vector<std::string> secret_headers = {};  // names
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // as they came

  // The first of that name; "" if there is none.
  std::string_view header(std::string_view name) const;
};

// Calls `done` on `executor` with the answer, whatever its status, or why there is none
// (kDns, kRefused, kTimeout at `deadline`, kTls, kReset, kProtocol for what is not HTTP or exceeds
// a bound, kAuth for a proxy that wants another password, kError for one that makes no tunnel or a
// header that must not be sent). Never before this returns. The references must live until then; on
// `executor`'s thread only.
void http_request(boost::asio::any_io_executor executor, Resolver& resolver,
                  TlsContexts& tls_contexts, HttpRequest request,
                  std::chrono::steady_clock::time_point deadline,
                  std::function<void(std::expected<HttpResponse, Error>)> done);

}  // namespace hitwatch::net
