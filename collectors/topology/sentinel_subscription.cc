#include "collectors/topology/sentinel_subscription.h"

#include <algorithm>
#include <utility>

#include "collectors/redis/login.h"
#include "collectors/redis/reply.h"

namespace hitwatch::topology {
namespace {

constexpr std::chrono::milliseconds kFirstReopen{100};
constexpr std::chrono::milliseconds kLastReopen{10000};
// Messages hold some names and addresses.
constexpr std::size_t kLongestMessage = 4096;

std::string text_of(const redis::Reply& reply, std::size_t index) {
  return index < reply.elements.size() ? std::string(reply.elements[index].string())
                                       : std::string();
}

}  // namespace

SentinelSubscription::SentinelSubscription(const Surroundings& surroundings, redis::Target sentinel,
                                           std::chrono::milliseconds timeout)
    : surroundings_(surroundings),
      sentinel_(std::move(sentinel)),
      timeout_(timeout),
      backoff_(kFirstReopen, kLastReopen, std::hash<std::string>{}(sentinel_.name())),
      timer_(surroundings_.executor) {}

void SentinelSubscription::start(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  open();
}

void SentinelSubscription::stop() {
  stopped_ = true;
  timer_.cancel();
  if (connection_ != nullptr) connection_->close();
}

void SentinelSubscription::hurry() {
  if (stopped_ || state_ != State::kWaiting || refused_) return;
  backoff_.reset();
  open();
}

void SentinelSubscription::open() {
  state_ = State::kOpening;
  connection_ = std::make_shared<redis::Connection>(surroundings_.executor, surroundings_.resolver,
                                                    surroundings_.tls_contexts, kLongestMessage);
  server_ = with_credentials(surroundings_, sentinel_);
  const auto self = weak_from_this();
  connection_->open(server_.url, server_.tls,
                    {.opened =
                         [self] {
                           if (const auto it = self.lock()) it->on_opened();
                         },
                     .reply =
                         [self](const redis::Reply& reply) {
                           if (const auto it = self.lock()) it->on_reply(reply);
                         },
                     .closed =
                         [self](const net::Error&) {
                           if (const auto it = self.lock()) it->lose();
                         },
                     .heard =
                         [self] {
                           if (const auto it = self.lock()) it->heard_ = true;
                         }});
  set_timer(timeout_, &SentinelSubscription::lose);
}

void SentinelSubscription::on_opened() {
  net::RedisUrl led_to = sentinel_.url;
  led_to.host = connection_->peer();
  connected_ = led_to.is_unix() || led_to.host.empty() ? "" : led_to.address();
  state_ = State::kLoggingIn;
  auto auth = redis::auth_command(server_);
  if (!auth) {
    lose();
    return;
  }
  auth_ = *std::move(auth);
  auth_due_ = !auth_.empty();
  std::string bytes;
  if (auth_due_) redis::append_command(bytes, auth_);
  redis::append_command(bytes, std::vector<std::string>{"CLIENT", "SETNAME", "hitwatch-events"});
  replies_due_ = auth_due_ ? 2 : 1;
  connection_->send(std::move(bytes));
}

void SentinelSubscription::on_reply(const redis::Reply& reply) {
  switch (state_) {
    case State::kLoggingIn:
      on_login(reply);
      break;
    case State::kSubscribing:
      if (reply.is_error()) {
        refuse(reply.text);
      } else if (text_of(reply, 0) == "subscribe" && --replies_due_ == 0) {
        on_subscribed();
      } else {
        on_message(reply);
      }
      break;
    case State::kSubscribed:
      on_message(reply);
      break;
    case State::kWaiting:
    case State::kOpening:
      break;
  }
}

// Whether the connection may have a name is no matter. Of a refused login those tell who ask with
// the same one, and as soon as it is taken they hurry.
void SentinelSubscription::on_login(const redis::Reply& reply) {
  if (std::exchange(auth_due_, false) && reply.is_error()) {
    lose();
    return;
  }
  auth_.clear();
  if (--replies_due_ == 0) subscribe();
}

void SentinelSubscription::subscribe() {
  state_ = State::kSubscribing;
  std::vector<std::string> command{"SUBSCRIBE"};
  for (const SentinelChannel& channel : sentinel_channels()) command.emplace_back(channel.name);
  replies_due_ = sentinel_channels().size();
  std::string bytes;
  redis::append_command(bytes, command);
  connection_->send(std::move(bytes));
}

void SentinelSubscription::on_subscribed() {
  state_ = State::kSubscribed;
  refused_ = false;
  may_ping_ = true;
  backoff_.reset();
  expect_bytes();
  callbacks_.subscribed(true);
}

void SentinelSubscription::on_message(const redis::Reply& reply) {
  if (pinged_ && reply.is_error()) may_ping_ = false;
  if (text_of(reply, 0) != "message") return;
  if (auto message = read_message(text_of(reply, 1), text_of(reply, 2))) {
    callbacks_.message(*std::move(message));
  }
}

void SentinelSubscription::expect_bytes() {
  heard_ = false;
  set_timer(pinged_ ? timeout_ : std::chrono::milliseconds(kQuiet),
            &SentinelSubscription::on_silence);
}

void SentinelSubscription::on_silence() {
  if (!heard_ && pinged_) {
    lose();
    return;
  }
  pinged_ = !heard_ && may_ping_;
  if (pinged_) connection_->send("*1\r\n$4\r\nPING\r\n");
  expect_bytes();
}

void SentinelSubscription::refuse(const std::string& why) {
  if (!std::exchange(refused_, true)) {
    surroundings_.log.warn("a sentinel refuses to tell its events; it is asked every second",
                           {{"sentinel", sentinel_.name()}, {"error", why}});
  }
  lose();
}

void SentinelSubscription::lose() {
  const auto self = shared_from_this();
  connection_->close();
  const bool was = std::exchange(state_, State::kWaiting) == State::kSubscribed;
  pinged_ = false;
  auth_.clear();
  if (refused_) {
    wait(kRefusedWait);
  } else {
    wait(backoff_.next());
  }
  if (was) callbacks_.subscribed(false);
}

void SentinelSubscription::wait(std::chrono::milliseconds time) {
  set_timer(time, &SentinelSubscription::open);
}

void SentinelSubscription::set_timer(std::chrono::milliseconds time,
                                     void (SentinelSubscription::*then)()) {
  timer_.expires_after(time);
  timer_.async_wait([self = weak_from_this(), then](const boost::system::error_code& code) {
    const auto it = self.lock();
    if (!code && it != nullptr && !it->stopped_) ((*it).*then)();
  });
}

}  // namespace hitwatch::topology
