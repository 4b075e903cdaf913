// A connection for commands in batches, beside the one that a poller keeps: it connects and logs in
// when it is first asked something, and is used once. Where a port seems to speak the other of TLS
// and plain Redis than its URL names, it is asked, so that the error can say so. All calls and
// callbacks are on the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/redis/connection.h"
#include "collectors/redis/protocol_probe.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

// Commands in the form in which they are sent.
class Batch {
 public:
  Batch& add(std::initializer_list<std::string_view> args) {
    return add(std::span<const std::string_view>(args.begin(), args.size()));
  }
  Batch& add(std::span<const std::string_view> args);

  std::size_t size() const { return commands_; }
  bool empty() const { return commands_ == 0; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::size_t commands_ = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    // For CLIENT SETNAME, whose refusal is no matter; "": none. Not that of the poller's
    // connection, so that the server's list of clients tells them apart.
    std::string client_name = "hitwatch-keys";
    // To connect and log in; then, while replies are due, the longest time without a byte.
    std::chrono::milliseconds timeout{5000};
    // Strings in replies are cut to this many bytes; what is longer is read and thrown away.
    std::size_t longest_string = 64U << 10;

    bool operator==(const Options&) const = default;
  };
  struct Answer {
    std::vector<Reply> replies;  // one for each command; errors of the server are replies
    // From the moment the batch was sent, or the batch before was answered if that came later.
    Clock::duration took;
  };
  using Done = std::function<void(std::expected<Answer, net::Error>)>;

  // The references must outlive the session.
  Session(boost::asio::any_io_executor executor, net::Resolver& resolver,
          net::TlsContexts& tls_contexts, Target target, Options options);

  // Releasing it is closing it.
  ~Session();

  // Sends a batch behind those that are under way. `done` is called once, never from within ask();
  // with an error if the connection cannot be made, the login is refused, or it breaks; from then
  // on every batch fails the same way. A batch without commands is answered at once.
  void ask(Batch batch, Done done);
  // Ends it; nobody is called any more.
  void close();

 private:
  struct Waiting {
    std::size_t commands;
    Done done;
    Clock::time_point sent;
    std::vector<Reply> replies;
  };

  void connect();
  void send_soon();
  void on_opened();
  void on_reply(Reply reply);
  void on_login_reply(const Reply& reply);
  void begin_batches();
  void answer_first();
  void on_closed(net::Error error);
  void doubt_tls();
  void fail(net::Error error);
  void tell_later(Done done, std::expected<Answer, net::Error> result);
  void expect_bytes(Clock::time_point deadline);
  void on_silence();

  boost::asio::any_io_executor executor_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  const Target target_;
  const Options options_;
  std::shared_ptr<Connection> connection_;
  boost::asio::steady_timer silence_;
  boost::asio::steady_timer half_time_;  // of a TLS target: when an unanswered handshake is doubted
  ProtocolProbe probe_;

  bool closed_ = false;
  std::optional<net::Error> failure_;
  std::vector<std::string> auth_;  // the command whose reply is due, empty for none
  std::size_t login_replies_due_ = 0;
  bool logged_in_ = false;
  bool sending_soon_ = false;
  std::string unsent_;             // of batches that were asked, or wait for the login
  std::deque<Waiting> waiting_;    // batches whose replies are due
  Clock::time_point last_answer_;  // or when the login was through
  Clock::time_point last_heard_;   // or when replies began to be due
};

// Of a target that is polled so.
Session::Options session_options(const PollOptions& poll);

}  // namespace hitwatch::redis
