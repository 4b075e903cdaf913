// Beast stays behind this file: it takes long to compile.
#include "agent/net/http_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>

#include "agent/net/http_words.h"
#include "agent/net/socket_error.h"

namespace hitwatch::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t kMaxHead = 16U << 10;
constexpr std::size_t kChunk = 64U << 10;
// Answers such as 103 that announce the real one.
constexpr int kMostInterim = 8;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool is_sendable(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// One request and its answer. Alive as long as an operation is under way.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::any_io_executor executor, Resolver& resolver, TlsContexts& tls_contexts,
           HttpRequest request, std::optional<Proxy> proxy, HttpDone done)
      : resolver_(resolver),
        tls_contexts_(tls_contexts),
        request_(std::move(request)),
        proxy_(std::move(proxy)),
        done_(std::move(done)),
        socket_(executor),
        deadline_(executor) {}

  void start(std::chrono::steady_clock::time_point deadline);

 private:
  void connect(Addresses addresses, std::size_t index);
  void ask_for_tunnel();
  void receive_tunnel();
  void on_tunnel(const error_code& code);
  void handshake();
  void send();
  void receive();
  void on_head(const error_code& code);
  void receive_body();
  void on_body(const error_code& code);
  void collect_body();
  bool is_encoded() const;
  void finish();
  void end_connection();
  // Whom the connection leads to, for a person.
  std::string peer() const;
  void fail(Reason reason, std::string text);
  void fail_reading(const error_code& code);
  // Calls `work` with the stream that the request goes through.
  template <typename Work>
  void with_stream(Work work) {
    if (tls_) {
      work(*tls_);
    } else {
      work(socket_);
    }
  }

  Resolver& resolver_;
  TlsContexts& tls_contexts_;
  HttpRequest request_;
  const std::optional<Proxy> proxy_;
  HttpDone done_;  // null once called
  std::string_view step_ = "looking up the name";

  tcp::socket socket_;
  asio::steady_timer deadline_;
  std::shared_ptr<asio::ssl::context> tls_context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  http::request<http::empty_body> tunnel_;
  std::optional<http::response_parser<http::empty_body>> tunnel_parser_;
  http::request<http::span_body<const char>> message_;  // its body is that of request_
  boost::beast::flat_buffer buffer_{kMaxHead + kChunk};
  std::optional<http::response_parser<http::buffer_body>> parser_;
  bool has_head_ = false;
  std::string chunk_;  // of the body, being read
  std::string body_;
  int interim_ = 0;
};

void Exchange::start(std::chrono::steady_clock::time_point deadline) {
  for (const auto& [name, value] : request_.headers) {
    if (is_sendable(value)) continue;
    // The value may be a secret.
    return asio::post(socket_.get_executor(), [self = shared_from_this(), &name] {
      self->fail(Reason::kError, fmt::format("the header {} would hold a control character", name));
    });
  }
  deadline_.expires_at(deadline);
  deadline_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (cancelled) return;
    self->fail(Reason::kTimeout, fmt::format("no answer of {} in time ({})",
                                             self->request_.url.address(), self->step_));
  });
  resolver_.resolve(proxy_ ? proxy_->host : request_.url.host,
                    proxy_ ? proxy_->port : request_.url.port,
                    [self = shared_from_this()](std::expected<Addresses, Error> result) {
                      if (!self->done_) return;
                      if (result) return self->connect(*std::move(result), 0);
                      self->fail(result.error().reason, std::move(result.error().text));
                    });
}

// Tries the addresses in turn: a name such as "localhost" may have one that nobody listens on.
void Exchange::connect(Addresses addresses, std::size_t index) {
  step_ = "connecting";
  error_code ignored;
  socket_.close(ignored);
  const tcp::endpoint endpoint = addresses[index];
  socket_.async_connect(endpoint, [self = shared_from_this(), addresses = std::move(addresses),
                                   index](const error_code& code) mutable {
    if (!self->done_) return;
    if (!code) {
      if (!self->request_.url.tls) return self->send();
      return self->proxy_ ? self->ask_for_tunnel() : self->handshake();
    }
    if (index + 1 < addresses.size()) return self->connect(std::move(addresses), index + 1);
    self->fail(reason_of(code),
               fmt::format("cannot connect to {}: {}", self->peer(), code.message()));
  });
}

