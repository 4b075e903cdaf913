// Beast stays behind this file: it takes long to compile.
#include "agent/net/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>
#include <optional>

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
  using Done = std::function<void(std::expected<HttpResponse, Error>)>;

  Exchange(asio::any_io_executor executor, Resolver& resolver, TlsContexts& tls_contexts,
           HttpRequest request, Done done)
      : resolver_(resolver),
        tls_contexts_(tls_contexts),
        request_(std::move(request)),
        done_(std::move(done)),
        socket_(executor),
        deadline_(executor) {}

  void start(std::chrono::steady_clock::time_point deadline);

 private:
  void connect(Addresses addresses, std::size_t index);
  void handshake();
  void send();
  void receive();
  void on_answer(const error_code& code);
  void finish();
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
  Done done_;  // null once called
  std::string_view step_ = "looking up the name";

  tcp::socket socket_;
  asio::steady_timer deadline_;
  std::shared_ptr<asio::ssl::context> tls_context_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  http::request<http::string_body> message_;
  boost::beast::flat_buffer buffer_{kMaxHead + kChunk};
  std::optional<http::response_parser<http::string_body>> parser_;
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
  resolver_.resolve(request_.url.host, request_.url.port,
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
    if (!code) return self->request_.url.tls ? self->handshake() : self->send();
    if (index + 1 < addresses.size()) return self->connect(std::move(addresses), index + 1);
    self->fail(reason_of(code), fmt::format("cannot connect to {}: {}",
                                            self->request_.url.address(), code.message()));
  });
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
  message_.keep_alive(false);
  message_.body() = std::move(request_.body);
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
  parser_->body_limit(request_.max_body);
  parser_->skip(request_.method == "HEAD");
  with_stream([this](auto& stream) {
    http::async_read(stream, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& code, std::size_t) {
                       if (self->done_) self->on_answer(code);
                     });
  });
}

void Exchange::on_answer(const error_code& code) {
  if (code) return fail_reading(code);
  const unsigned status = parser_->get().result_int();
  const bool is_interim = status < 200 && status != 101;
  if (!is_interim) return finish();
  if (++interim_ <= kMostInterim) return receive();
  fail(Reason::kProtocol, "the answer is announced again and again, but does not come");
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

void Exchange::finish() {
  auto& message = parser_->get();
  const auto codings = message.equal_range(http::field::content_encoding);
  for (auto field = codings.first; field != codings.second; ++field) {
    if (!equal_ignoring_case(view(field->value()), "identity")) {
      return fail(Reason::kProtocol, "the answer is compressed, which was not asked for");
    }
  }
  HttpResponse response{.status = static_cast<int>(message.result_int()),
                        .content_type = std::string(view(message[http::field::content_type])),
                        .body = std::move(message.body())};
  const Done done = std::exchange(done_, nullptr);
  deadline_.cancel();
  error_code ignored;
  socket_.close(ignored);
  done(std::move(response));
}

void Exchange::fail(Reason reason, std::string text) {
  if (!done_) return;
  const Done done = std::exchange(done_, nullptr);
  deadline_.cancel();
  error_code ignored;
  socket_.close(ignored);
  done(std::unexpected(Error{reason, std::move(text)}));
}

}  // namespace

void http_request(asio::any_io_executor executor, Resolver& resolver, TlsContexts& tls_contexts,
                  HttpRequest request, std::chrono::steady_clock::time_point deadline,
                  std::function<void(std::expected<HttpResponse, Error>)> done) {
  std::make_shared<Exchange>(std::move(executor), resolver, tls_contexts, std::move(request),
                             std::move(done))
      ->start(deadline);
}

}  // namespace hitwatch::net
