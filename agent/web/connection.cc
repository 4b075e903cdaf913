// The one file that includes Beast and instantiates it for plain and TLS streams: it takes half a
// minute and more than 1 GB to compile.
#include "agent/web/connection.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "agent/web/compress.h"
#include "agent/web/request_target.h"
#include "agent/web/response_head.h"

namespace hitwatch::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMaxHead = 16 << 10;
constexpr std::size_t kChunk = 4 << 10;
constexpr std::size_t kBodyChunk = 16 << 10;
// A head and a chunk; bodies leave the buffer as they come.
constexpr std::size_t kMaxBuffered = kMaxHead + kBodyChunk;
constexpr std::size_t kGzipFrom = 1024;
// Compressing 1 MiB takes some 5 ms; other clients get their turn between two slices.
constexpr std::size_t kGzipSlice = 1 << 20;
constexpr std::chrono::seconds kLinger{2};

bool is_token_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string describe(const asio::ip::tcp::endpoint& endpoint) {
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.to_string(),
                     endpoint.port());
}

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

// A response longer than a slice on its way through gzip.
struct Slices {
  net::Gzip gzip;
  std::size_t done = 0;
  std::string compressed;
};

class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::uint64_t id, Socket socket, const std::shared_ptr<SSL_CTX>& tls, Owner& owner,
                 const Settings& settings, net::Gzip& gzip)
      : Connection(id, settings), socket_(std::move(socket)), owner_(owner), gzip_(gzip) {
    if (tls) {
      SSL_CTX_up_ref(tls.get());
      asio::ssl::context context(tls.get());  // gives that reference back
      tls_.emplace(socket_, context);
      encrypted_ = true;
    }
  }

  void start() override {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto peer = socket_.remote_endpoint(ignored);
    client_ = describe(peer);
    from_loopback_ = is_loopback(peer.address());
    if (!encrypted_) {
      enter(Phase::kReading);
      return read(kChunk);
    }
    enter(Phase::kHandshake);
    tls_->async_handshake(
        asio::ssl::stream_base::server,
        [self = shared_from_this()](error_code error) { self->on_handshake(error); });
  }

  void respond(Response response) override {
    response_ = std::move(response);
    framing_ = {};
    framing_.http_1_0 = http_1_0_;
    const bool compressible = response_.body.size() >= kGzipFrom &&
                              std::ranges::none_of(response_.headers, [](const Header& header) {
                                return beast::iequals(header.name, "Content-Encoding");
                              });
    framing_.varies_by_encoding = compressible;
    framing_.gzipped = compressible && gzip_accepted_;
    if (!framing_.gzipped) return write_response();
    if (response_.body.size() <= kGzipSlice) {
      response_.body = gzip_.compress(response_.body);
      return write_response();
    }
    slices_.emplace();
    compress_slice();
  }

  void end_keep_alive() override { keep_alive_ = false; }

  void close() override {
    if (phase_ == Phase::kClosed) return;
    phase_ = Phase::kClosed;
    error_code ignored;
    socket_.close(ignored);
    owner_.on_closed(*this);
  }

 private:
  void on_handshake(error_code error) {
    if (phase_ == Phase::kClosed) return;
    if (!error) {
      enter(Phase::kReading);
      return read(kChunk);
    }
    const auto code = static_cast<unsigned long>(error.value());
    if (error.category() != asio::error::get_ssl_category() ||
        ERR_GET_REASON(code) != SSL_R_HTTP_REQUEST) {
      return close();
    }
    encrypted_ = false;  // an answer that this client understands
    refuse(400, "This port speaks HTTPS; the request was plain HTTP.\n");
  }

  void read(std::size_t size) {
    const std::size_t room = kMaxBuffered - buffer_.size();
    if (room == 0) return refuse(400, "A line of the request is too long.\n");
    auto space = buffer_.prepare(std::min(size, room));
    auto done = [self = shared_from_this()](error_code error, std::size_t count) {
      self->on_read(error, count);
    };
    if (encrypted_) {
      tls_->async_read_some(space, std::move(done));
    } else {
      socket_.async_read_some(space, std::move(done));
    }
  }

  void on_read(error_code error, std::size_t count) {
    if (phase_ == Phase::kClosed) return;
    if (error) return close();
    buffer_.commit(count);
    if (phase_ == Phase::kIdle) enter(Phase::kReading);
    parse();
  }

  std::string_view buffered() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }

  // The first byte tells HTTP from TLS and garbage; the parser would wait for an empty line.
  bool begin_request() {
    const std::size_t blank = std::min(buffered().find_first_not_of("\r\n"), buffer_.size());
    buffer_.consume(blank);  // RFC 9112, section 2.2
    if (buffer_.size() == 0) return true;
    if (!is_token_character(buffered().front())) return false;
    parser_.emplace();
    parser_->eager(false);  // until the head says how much body there may be
    parser_->header_limit(kMaxHead);
    parser_->body_limit(boost::none);
    body_limit_.reset();
    continued_ = false;
    return true;
  }

  // Once the head is there.
  void limit_body(error_code& error) {
    const auto length = parser_->content_length();
    std::size_t limit = settings_.max_body;
    if (settings_.max_body_of && (parser_->chunked() || length.value_or(0) > limit)) {
      Request head;
      head.from_loopback = from_loopback_;
      if (read_head(parser_->get(), head)) limit = std::max(limit, settings_.max_body_of(head));
    }
    body_limit_ = limit;
    parser_->eager(true);
    parser_->body_limit(limit);
    if (length.value_or(0) > limit) error = http::error::body_limit;
  }

  void parse() {
    if (!parser_ && !begin_request()) {
      return refuse(400, "This is not an HTTP request. This port speaks plain HTTP.\n");
    }
    if (!parser_) return read(kChunk);
    error_code error;
    while (!error && !parser_->is_done() && buffer_.size() > 0) {
      buffer_.consume(parser_->put(buffer_.data(), error));
      if (!error && !body_limit_ && parser_->is_header_done()) limit_body(error);
    }
    if (error && error != http::error::need_more) return refuse(error);
    if (parser_->is_done()) return accept_request();
    if (parser_->is_header_done() && wants_continue()) return write_continue();
    read(parser_->is_header_done() ? kBodyChunk : kChunk);
  }

  void refuse(error_code error) {
    if (error == http::error::header_limit) {
      return refuse(431, "The head of the request is larger than 16 KiB.\n");
    }
    if (error == http::error::body_limit) {
      return refuse(413, fmt::format("The body of the request is larger than {} bytes.\n",
                                     body_limit_.value_or(settings_.max_body)));
    }
    if (error == http::error::bad_version) {
      return refuse(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.\n");
    }
    refuse(400, fmt::format("Malformed request: {}.\n", error.message()));
  }

  // Answers what cannot be handled, and ends the connection: where the next request would start
  // is unknown.
  void refuse(int status, std::string text) {
    parser_.reset();
    keep_alive_ = false;
    head_only_ = false;
    gzip_accepted_ = false;
    http_1_0_ = false;
    enter(Phase::kHandling);
    respond({.status = status, .body = std::move(text)});
  }

  bool wants_continue() const {
    return !continued_ && buffer_.size() == 0 && parser_->get().version() == 11 &&
           beast::iequals(parser_->get()[http::field::expect], "100-continue");
  }

  void write_continue() {
    continued_ = true;
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    write(std::array{asio::buffer(kContinue)},
          [self = shared_from_this()](error_code error, std::size_t) {
            if (self->phase_ == Phase::kClosed) return;
            if (error) return self->close();
            self->read(kBodyChunk);
          });
  }

  void accept_request() {
    keep_alive_ = parser_->keep_alive();
    auto message = parser_->release();
    parser_.reset();
    // RFC 9112, section 3.2.
    const auto hosts = message.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
      return refuse(400, "Malformed request: there must be one Host field.\n");
    }
    Request request;
    if (!read_head(message, request)) {
      return refuse(400, "Malformed request: the path or query cannot be decoded.\n");
    }
    request.body = std::move(message.body());
    request.client = client_;
    request.from_loopback = from_loopback_;
    request.tls = tls_.has_value();
    http_1_0_ = message.version() == 10;
    head_only_ = request.method == "HEAD";
    gzip_accepted_ = accepts_gzip(request.header("Accept-Encoding"));
    ++serial_;
    enter(Phase::kHandling);
    owner_.on_request(*this, request);
  }

  // False if the target cannot be decoded.
  static bool read_head(const http::request<http::string_body>& message, Request& request) {
    if (!parse_request_target(view(message.target()), request.path, request.query)) return false;
    request.method = view(message.method_string());
    for (const auto& field : message) {
      request.headers.push_back(
          {std::string(view(field.name_string())), std::string(view(field.value()))});
    }
    return true;
  }

  static std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

  void compress_slice() {
    const std::size_t size = std::min(kGzipSlice, response_.body.size() - slices_->done);
    const std::string_view slice = std::string_view(response_.body).substr(slices_->done, size);
    slices_->done += size;
    const bool last = slices_->done == response_.body.size();
    slices_->gzip.add(slice, last, slices_->compressed);
    if (last) {
      response_.body = std::move(slices_->compressed);
      slices_.reset();
      return write_response();
    }
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (self->phase_ != Phase::kClosed) self->compress_slice();
    });
  }

  void write_response() {
    enter(Phase::kWriting);
    framing_.content_length = response_.body.size();
    framing_.keep_alive = keep_alive_;
    render_response_head(response_, framing_, head_);
    const bool bodiless = head_only_ || response_.status == 204 || response_.status == 304;
    const std::string_view body = bodiless ? std::string_view() : response_.body;
    write(
        std::array{asio::const_buffer(asio::buffer(head_)), asio::const_buffer(asio::buffer(body))},
        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
  }

  template <typename Buffers, typename Done>
  void write(const Buffers& buffers, Done done) {
    if (encrypted_) {
      asio::async_write(*tls_, buffers, std::move(done));
    } else {
      asio::async_write(socket_, buffers, std::move(done));
    }
  }

  void on_written(error_code error) {
    if (phase_ == Phase::kClosed) return;
    if (error) return close();
    response_ = {};
    if (!keep_alive_) return linger();
    if (buffer_.size() > 0) {
      enter(Phase::kReading);
      return parse();
    }
    enter(Phase::kIdle);
    read(kChunk);
  }

  // Closing with unread input would make the kernel send a reset, which may overtake the response
  // on its way to the client. So: say that no more comes, then wait a little for the client's end.
  void linger() {
    enter(Phase::kLingering);
    if (!encrypted_) return discard();
    tls_->async_shutdown([self = shared_from_this()](error_code) {
      if (self->phase_ == Phase::kClosed) return;
      self->encrypted_ = false;
      self->discard();
    });
  }

  void discard() {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    buffer_.clear();
    discard_more();
  }

  void discard_more() {
    socket_.async_read_some(buffer_.prepare(kBodyChunk),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (self->phase_ == Phase::kClosed) return;
                              if (error) return self->close();
                              self->discard_more();
                            });
  }

  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  bool encrypted_ = false;
  Owner& owner_;
  net::Gzip& gzip_;
  std::string client_;
  bool from_loopback_ = false;

  beast::flat_buffer buffer_{kMaxBuffered};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<std::size_t> body_limit_;  // of the request at hand, once its head is there
  bool continued_ = false;

  // Of the request being answered.
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool gzip_accepted_ = false;
  bool http_1_0_ = false;
  Response response_;
  Framing framing_;
  std::string head_;
  std::optional<Slices> slices_;
};

}  // namespace

bool Connection::overdue(Clock::time_point now) const {
  const auto age = now - since_;
  switch (phase_) {
    case Phase::kHandshake:
    case Phase::kReading:
      return age > settings_.read_timeout;
    case Phase::kWriting:
      return age > settings_.write_timeout;
    case Phase::kIdle:
      return age > settings_.idle_timeout;
    case Phase::kLingering:
      return age > kLinger;
    case Phase::kHandling:  // the handler's own affair
    case Phase::kClosed:
      return false;
  }
  return false;
}

std::shared_ptr<Connection> make_connection(std::uint64_t id, Socket socket,
                                            const std::shared_ptr<SSL_CTX>& tls,
                                            Connection::Owner& owner,
                                            const Connection::Settings& settings, net::Gzip& gzip) {
  return std::make_shared<HttpConnection>(id, std::move(socket), tls, owner, settings, gzip);
}

}  // namespace hitwatch::web
