#include "collectors/redis/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "collectors/redis/login.h"

namespace hitwatch::redis {
namespace {

namespace asio = boost::asio;

// What a server says to a client that it does not take, before it closes the connection.
bool is_farewell(const Reply& reply) {
  return reply.is_error() && (classify_error(reply.text) == net::Reason::kMaxClients ||
                              reply.text.starts_with("DENIED "));
}

}  // namespace

Batch& Batch::add(std::span<const std::string_view> args) {
  auto to = std::back_inserter(bytes_);
  fmt::format_to(to, "*{}\r\n", args.size());
  for (const std::string_view arg : args) {
    fmt::format_to(to, "${}\r\n", arg.size());
    bytes_ += arg;
    bytes_ += "\r\n";
  }
  ++commands_;
  return *this;
}

Session::Session(asio::any_io_executor executor, net::Resolver& resolver,
                 net::TlsContexts& tls_contexts, Target target, Options options)
    : executor_(std::move(executor)),
      resolver_(resolver),
      tls_contexts_(tls_contexts),
      target_(std::move(target)),
      options_(std::move(options)),
      silence_(executor_),
      half_time_(executor_),
      probe_(executor_, resolver, tls_contexts) {}

Session::~Session() { close(); }

void Session::ask(Batch batch, Done done) {
  if (closed_) return;
  if (failure_) {
    tell_later(std::move(done), std::unexpected(*failure_));
    return;
  }
  if (batch.empty()) {
    tell_later(std::move(done), Answer{});
    return;
  }
  const Clock::time_point now = Clock::now();
  if (logged_in_ && waiting_.empty()) expect_bytes(now + options_.timeout);
  waiting_.push_back({batch.size(), std::move(done), now, {}});
  unsent_ += batch.bytes();
  if (logged_in_) {
    send_soon();
  } else if (connection_ == nullptr) {
    connect();
  }
}

// Batches that are asked together go out in one write.
void Session::send_soon() {
  if (std::exchange(sending_soon_, true)) return;
  asio::post(executor_, [self = weak_from_this()] {
    const auto session = self.lock();
    if (!session) return;
    session->sending_soon_ = false;
    if (session->closed_ || session->failure_) return;
    session->connection_->send(std::exchange(session->unsent_, {}));
  });
}

void Session::close() {
  closed_ = true;
  silence_.cancel();
  half_time_.cancel();
  probe_.close();
  if (connection_ != nullptr) connection_->close();
  // What is called last may own us.
  if (!waiting_.empty()) asio::post(executor_, [released = std::move(waiting_)] {});
  waiting_.clear();
}

void Session::connect() {
  expect_bytes(Clock::now() + options_.timeout);
  connection_ =
      std::make_shared<Connection>(executor_, resolver_, tls_contexts_, options_.longest_string);
  // Callbacks hold the session weakly: the connection is the session's, not the reverse.
  const auto self = weak_from_this();
  connection_->open(target_.url, target_.tls,
                    {.opened =
                         [self] {
                           if (const auto session = self.lock()) session->on_opened();
                         },
                     .reply =
                         [self](Reply reply) {
                           if (const auto session = self.lock())
                             session->on_reply(std::move(reply));
                         },
                     .closed =
                         [self](net::Error error) {
                           if (const auto session = self.lock())
                             session->on_closed(std::move(error));
                         },
                     .heard =
                         [self] {
                           if (const auto session = self.lock())
                             session->last_heard_ = Clock::now();
                         }});
  if (!target_.url.tls) return;
  half_time_.expires_after(options_.timeout / 2);
  half_time_.async_wait([self](const boost::system::error_code& code) {
    if (const auto session = self.lock(); session && !code) session->doubt_tls();
  });
}

void Session::on_opened() {
  auto auth = auth_command(target_);
  if (!auth) {
    fail(std::move(auth.error()));
    return;
  }
  auth_ = *std::move(auth);
  std::string bytes;
  if (!auth_.empty()) {
    append_command(bytes, auth_);
    ++login_replies_due_;
  }
  if (!options_.client_name.empty()) {
    append_command(bytes, std::vector<std::string>{"CLIENT", "SETNAME", options_.client_name});
    ++login_replies_due_;
  }
  if (login_replies_due_ == 0) {
    begin_batches();
  } else {
    connection_->send(std::move(bytes));
  }
}

void Session::on_reply(Reply reply) {
  const auto self = shared_from_this();
  if (is_farewell(reply)) {
    fail({classify_error(reply.text), std::move(reply.text)});
  } else if (!logged_in_ && login_replies_due_ > 0) {
    on_login_reply(reply);
  } else if (waiting_.empty() || !logged_in_) {
    const net::Reason reason =
        reply.is_error() ? classify_error(reply.text) : net::Reason::kProtocol;
    fail({reason, reply.is_error() ? std::move(reply.text)
                                   : std::string("the server sent a reply nobody asked for")});
  } else {
    waiting_.front().replies.push_back(std::move(reply));
    if (waiting_.front().replies.size() == waiting_.front().commands) answer_first();
  }
}

void Session::on_login_reply(const Reply& reply) {
  if (!auth_.empty()) {
    if (reply.is_error()) {
      fail(auth_error(reply.text, auth_));
      return;
    }
    auth_.clear();
  }
  if (--login_replies_due_ == 0) begin_batches();
}

void Session::begin_batches() {
  logged_in_ = true;
  last_answer_ = Clock::now();
  expect_bytes(last_answer_ + options_.timeout);
  connection_->send(std::exchange(unsent_, {}));
}

void Session::answer_first() {
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  const Clock::time_point now = Clock::now();
  const Clock::duration took = now - std::max(first.sent, last_answer_);
  last_answer_ = now;
  if (waiting_.empty()) silence_.cancel();
  first.done(Answer{std::move(first.replies), took});
}

// A TLS server closes on a plain client without a word.
void Session::on_closed(net::Error error) {
  const bool may_be_tls = !connection_->heard() && error.reason == net::Reason::kReset &&
                          !target_.url.tls && !target_.url.is_unix();
  if (closed_ || failure_ || !may_be_tls) {
    fail(std::move(error));
    return;
  }
  probe_.ask(target_.url, [self = weak_from_this(), error](std::optional<net::Error> mismatch) {
    if (const auto session = self.lock()) session->fail(std::move(mismatch).value_or(error));
  });
}

// Redis does not answer the first message of TLS on a plain port: it waits for the end of a line.
void Session::doubt_tls() {
  if (closed_ || failure_ || connection_->state() != Connection::State::kHandshaking) return;
  probe_.ask(target_.url, [self = weak_from_this()](std::optional<net::Error> mismatch) {
    if (const auto session = self.lock(); session && mismatch) session->fail(*std::move(mismatch));
  });
}

void Session::fail(net::Error error) {
  if (closed_ || failure_) return;
  const auto self = shared_from_this();
  failure_ = std::move(error);
  silence_.cancel();
  half_time_.cancel();
  probe_.close();
  if (connection_ != nullptr) connection_->close();
  while (!waiting_.empty()) {
    const Done done = std::move(waiting_.front().done);
    waiting_.pop_front();
    done(std::unexpected(*failure_));
  }
}

void Session::tell_later(Done done, std::expected<Answer, net::Error> result) {
  asio::post(executor_, [self = weak_from_this(), done = std::move(done),
                         result = std::move(result)]() mutable {
    if (const auto session = self.lock(); session && !session->closed_) done(std::move(result));
  });
}

// The timer is not set anew for every piece of a reply: it looks, when it ends, whether there was
// one meanwhile.
void Session::expect_bytes(Clock::time_point deadline) {
  last_heard_ = deadline - options_.timeout;
  silence_.expires_at(deadline);
  silence_.async_wait([self = weak_from_this()](const boost::system::error_code& code) {
    if (const auto session = self.lock(); session && !code) session->on_silence();
  });
}

void Session::on_silence() {
  // One that ended while it was being cancelled.
  if (closed_ || failure_ || (logged_in_ && waiting_.empty())) return;
  const Clock::time_point deadline = last_heard_ + options_.timeout;
  if (logged_in_ && deadline > Clock::now()) {
    expect_bytes(deadline);
    return;
  }
  const bool open = connection_->state() == Connection::State::kReady;
  fail({net::Reason::kTimeout,
        open ? "the server did not answer in time" : "the connection could not be made in time"});
}

Session::Options session_options(const PollOptions& poll) {
  Session::Options options{.timeout = poll.timeout};
  if (!poll.collect.set_client_name) options.client_name.clear();
  return options;
}

}  // namespace hitwatch::redis
