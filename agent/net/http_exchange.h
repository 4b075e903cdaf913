// One request and its answer, redirects aside: what `http_request` is made of.
#pragma once

#include <optional>

#include "agent/net/http_client.h"

namespace hitwatch::net {

using HttpDone = std::function<void(std::expected<HttpResponse, Error>)>;

// As `http_request`, without following redirects. `proxy`: the one to go through, if any.
void http_exchange(boost::asio::any_io_executor executor, Resolver& resolver,
                   TlsContexts& tls_contexts, HttpRequest request, std::optional<Proxy> proxy,
                   std::chrono::steady_clock::time_point deadline, HttpDone done);

}  // namespace hitwatch::net
