// One HTTP request to someone else's server, asynchronous and bounded in time and size.
//
// HTTP/1.1 over TCP or TLS, a connection for each request. No redirect is followed and nothing is
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
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

// Calls `done` on `executor` with the answer, whatever its status, or why there is none
// (kDns, kRefused, kTimeout at `deadline`, kTls, kReset, kProtocol for what is not HTTP or exceeds
// a bound, kError for a header that must not be sent). Never before this returns. The references
// must live until then; on `executor`'s thread only.
void http_request(boost::asio::any_io_executor executor, Resolver& resolver,
                  TlsContexts& tls_contexts, HttpRequest request,
                  std::chrono::steady_clock::time_point deadline,
                  std::function<void(std::expected<HttpResponse, Error>)> done);

}  // namespace hitwatch::net
