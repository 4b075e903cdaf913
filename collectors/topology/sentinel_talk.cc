#include "collectors/topology/sentinel_talk.h"

#include <algorithm>
#include <utility>

namespace hitwatch::topology {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{250};
constexpr std::chrono::milliseconds kLastRetry{5000};

}  // namespace

SentinelTalk::SentinelTalk(const Surroundings& surroundings, redis::Target sentinel,
                           std::vector<std::string> patterns, const Pace& pace, Callbacks callbacks)
    : patterns_(std::move(patterns)),
      pace_(pace),
      callbacks_(std::move(callbacks)),
      questions_(surroundings, sentinel, patterns_, pace.timeout),
      backoff_(kFirstRetry, kLastRetry, std::hash<std::string>{}(sentinel.name()) + 1),
      timer_(surroundings.executor) {
  subscription_ =
      std::make_shared<SentinelSubscription>(surroundings, std::move(sentinel), pace.timeout);
}

void SentinelTalk::start() {
  const auto self = weak_from_this();
  subscription_->start({.subscribed =
                            [self](bool subscribed) {
                              if (const auto it = self.lock()) it->on_subscribed(subscribed);
                            },
                        .message =
                            [self](const SentinelMessage& message) {
                              if (const auto it = self.lock()) it->on_message(message);
                            }});
  look();
}

void SentinelTalk::stop() {
  stopped_ = true;
  timer_.cancel();
  questions_.stop();
  subscription_->stop();
}

void SentinelTalk::set_pace(const Pace& pace) {
  pace_ = pace;
  questions_.set_timeout(pace.timeout);
  subscription_->set_timeout(pace.timeout);
  schedule();
}

void SentinelTalk::look(const std::string& master) {
  if (master.empty() || due_.size() >= kMostSentinelMasters) {
    whole_due_ = Clock::now();
  } else {
    due_.insert(master);
  }
  schedule();
}

void SentinelTalk::begin() {
  if (stopped_ || asking_) return;
  asking_ = true;
  const bool whole = whole_due_ <= Clock::now();
  began_ = Clock::now();
  const auto done = [self = weak_from_this()](std::expected<SentinelLook, net::Error> look) {
    if (const auto it = self.lock()) it->on_look(std::move(look));
  };
  const std::set<std::string> due = std::exchange(due_, {});
  if (whole) {
    whole_due_ = Clock::time_point::max();
    questions_.look_at_all(done);
  } else {
    questions_.look_at({due.begin(), due.end()}, done);
  }
}

void SentinelTalk::on_look(std::expected<SentinelLook, net::Error> look) {
  if (stopped_) return;
  const auto self = shared_from_this();
  asking_ = false;
  if (look) {
    backoff_.reset();
    const auto regular = subscribed() ? std::min<Clock::duration>(kListened, pace_.interval)
                                      : Clock::duration(kPolled);
    if (look->whole) {
      whole_due_ = std::min(whole_due_, began_ + std::max<Clock::duration>(regular, kPolled));
    }
    if (std::exchange(failing_, false)) subscription_->hurry();
    callbacks_.told(*look);
  } else {
    due_.clear();
    failing_ = true;
    whole_due_ = Clock::now() + backoff_.next();
    callbacks_.failed(look.error());
  }
  if (!stopped_) schedule();
}

void SentinelTalk::on_subscribed(bool) {
  look();
  callbacks_.subscribed();
}

void SentinelTalk::on_message(const SentinelMessage& message) {
  if (message.master.empty() || is_wanted_master(message.master, patterns_)) look(message.master);
  callbacks_.message(message);
}

void SentinelTalk::schedule() {
  if (stopped_ || asking_) return;
  const Clock::time_point when =
      std::max(due_.empty() ? whole_due_ : Clock::now(), began_ + Clock::duration(kGap));
  timer_.expires_at(when);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& code) {
    const auto it = self.lock();
    if (!code && it != nullptr) it->begin();
  });
}

}  // namespace hitwatch::topology
