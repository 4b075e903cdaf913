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
// that end sooner (response_time.h says when, and what is promised all the same).
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
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
#include "collectors/redis/loss_pace.h"
#include "collectors/redis/poll_record.h"
#include "collectors/redis/poll_recorder.h"
#include "collectors/redis/replication.h"
#include "collectors/redis/response_time.h"
#include "collectors/redis/server_changes.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

// What is known of a target besides its samples.
struct TargetState {
  bool up = false;   // INFO was answered in the last poll
  net::Error error;  // of the last poll; Reason::kNone if all of it went well
  std::chrono::system_clock::time_point last_poll;
  std::chrono::duration<double> last_duration{};
  // From when it was due to its start; nothing for a poll that somebody asked for.
  std::optional<std::chrono::duration<double>> lateness;
  std::map<std::string, std::string> unavailable;  // collector → what the server said
  std::uint64_t series_dropped = 0;  // in this poll, past a bound or without a valid name
  std::string version;
  std::string role;
  std::string mode;
  // Since the server started or CONFIG RESETSTAT, without those that are known to be our own looks
  // at keys.
  double keyspace_hits = 0;
  double keyspace_misses = 0;
  double keys = 0;
  std::string run_id;
  double used_memory = 0;
  double ops_per_second = 0;
  // Of CLUSTER INFO; -1 where the server did not say.
  double cluster_epoch = -1;
  double cluster_slots_ok = -1;
  double cluster_nodes = -1;
  std::string peer;  // the server's IP address, or the path of its socket; "" if unknown
  std::shared_ptr<const Replication> replication;  // null if it is down
};

// What a poll is the first to see of the slow log: at most its kMostSlowCommands newest entries. Of
// a log that was not looked at before, the newest one.
struct SlowCommands {
  std::string run;                    // the server's run id, or the target's name where it has none
  std::vector<SlowCommand> commands;  // without `ended`
};

// The outcome of one poll. Immutable.
struct PollResult {
  std::shared_ptr<const metrics::Snapshot> snapshot;
  std::shared_ptr<const TargetState> state;
  std::shared_ptr<const PollRecord> record = nullptr;  // with PollOptions::record
  std::shared_ptr<const SlowCommands> slow = nullptr;  // null for none
  std::vector<ServerChange> changes = {};
};

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

  const Target& target() const { return target_; }
  std::chrono::milliseconds timeout() const { return options_.timeout; }

 private:
  enum class Aim : std::uint8_t { kPoll, kReopen };
  void begin_poll(Clock::time_point deadline, Aim aim = Aim::kPoll);
  void set_deadline(Clock::time_point deadline);
  Clock::time_point patience(Clock::time_point deadline);
  void on_heard();
  bool has_moved();
  void connect();
  void on_opened();
  void greet();
  void on_closed(const net::Error& error);
  void on_lost(const net::Error& error);
  void probe(bool tls, std::function<void(bool speaks)> verdict);
  void doubt_tls();
  void send_round(std::span<const Request> round, std::string bytes);
  void on_reply(const Reply& reply);
  // Whether the round goes on.
  bool on_error_reply(const Request& request, const std::string& text);
  void on_round_done();
  void make_plan();
  void on_deadline();
  void fail_poll(net::Error error);
  void end_poll();
  void rest();
  void add_own_samples(Clock::duration took);
  void publish(Clock::duration took);
  void schedule_next();
  void poll_after(Clock::duration delay);
  Clock::duration until_next_poll();
  void read_reply(const Request& request, const Reply& reply);
  std::shared_ptr<const SlowCommands> slow_commands();
  PolledServer server_now(const TargetState& state) const;
  void log_change(const TargetState& state);
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
  ResponseTime connect_time_;
  ResponseTime reply_time_;  // from the first command of a connection to its reply
  bool hung_ = false;        // the last connect timed out
  int short_probes_ = 0;     // since it timed out, or the last probe that was none
  std::shared_ptr<const metrics::Snapshot> last_good_;
  std::uint64_t polls_ = 0;
  double seconds_polling_ = 0;
  TargetState published_;
  bool published_once_ = false;
  PollRecorder recorder_;
  ServerChanges changes_;

  // Of the connection.
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<Connection> probe_;
  bool greeted_ = false;  // what a new connection is sent first has been sent
  Clock::time_point opened_at_;
  double connect_seconds_ = 0;
  double ping_seconds_ = 0;
  std::map<std::string, std::string> unavailable_;
  std::vector<Request> handshake_;
  std::vector<Request> plan_;  // INFO and all else: a whole poll of a known server
  std::string plan_bytes_;
  std::size_t info_bytes_ = 0;  // how much of plan_bytes_ is the INFO command
  std::string planned_for_;     // the facts that plan_ was made for

  bool lost_ = false;  // between two polls, and nothing was published since

  // Of the poll under way.
  bool polling_ = false;
  bool only_reopening_ = false;  // no poll yet: it becomes one if somebody asks, or if it fails
  bool opened_now_ = false;      // the connection is of this poll
  bool greeting_ = false;        // the first round is that of a new connection
  Clock::time_point began_;
  std::optional<Clock::duration> late_by_;
  std::optional<Clock::time_point> full_deadline_;  // of a probe that is to end sooner
  Clock::time_point sent_at_;
  bool have_info_ = false;
  net::Error error_;
  std::unique_ptr<Collection> collection_;
  std::vector<Request> follow_up_;
  std::span<const Request> round_;
  std::size_t next_reply_ = 0;
  int rounds_ = 0;
  std::vector<std::function<void()>> waiting_;
  bool again_ = false;  // once more after it
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer half_time_;  // of a TLS target: when an unanswered handshake is doubted
  boost::asio::steady_timer schedule_;
  bool stopped_ = false;
};

}  // namespace hitwatch::redis
