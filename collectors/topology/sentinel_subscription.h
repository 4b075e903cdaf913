// Listens to what one sentinel publishes, and reopens the connection whenever it breaks.
//
//   kWaiting → kOpening → kLoggingIn → kSubscribing → kSubscribed
//      ↑__________|____________|____________|______________|        lost, or no byte for too long
//
// In kWaiting a timer runs: the backoff, or kRefusedWait where the sentinel refuses SUBSCRIBE. A
// silent connection is pinged after kQuiet, and lost if the answer takes longer than `timeout`, so
// that a stopped sentinel does not pass for a quiet one; where PING is refused it is left alone.
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/backoff.h"
#include "collectors/redis/connection.h"
#include "collectors/topology/sentinel_replies.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

class SentinelSubscription : public std::enable_shared_from_this<SentinelSubscription> {
 public:
  static constexpr std::chrono::seconds kQuiet{5};
  static constexpr std::chrono::seconds kRefusedWait{60};

  struct Callbacks {
    std::function<void(bool)> subscribed;  // messages come from now on, or no longer
    std::function<void(SentinelMessage)> message;
  };

  // The references in `surroundings` must outlive it.
  SentinelSubscription(const Surroundings& surroundings, redis::Target sentinel,
                       std::chrono::milliseconds timeout);

  void start(Callbacks callbacks);
  void stop();  // nothing is called any more
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  // Opens now where it waits for the end of the backoff: the sentinel is known to answer.
  void hurry();

  bool subscribed() const { return state_ == State::kSubscribed; }
  // `host:port` that the latest connection has led to; "" unknown.
  const std::string& connected() const { return connected_; }

 private:
  enum class State : std::uint8_t { kWaiting, kOpening, kLoggingIn, kSubscribing, kSubscribed };

  void open();
  void on_opened();
  void on_reply(const redis::Reply& reply);
  void on_message(const redis::Reply& reply);
  void on_login(const redis::Reply& reply);
  void subscribe();
  void on_subscribed();
  void expect_bytes();
  void on_silence();
  void refuse(const std::string& why);
  void lose();
  void wait(std::chrono::milliseconds time);
  void set_timer(std::chrono::milliseconds time, void (SentinelSubscription::*then)());

  const Surroundings& surroundings_;
  const redis::Target sentinel_;
  redis::Target server_;  // the same, with what `credentials` had for the latest connection
  std::chrono::milliseconds timeout_;
  Callbacks callbacks_;
  net::Backoff backoff_;
  boost::asio::steady_timer timer_;

  State state_ = State::kWaiting;
  bool stopped_ = false;
  bool refused_ = false;
  std::shared_ptr<redis::Connection> connection_;
  std::string connected_;
  std::size_t replies_due_ = 0;  // of the login, then of SUBSCRIBE
  bool auth_due_ = false;
  std::vector<std::string> auth_;
  bool heard_ = false;   // since the timer was set
  bool pinged_ = false;  // and no byte has come since
  bool may_ping_ = true;
};

}  // namespace hitwatch::topology
