// Watches one target: keeps its connection, polls it, publishes what it saw.
//
// A poll is one write and its replies. On a new connection it is preceded by AUTH, CLIENT SETNAME
// and INFO, whose answer decides what else this server can be asked; replies may ask for more
// (Collection::follow_up). One deadline bounds all of it. Whatever happens, a poll ends with one
// published result.
//
// A kept connection that breaks between two polls is news: it is reopened and polled at once, so
// that a dead server is known in milliseconds. A server that does so again and again (LossPace) has
// its connection reopened only, and only if that lasted a second: where it fails the target is
// down, else the poll can wait. In mode on_scrape, where nobody has asked for a poll, a lost
// connection is only reopened, once for each poll.
//
// A target that did not answer in time is known to be down: until it answers, its polls are probes
// that end sooner (patience.h says when, and what is promised all the same).
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "agent/metrics/snapshot.h"
#include "agent/net/backoff.h"
#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "collectors/redis/collect.h"
#include "collectors/redis/connect_slots.h"
#include "collectors/redis/connection.h"
#include "collectors/redis/exchange.h"
#include "collectors/redis/loss_pace.h"
#include "collectors/redis/patience.h"
#include "collectors/redis/poll_recorder.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/protocol_probe.h"
#include "collectors/redis/result_maker.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

class Poller : public std::enable_shared_from_this<Poller> {
 public:
  using Clock = std::chrono::steady_clock;
  using Publish = std::function<void(const PollResult&)>;

  // The references, and `probes`, `events` and `slots` if there are some, must outlive the poller.
  // Polls are recorded only with `events`. Its connections take `slots` while they are made.
  Poller(boost::asio::any_io_executor executor, net::Resolver& resolver,
         net::TlsContexts& tls_contexts, const Families& families, log::Log& log, Target target,
         PollOptions options, Publish publish, ProbeLedger* probes = nullptr,
         EventLedger* events = nullptr, ConnectSlots* slots = nullptr);

  // Begins: the first poll after `delay`, in background mode further ones every interval.
  void start(Clock::duration delay = {});
  // Ends everything; nothing is published any more, and whoever waits for a poll is called.
  void stop();
  // The same server under other labels or in another place. What is polled from now on, or is being
  // polled, goes to `publish`. Not to be called from within a callback.
  void relabel(Target target, Publish publish);
  // New options from the next poll on.
  void set_options(const PollOptions& options);
  // Polls now, or joins the poll under way, whose deadline becomes the later of the two. `done` is
  // called after its result is published, or by stop(); not at all if stopped before.
  void poll(Clock::time_point deadline, std::function<void()> done);
  // Polls now, and where a poll is under way once more after it: that one may have read what was
  // before.
  void poll_now();

  // Before start(): another poller had a target of that name before, and it was down.
  void succeed_one_that_is_down() { results_.begin_down(); }
  // Whether its last poll said so; or its predecessor's, before the first.
  bool is_down() const { return results_.is_down(); }

  const Target& target() const { return target_; }
  std::chrono::milliseconds timeout() const { return options_.timeout; }

 private:
  enum class Aim : std::uint8_t { kPoll, kReopen };
  void begin_poll(Clock::time_point deadline, Aim aim = Aim::kPoll);
  void set_deadline(Clock::time_point deadline);
  bool hangs() const;
  void on_heard();
  bool has_moved();
  void connect();
  void on_opened();
  void greet();
  void on_closed(const net::Error& error);
  void on_lost(const net::Error& error);
  void doubt_tls();
  void on_reply(const Reply& reply);
  void on_deadline();
  void fail_poll(net::Error error);
  void end_poll();
  void rest();
  void publish();
  void schedule_next();
  void poll_after(Clock::duration delay);
  Clock::duration until_next_poll();
  void drop_connection();
  bool is_held_for_failed() const { return !target_.place.failed.empty(); }
  Collection& collection() { return *collection_; }

  boost::asio::any_io_executor executor_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  const Families& families_;
  log::Log& log_;
  Target target_;
  PollOptions options_;
  Publish publish_;
  ProbeLedger* const probes_;
  ConnectSlots* const slots_;

  // Of the target.
  metrics::SnapshotBuilder builder_;
  ServerFacts server_;
  Remembered remembered_;
  net::Backoff backoff_;
  LossPace loss_pace_;
  Patience patience_;
  PollRecorder recorder_;
  Exchange exchange_;
  ResultMaker results_;

  // Of the connection.
  std::shared_ptr<Connection> connection_;
  ProtocolProbe probe_;
  bool greeted_ = false;  // what a new connection is sent first has been sent
  Clock::time_point connecting_since_;
  Clock::time_point opened_at_;
  double connect_seconds_ = 0;

  bool lost_ = false;  // between two polls, and nothing was published since

  // Of the poll under way.
  bool polling_ = false;
  bool only_reopening_ = false;  // no poll yet: it becomes one if somebody asks, or if it fails
  bool opened_now_ = false;      // the connection is of this poll
  Clock::time_point began_;
  std::optional<Clock::duration> late_by_;
  net::Error error_;
  std::unique_ptr<Collection> collection_;
  std::vector<std::function<void()>> waiting_;
  bool again_ = false;  // once more after it
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer half_time_;  // of a TLS target: when an unanswered handshake is doubted
  boost::asio::steady_timer schedule_;
  bool stopped_ = false;
};

}  // namespace hitwatch::redis