std::string Exchange::peer() const {
  return proxy_ ? fmt::format("the proxy {}", proxy_->address()) : request_.url.address();
}

void Exchange::ask_for_tunnel() {
  step_ = "waiting for the proxy";
  tunnel_.method(http::verb::connect);
  tunnel_.target(request_.url.address());
  tunnel_.set(http::field::host, request_.url.address());
  tunnel_.set(http::field::user_agent, "hitwatch");
  if (!proxy_->authorization.empty()) {
    tunnel_.set(http::field::proxy_authorization, proxy_->authorization);
  }
  http::async_write(socket_, tunnel_, [self = shared_from_this()](const error_code&, std::size_t) {
    if (self->done_) self->receive_tunnel();
  });
}

void Exchange::receive_tunnel() {
  tunnel_parser_.emplace();
  tunnel_parser_->header_limit(kMaxHead);
  tunnel_parser_->skip(true);  // the tunnel begins after the head
  http::async_read_header(socket_, buffer_, *tunnel_parser_,
                          [self = shared_from_this()](const error_code& code, std::size_t) {
                            if (self->done_) self->on_tunnel(code);
                          });
}

void Exchange::on_tunnel(const error_code& code) {
  if (code) return fail_reading(code);
  const unsigned status = tunnel_parser_->get().result_int();
  if (status < 200 && ++interim_ <= kMostInterim) return receive_tunnel();
  if (status < 200 || status >= 300) {
    return fail(status == 407 ? Reason::kAuth : Reason::kError,
                fmt::format("{} does not connect us to {}: HTTP status {}", peer(),
                            request_.url.address(), status));
  }
  if (buffer_.size() > 0) {
    return fail(Reason::kProtocol, fmt::format("{} sends what nobody asked for", peer()));
  }
  interim_ = 0;
  handshake();
}

void Exchange::handshake() {
  step_ = "TLS handshake";
  auto context = tls_contexts_.get(request_.tls);
  if (!context) return fail(context.error().reason, std::move(context.error().text));
  tls_context_ = *std::move(context);
  tls_.emplace(socket_, *tls_context_);
  expect_server(tls_->native_handle(), request_.tls, request_.url.host);
  tls_->async_handshake(
      asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& code) {
        if (!self->done_) return;
        if (!code) return self->send();
        self->fail(Reason::kTls, describe_tls_failure(self->tls_->native_handle(),
                                                      static_cast<unsigned long>(code.value())));
      });
}

void Exchange::send() {
  step_ = "waiting for the answer";
  message_.method_string(request_.method);
  message_.target(request_.url.target);
  message_.set(http::field::host, request_.url.authority());
  message_.set(http::field::user_agent, "hitwatch");
  message_.set(http::field::accept_encoding, "identity");
  for (const auto& [name, value] : request_.headers) message_.set(name, value);
  if (proxy_ && !request_.url.tls) {
    message_.target(fmt::format("http://{}{}", request_.url.authority(), request_.url.target));
    if (!proxy_->authorization.empty()) {
      message_.set(http::field::proxy_authorization, proxy_->authorization);
    }
  }
  message_.keep_alive(false);
  message_.body() = {request_.body.data(), request_.body.size()};
  message_.prepare_payload();
  with_stream([this](auto& stream) {
    // A failed write is not news yet: the server may have said why before it closed.
    http::async_write(stream, message_,
                      [self = shared_from_this()](const error_code&, std::size_t) {
                        if (self->done_) self->receive();
                      });
  });
}

void Exchange::receive() {
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  if (request_.cut_body) {
    parser_->body_limit(boost::none);
  } else {
    parser_->body_limit(request_.max_body);
  }
  parser_->skip(request_.method == "HEAD");
  with_stream([this](auto& stream) {
    http::async_read_header(stream, buffer_, *parser_,
                            [self = shared_from_this()](const error_code& code, std::size_t) {
                              if (self->done_) self->on_head(code);
                            });
  });
}

