// One connection to a Redis server: name lookup, connect, TLS, then bytes out and replies in.
//
//   kResolving → (kWaiting →) kConnecting → (kHandshaking →) kReady → kClosed
//
// A connection is used once: after kClosed make another. All calls and callbacks are on the
// executor's thread. After close() no callback comes any more, and the object may be released from
// within a callback.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "collectors/redis/connect_slots.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class State : std::uint8_t {
    kResolving,
    kWaiting,  // for a slot
    kConnecting,
    kHandshaking,
    kReady,
    kClosed
  };

  struct Callbacks {
    std::function<void()> opened;
    std::function<void(Reply)> reply;
    // Once, and last: why it could not be opened, or that it was lost.
    std::function<void(net::Error)> closed;
    // Bytes have come, whether or not they end a reply. May be empty.
    std::function<void()> heard = {};
  };

  // How it is opened.
  struct Terms {
    // Where it takes a slot from its first attempt until it is ready; null: it needs none. Sockets
    // of this machine (unix://) need none anyway.
    ConnectSlots* slots = nullptr;
    ConnectSlots::Lane lane = ConnectSlots::Lane::kPrompt;
    // After this long an attempt is given up while there are further addresses, and made again,
    // each time for twice as long, after them; 0: never.
    std::chrono::steady_clock::duration attempt{};
  };

  // The references must outlive the connection. Strings in replies are cut to `longest_string`
  // bytes; 0 cuts none.
  Connection(boost::asio::any_io_executor executor, net::Resolver& resolver,
             net::TlsContexts& tls_contexts, std::size_t longest_string = 0);

  // Starts opening. No bound on the time: the owner closes when its deadline passes.
  void open(const net::RedisUrl& url, const net::TlsOptions& tls, Callbacks callbacks, Terms terms);
  void open(const net::RedisUrl& url, const net::TlsOptions& tls, Callbacks callbacks) {
    open(url, tls, std::move(callbacks), Terms());
  }
  // Sends commands, once opened. Replies come in the same order.
  void send(std::string bytes);
  // Ends it without a callback.
  void close();
  // To be called from within the reply callback: no command is sent soon, so that memory which is
  // not needed before may be given back.
  void rest() { resting_ = true; }

  State state() const { return state_; }
  // Whether anything at all has come from the server.
  bool heard() const { return heard_; }
  // When the steps of opening it were done; those that were not have none.
  struct Steps {
    using Time = std::chrono::steady_clock::time_point;
    std::optional<Time> resolved;
    std::optional<Time> connected;
    std::optional<Time> ready;
    std::optional<Time> attempted;  // when the last attempt began
    int given_up = 0;               // attempts, in favour of other addresses
  };
  const Steps& steps() const { return steps_; }
  // The address it is connected to, without port, or the path of a socket; "" before that.
  std::string peer() const;
  // The address; nothing before that, and for the path of a socket.
  std::optional<boost::asio::ip::address> peer_address() const;

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  void wait_for_slot();
  void connect();
  void bound_attempt();
  void on_connected(const boost::system::error_code& code, const Endpoint& endpoint);
  void handshake();
  void become_ready();
  void write();
  void read();
  void give_back();
  void read_plain();
  void on_read(const boost::system::error_code& code, std::string_view bytes);
  void fail(net::Reason reason, std::string text);

  boost::asio::any_io_executor executor_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  net::RedisUrl url_;
  net::TlsOptions tls_options_;
  Callbacks callbacks_;
  Terms terms_;
  std::vector<Endpoint> endpoints_;  // to be tried
  ConnectSlots::Taken slot_;
  std::unique_ptr<boost::asio::steady_timer> attempt_timer_;  // of the attempt under way
  bool gave_up_ = false;                                      // the attempt under way
  State state_ = State::kResolving;
  Steps steps_;
  bool heard_ = false;
  bool resting_ = false;

  Socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  std::string writing_;
  std::string waiting_to_write_;
  using Buffer = std::array<char, 16 * 1024>;  // the most hiredis should be fed at once
  std::unique_ptr<Buffer> tls_buffer_;         // without TLS there is none between reads
  ReplyReader reader_;
};

}  // namespace hitwatch::redis
