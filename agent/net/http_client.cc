#include "agent/net/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "agent/net/http_exchange.h"
#include "agent/net/http_words.h"

namespace hitwatch::net {
namespace {

constexpr int kMostRedirects = 10;
constexpr auto kSecretHeaders =
    std::to_array<std::string_view>({"Authorization", "Cookie", "Proxy-Authorization"});

bool is_redirect(int status, std::string_view method) {
  if (status == 307 || status == 308) return true;
  return (status == 301 || status == 302 || status == 303) && (method == "GET" || method == "HEAD");
}

bool same_origin(const HttpUrl& left, const HttpUrl& right) {
  return left.tls == right.tls && left.port == right.port &&
         equal_ignoring_case(left.host, right.host);
}

// Takes out what is meant for one server alone.
void strip_secrets(HttpRequest& request) {
  std::erase_if(request.headers, [&](const auto& header) {
    const auto is_named = [&](std::string_view name) {
      return equal_ignoring_case(header.first, name);
    };
    return std::ranges::any_of(kSecretHeaders, is_named) ||
           std::ranges::any_of(request.secret_headers, is_named);
  });
  request.tls.cert_file.clear();
  request.tls.key_file.clear();
  request.tls.server_name.clear();
}

// A request that goes on where redirects lead it.
class Redirected : public std::enable_shared_from_this<Redirected> {
 public:
  Redirected(boost::asio::any_io_executor executor, Resolver& resolver, TlsContexts& tls_contexts,
             HttpRequest request, std::chrono::steady_clock::time_point deadline, HttpDone done)
      : executor_(std::move(executor)),
        resolver_(resolver),
        tls_contexts_(tls_contexts),
        request_(std::move(request)),
        deadline_(deadline),
        done_(std::move(done)) {}

  void go() {
    const Proxy* proxy = request_.proxies.of(request_.url);
    http_exchange(executor_, resolver_, tls_contexts_, request_,
                  proxy == nullptr ? std::nullopt : std::optional(*proxy), deadline_,
                  [self = shared_from_this()](std::expected<HttpResponse, Error> answer) {
                    self->take(std::move(answer));
                  });
  }

 private:
  void take(std::expected<HttpResponse, Error> answer) {
    if (!answer || !is_redirect(answer->status, request_.method)) return done_(std::move(answer));
    const std::string_view location = answer->header("Location");
    if (location.empty()) return done_(std::move(answer));
    if (auto moved = follow(location); !moved) return done_(std::unexpected(moved.error()));
    go();
  }

  std::expected<void, Error> follow(std::string_view location) {
    const auto no = [](std::string text) {
      return std::unexpected(Error{Reason::kProtocol, std::move(text)});
    };
    const int most = std::min(request_.max_redirects, kMostRedirects);
    if (++followed_ > most) return no(fmt::format("redirected more than {} times", most));
    auto url = resolve_location(request_.url, location);
    if (!url) return no(fmt::format("a redirect that leads nowhere: {}", url.error()));
    if (request_.url.tls && !url->tls) {
      return no("redirected from https to http, which is not followed");
    }
    if (!same_origin(request_.url, *url)) strip_secrets(request_);
    request_.url = *std::move(url);
    return {};
  }

  boost::asio::any_io_executor executor_;
  Resolver& resolver_;
  TlsContexts& tls_contexts_;
  HttpRequest request_;
  std::chrono::steady_clock::time_point deadline_;
  HttpDone done_;
  int followed_ = 0;
};

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return equal_ignoring_case(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

void http_request(boost::asio::any_io_executor executor, Resolver& resolver,
                  TlsContexts& tls_contexts, HttpRequest request,
                  std::chrono::steady_clock::time_point deadline,
                  std::function<void(std::expected<HttpResponse, Error>)> done) {
  if (request.max_redirects > 0) {
    return std::make_shared<Redirected>(std::move(executor), resolver, tls_contexts,
                                        std::move(request), deadline, std::move(done))
        ->go();
  }
  const Proxy* used = request.proxies.of(request.url);
  std::optional<Proxy> proxy = used == nullptr ? std::nullopt : std::optional(*used);
  http_exchange(std::move(executor), resolver, tls_contexts, std::move(request), std::move(proxy),
                deadline, std::move(done));
}

}  // namespace hitwatch::net
