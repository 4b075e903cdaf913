#include "collectors/redis/poller.h"

#include <algorithm>
#include <utility>

#include "collectors/redis/poll_phase.h"

namespace hitwatch::redis {
namespace {

using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{100};
// A connection that did not last this long is reopened at once only if a poll is allowed, so that a
// server that closes every connection is not hammered.
constexpr std::chrono::seconds kLastingConnection{1};

double to_seconds(Poller::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Poller::Poller(boost::asio::any_io_executor executor, net::Resolver& resolver,
               net::TlsContexts& tls_contexts, const Families& families, log::Log& log,
               Target target, PollOptions options, Publish publish, ProbeLedger* probes,
               EventLedger* events, ConnectSlots* slots)
    : executor_(executor),
      resolver_(resolver),
      tls_contexts_(tls_contexts),
      families_(families),
      log_(log),
      target_(std::move(target)),
      options_(std::move(options)),
      publish_(std::move(publish)),
      probes_(probes),
      slots_(slots),
      backoff_(kFirstBackoff, options_.interval, std::hash<std::string>{}(target_.name())),
      loss_pace_(options_.interval),
      recorder_(events, target_.name()),
      exchange_(target_, log, recorder_),
      results_(log),
      probe_(executor, resolver, tls_contexts),
      deadline_(executor),
      half_time_(executor),
      schedule_(executor) {}

void Poller::start(Clock::duration delay) {
  if (delay > Clock::duration::zero()) {
    poll_after(delay);
  } else {
    poll(Clock::now() + options_.timeout, {});
  }
}

void Poller::stop() {
  stopped_ = true;
  polling_ = false;
  deadline_.cancel();
  half_time_.cancel();
  schedule_.cancel();
  drop_connection();
  // Whoever waits for a target that a reload removes would wait for its whole deadline.
  for (const auto& done : std::exchange(waiting_, {})) done();
}

void Poller::relabel(Target target, Publish publish) {
  const bool was_failed = is_held_for_failed();
  target_ = std::move(target);
  publish_ = std::move(publish);
  if (stopped_ || was_failed == is_held_for_failed()) return;
  if (polling_) {
    fail_poll({net::Reason::kFailed, target_.place.failed});
    return;
  }
  if (is_held_for_failed()) drop_connection();
  backoff_.reset();
  begin_poll(Clock::now() + options_.timeout);
}

void Poller::set_options(const PollOptions& options) {
  const bool was_on_scrape = options_.on_scrape;
  const milliseconds interval = options_.interval;
  options_ = options;
  exchange_.forget_plan();
  if (interval != options_.interval) {
    backoff_ =
        net::Backoff(kFirstBackoff, options_.interval, std::hash<std::string>{}(target_.name()));
    loss_pace_ = LossPace(options_.interval);
  }
  const bool reschedule = was_on_scrape != options_.on_scrape || interval != options_.interval;
  if (reschedule && !polling_ && !stopped_) schedule_next();
}

void Poller::poll(Clock::time_point deadline, std::function<void()> done) {
  if (stopped_) return;
  if (done) waiting_.push_back(std::move(done));
  only_reopening_ = false;
  if (!polling_) {
    begin_poll(deadline);
  } else if (!patience_.prolong(deadline) && deadline > deadline_.expiry()) {
    // Who asked first and has little time must not cut it short for who joins.
    set_deadline(deadline);
  }
}

void Poller::poll_now() {
  if (polling_ && !only_reopening_) {
    again_ = true;
  } else {
    poll(Clock::now() + options_.timeout, {});
  }
}

void Poller::set_deadline(Clock::time_point deadline) {
  deadline_.expires_at(deadline);
  deadline_.async_wait([self = weak_from_this()](const error_code& code) {
    if (const auto poller = self.lock(); poller && !code && poller->polling_) poller->on_deadline();
  });
}

// Whether the target is known to be down because it did not answer in time.
bool Poller::hangs() const {
  const TargetState* const last = results_.last();
  return last != nullptr && !last->up && last->error.reason == net::Reason::kTimeout;
}

// A sign of life.
void Poller::on_heard() {
  if (!polling_) return;
  if (const auto deadline = patience_.heard()) set_deadline(*deadline);
}

void Poller::begin_poll(Clock::time_point deadline, Aim aim) {
  schedule_.cancel();
  late_by_.reset();
  polling_ = true;
  again_ = false;
  began_ = Clock::now();
  only_reopening_ = aim == Aim::kReopen;
  if (lost_ && !only_reopening_) loss_pace_.polled(began_);
  opened_now_ = false;
  error_ = {};
  exchange_.begin();
  builder_.begin();
  collection_ = std::make_unique<Collection>(Collection{builder_,
                                                        families_,
                                                        options_.collect,
                                                        server_,
                                                        remembered_,
                                                        std::chrono::system_clock::now(),
                                                        {},
                                                        probes_});
  recorder_.begin(options_.record, collection().now, began_);
  collection().recording = recorder_.recording();
  if (is_held_for_failed()) {
    error_ = {net::Reason::kFailed, target_.place.failed};
    end_poll();
    return;
  }
  deadline = patience_.begin(began_, deadline, hangs() && !only_reopening_);
  set_deadline(deadline);
  if (target_.url.tls) {
    half_time_.expires_at(began_ + (deadline - began_) / 2);
    half_time_.async_wait([self = weak_from_this()](const error_code& code) {
      if (const auto poller = self.lock(); poller && !code) poller->doubt_tls();
    });
  }
  if (connection_ != nullptr && has_moved()) drop_connection();
  if (connection_ == nullptr) {
    connect();
    return;
  }
  if (!greeted_) {
    greet();
    return;
  }
  exchange_.ask(collection(), *connection_);
}

// Whether the name stands for other servers now: that is how those of a managed service fail over.
bool Poller::has_moved() {
  if (target_.url.is_unix()) return false;
  const auto peer = connection_->peer_address();
  if (!peer || resolver_.still_has(target_.url.host, *peer).value_or(true)) return false;
  log_.info("the name of a target leads elsewhere now, it is connected to anew",
            {{"target", target_.name()}, {"former", peer->to_string()}});
  return true;
}

void Poller::connect() {
  drop_connection();
  opened_now_ = true;
  greeted_ = false;
  exchange_.new_connection();
  server_ = {};
  connecting_since_ = Clock::now();
  recorder_.opens(connecting_since_);
  connection_ = std::make_shared<Connection>(executor_, resolver_, tls_contexts_);
  // Callbacks hold the poller weakly: the connection is the poller's, not the reverse.
  const auto self = weak_from_this();
  connection_->open(target_.url, target_.tls,
                    {.opened =
                         [self] {
                           if (const auto poller = self.lock()) poller->on_opened();
                         },
                     .reply =
                         [self](const Reply& reply) {
                           if (const auto poller = self.lock()) poller->on_reply(reply);
                         },
                     .closed =
                         [self](const net::Error& error) {
                           if (const auto poller = self.lock()) poller->on_closed(error);
                         },
                     .heard =
                         [self] {
                           if (const auto poller = self.lock()) poller->on_heard();
                         }},
                    patience_.terms(slots_));
}

void Poller::on_opened() {
  opened_at_ = Clock::now();
  patience_.connected(connection_->steps());
  if (target_.url.tls) on_heard();
  connect_seconds_ = to_seconds(opened_at_ - connecting_since_);
  recorder_.opening(*connection_);
  if (!only_reopening_) {
    greet();
    return;
  }
  // The server is there; its figures can wait.
  polling_ = false;
  deadline_.cancel();
  half_time_.cancel();
  schedule_next();
}

void Poller::greet() {
  greeted_ = true;
  auto greeted = exchange_.greet(collection(), *connection_);
  if (!greeted) fail_poll(std::move(greeted.error()));
}

void Poller::on_reply(const Reply& reply) {
  if (!polling_ || !exchange_.expects_reply()) {
    // Nobody asked: a farewell such as "-ERR max number of clients reached", or nonsense.
    const net::Reason reason =
        reply.is_error() ? classify_error(reply.text) : net::Reason::kProtocol;
    connection_->close();
    on_closed({reason, reply.is_error() ? reply.text
                                        : std::string("the server sent a reply nobody asked for")});
    return;
  }
  if (exchange_.expects_first_reply()) patience_.replied(Clock::now() - exchange_.sent_at());
  switch (exchange_.take(reply, collection(), *connection_)) {
    case Exchange::Next::kWait:
      return;
    case Exchange::Next::kEnd:
      error_ = exchange_.error();
      end_poll();
      return;
    case Exchange::Next::kLogInNew:
      if (!opened_now_) {
        // The login has lapsed, as that by a token does: whoever comes anew has what counts now.
        connection_->close();
        on_closed(net::Error(exchange_.error()));
        return;
      }
      [[fallthrough]];
    case Exchange::Next::kFail:
      fail_poll(exchange_.error());
      return;
  }
}

void Poller::on_closed(const net::Error& error) {
  if (connection_ != nullptr) recorder_.opening(*connection_);
  const bool unheard = connection_ != nullptr && !connection_->heard();
  if (unheard) patience_.refused();
  connection_ = nullptr;
  if (stopped_) return;
  if (!polling_) {
    on_lost(error);
  } else if (!opened_now_) {
    // It broke since the last poll, or while answering: a restarted server deserves one more try.
    builder_.begin();
    collection().follow_up.clear();
    connect();
  } else if (unheard && error.reason == net::Reason::kReset && !target_.url.tls &&
             !target_.url.is_unix()) {
    // A TLS server closes on a plain client without a word.
    probe_.ask(target_.url, [self = weak_from_this(), error](std::optional<net::Error> mismatch) {
      const auto poller = self.lock();
      if (poller && poller->polling_) poller->fail_poll(std::move(mismatch).value_or(error));
    });
  } else {
    fail_poll(error);
  }
}

void Poller::on_lost(const net::Error& error) {
  log_.debug("the kept connection was lost", {{"target", target_.name()}, {"error", error.text}});
  lost_ = true;
  const auto now = Clock::now();
  if (options_.on_scrape) {
    // Once: who is not scraped any more should not be reopened for ever.
    if (greeted_) begin_poll(now + options_.timeout, Aim::kReopen);
  } else if (loss_pace_.next() <= now) {
    begin_poll(now + options_.timeout);
  } else if (now - opened_at_ >= kLastingConnection) {
    begin_poll(now + options_.timeout, Aim::kReopen);
  } else {
    schedule_next();
  }
}

// Redis does not answer the first message of TLS on a plain port: it waits for the end of a line.
void Poller::doubt_tls() {
  if (!polling_ || connection_ == nullptr ||
      connection_->state() != Connection::State::kHandshaking) {
    return;
  }
  probe_.ask(target_.url, [self = weak_from_this()](std::optional<net::Error> mismatch) {
    const auto poller = self.lock();
    if (poller && poller->polling_ && mismatch) poller->fail_poll(*std::move(mismatch));
  });
}

void Poller::on_deadline() {
  using State = Connection::State;
  std::string what = "the server did not answer in time";
  if (connection_ != nullptr && connection_->state() == State::kWaiting) {
    what = "too many other connections were being made";
  } else if (connection_ != nullptr && connection_->state() != State::kReady) {
    what = "the connection could not be made in time";
    patience_.connect_timed_out(connection_->state());
  } else if (exchange_.have_info()) {
    what = exchange_.expected() + " was not answered in time";
  }
  fail_poll({net::Reason::kTimeout, std::move(what)});
}

// Replies are outstanding or cannot be trusted: the connection goes. What was read before stays.
void Poller::fail_poll(net::Error error) {
  if (connection_ != nullptr) recorder_.opening(*connection_);
  drop_connection();
  error_ = std::move(error);
  // Only a timeout leaves a partial poll; a lost or refusing server has no present figures.
  if (error_.reason != net::Reason::kTimeout) exchange_.forget_info();
  end_poll();
}

void Poller::end_poll() {
  deadline_.cancel();
  half_time_.cancel();
  polling_ = false;
  if (lost_ && exchange_.have_info()) loss_pace_.was_well();
  publish();
  lost_ = false;
  rest();
  schedule_next();
  const auto waiting = std::move(waiting_);
  waiting_.clear();
  for (const auto& done : waiting) done();
}

void Poller::publish() {
  // Who polls when scraped would rather see the figures of a moment ago, with their age, than none.
  const bool stand_in = options_.on_scrape && error_.reason == net::Reason::kTimeout;
  PollEnd end{.have_info = exchange_.have_info(),
              .error = error_,
              .began = began_,
              .took = Clock::now() - began_,
              .late_by = late_by_,
              .connect_seconds = connect_seconds_,
              .ping_seconds = exchange_.ping_seconds(),
              .unavailable = exchange_.unavailable(),
              .reconnected = lost_ || opened_now_,
              .peer = connection_ != nullptr ? connection_->peer() : std::string(),
              .may_stand_in = stand_in};
  PollResult result = results_.make(target_, std::move(end), collection());
  result.record = recorder_.end(result.state->peer);
  publish_(result);
}

// What only polls need goes: thousands of targets are not polled most of the time.
void Poller::rest() {
  exchange_.rest();
  collection_ = nullptr;
  if (connection_ != nullptr) connection_->rest();
}

void Poller::schedule_next() {
  if (options_.on_scrape && !again_) {
    schedule_.cancel();
    return;
  }
  poll_after(until_next_poll());
}

void Poller::poll_after(Clock::duration delay) {
  schedule_.expires_after(delay);
  schedule_.async_wait([self = weak_from_this()](const error_code& code) {
    const auto poller = self.lock();
    if (!poller || code || poller->stopped_ || poller->polling_) return;
    const auto now = Clock::now();
    const Clock::duration late_by = now - poller->schedule_.expiry();
    poller->begin_poll(now + poller->options_.timeout);
    poller->late_by_ = late_by;
  });
}

Poller::Clock::duration Poller::until_next_poll() {
  if (again_) return {};
  const auto now = Clock::now();
  const Clock::duration regular = until_tick(now, options_.interval, target_.name());
  if (lost_) return std::clamp<Clock::duration>(loss_pace_.next() - now, {}, regular);
  if (is_held_for_failed()) return regular;
  if (connection_ == nullptr) {
    return std::min<Clock::duration>(options_.interval, backoff_.next());
  }
  backoff_.reset();
  return regular;
}

void Poller::drop_connection() {
  if (connection_ != nullptr) connection_->close();
  connection_ = nullptr;
  probe_.close();
}

}  // namespace hitwatch::redis
