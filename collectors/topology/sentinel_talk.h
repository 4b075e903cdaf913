// What one sentinel knows, kept current: looks at everything from time to time, and at what its
// messages are about at once.
//
//   idle ──(whole look due, or a master is to be looked at)──▶ asking ──▶ idle
//
// The next whole look comes kPolled after the last one began, so that what changes is known within
// a second, or kListened (at most the interval of polls) while its messages are listened to; after
// a failure with a growing backoff. Masters that are to be looked at meanwhile are gathered, and
// asked about together, at most once in kGap: a sentinel that has much to tell costs no more than
// that. What is published of masters that are not wanted leads to no look. Once messages come again
// after they did not, a whole look finds what was missed.
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/net/backoff.h"
#include "collectors/topology/sentinel_questions.h"
#include "collectors/topology/sentinel_subscription.h"

namespace hitwatch::topology {

class SentinelTalk : public std::enable_shared_from_this<SentinelTalk> {
 public:
  static constexpr std::chrono::milliseconds kPolled{800};
  static constexpr std::chrono::seconds kListened{10};
  static constexpr std::chrono::milliseconds kGap{100};

  struct Callbacks {
    // It has answered a look: of what it told before, what the look asked for holds no longer.
    std::function<void(const SentinelLook&)> told;
    std::function<void(const net::Error&)> failed;
    std::function<void(const SentinelMessage&)> message;
    std::function<void()> subscribed;  // or no longer
  };

  // The references in `surroundings` must outlive it. `patterns`: the masters that are wanted.
  SentinelTalk(const Surroundings& surroundings, redis::Target sentinel,
               std::vector<std::string> patterns, const Pace& pace, Callbacks callbacks);

  void start();
  void stop();  // nothing is called any more
  void set_pace(const Pace& pace);
  // Looks at one master, or with "" at everything, as soon as it may.
  void look(const std::string& master = "");

  // To a sentinel's events: any server lets one subscribe.
  bool subscribed() const { return subscription_->subscribed() && questions_.is_sentinel(); }
  const std::string& connected() const { return subscription_->connected(); }
  const std::string& id() const { return questions_.id(); }

 private:
  using Clock = std::chrono::steady_clock;

  void begin();
  void on_look(std::expected<SentinelLook, net::Error> look);
  void on_subscribed(bool subscribed);
  void on_message(const SentinelMessage& message);
  void schedule();

  const std::vector<std::string> patterns_;
  Pace pace_;
  Callbacks callbacks_;
  SentinelQuestions questions_;
  std::shared_ptr<SentinelSubscription> subscription_;
  net::Backoff backoff_;
  boost::asio::steady_timer timer_;

  bool stopped_ = false;
  bool asking_ = false;
  bool failing_ = false;  // the last look did
  Clock::time_point whole_due_;
  std::set<std::string> due_;  // masters
  Clock::time_point began_;    // the last look
};

}  // namespace hitwatch::topology