void Exchange::on_head(const error_code& code) {
  if (code) return fail_reading(code);
  const unsigned status = parser_->get().result_int();
  const bool is_interim = status < 200 && status != 101;
  if (!is_interim) {
    has_head_ = true;
    return receive_body();
  }
  if (++interim_ <= kMostInterim) return receive();
  fail(Reason::kProtocol, "the answer is announced again and again, but does not come");
}

void Exchange::receive_body() {
  if (parser_->is_done()) return finish();
  chunk_.resize(kChunk);
  auto& into = parser_->get().body();
  into.data = chunk_.data();
  into.size = chunk_.size();
  into.more = true;
  with_stream([this](auto& stream) {
    http::async_read(stream, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& code, std::size_t) {
                       if (self->done_) self->on_body(code);
                     });
  });
}

void Exchange::on_body(const error_code& code) {
  collect_body();
  // What is not cut, the parser bounds.
  if (request_.cut_body && body_.size() >= request_.max_body) return finish();
  if (code && code != http::error::need_buffer) return fail_reading(code);
  receive_body();
}

// Takes what has come of the body so far.
void Exchange::collect_body() {
  auto& into = parser_->get().body();
  if (into.data == nullptr) return;
  body_.append(chunk_, 0, chunk_.size() - into.size);
  into.data = nullptr;
  into.size = 0;
}

void Exchange::fail_reading(const error_code& code) {
  if (code == http::error::body_limit) {
    return fail(Reason::kProtocol,
                fmt::format("the body of the answer is larger than {} bytes", request_.max_body));
  }
  if (code == http::error::header_limit || code == http::error::buffer_overflow) {
    return fail(Reason::kProtocol, "the head of the answer is larger than 16 KiB");
  }
  if (code == http::error::end_of_stream || code == http::error::partial_message ||
      code == asio::error::eof || code == asio::ssl::error::stream_truncated) {
    return fail(Reason::kReset, "the server closed the connection before the end of its answer");
  }
  if (code.category() == http::make_error_code(http::error::bad_version).category()) {
    return fail(Reason::kProtocol, fmt::format("the answer is not HTTP: {}", code.message()));
  }
  if (code.category() == asio::error::get_ssl_category()) {
    return fail(Reason::kTls, describe_tls_failure(tls_->native_handle(),
                                                   static_cast<unsigned long>(code.value())));
  }
  fail(reason_of(code), fmt::format("the connection was lost: {}", code.message()));
}

bool Exchange::is_encoded() const {
  const auto codings = parser_->get().equal_range(http::field::content_encoding);
  for (auto field = codings.first; field != codings.second; ++field) {
    if (!equal_ignoring_case(view(field->value()), "identity")) return true;
  }
  return false;
}

void Exchange::finish() {
  if (is_encoded()) {
    if (!request_.cut_body) {
      return fail(Reason::kProtocol, "the answer is compressed, which was not asked for");
    }
    body_.clear();
  }
  if (request_.cut_body && body_.size() > request_.max_body) body_.resize(request_.max_body);
  const auto& message = parser_->get();
  HttpResponse response{.status = static_cast<int>(message.result_int()),
                        .content_type = std::string(view(message[http::field::content_type])),
                        .body = std::move(body_)};
  for (const auto& field : message) {
    response.headers.emplace_back(view(field.name_string()), view(field.value()));
  }
  const HttpDone done = std::exchange(done_, nullptr);
  end_connection();
  done(std::move(response));
}

void Exchange::fail(Reason reason, std::string text) {
  if (!done_) return;
  if (request_.cut_body && has_head_) {
    collect_body();
    return finish();
  }
  const HttpDone done = std::exchange(done_, nullptr);
  end_connection();
  done(std::unexpected(Error{reason, std::move(text)}));
}

void Exchange::end_connection() {
  deadline_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace

void http_exchange(asio::any_io_executor executor, Resolver& resolver, TlsContexts& tls_contexts,
                   HttpRequest request, std::optional<Proxy> proxy,
                   std::chrono::steady_clock::time_point deadline, HttpDone done) {
  std::make_shared<Exchange>(std::move(executor), resolver, tls_contexts, std::move(request),
                             std::move(proxy), std::move(done))
      ->start(deadline);
}

}  // namespace hitwatch::net
