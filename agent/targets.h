// The targets the daemon watches, and the latest result of each.
//
// Pollers live on the loop's thread; everybody else sees immutable results. The set changes when
// the configuration is reloaded, when a target list changes, and when /scrape names an address that
// is on the allow-list.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/metrics/exposition.h"
#include "agent/net/resolver.h"
#include "collectors/keyspace/report.h"
#include "collectors/redis/connect_slots.h"
#include "collectors/redis/poller.h"

namespace hitwatch {

class TargetIndex;

// What is known of a target's keys. Immutable; all null before the first round has ended, or where
// nothing of the kind is asked for.
struct KeyspaceResult {
  std::shared_ptr<const keyspace::Report> report;
  std::shared_ptr<const metrics::Snapshot> sampled;             // cache_keys and its kin
  std::shared_ptr<const metrics::Snapshot> checked;             // redis_key_size and its kin
  std::shared_ptr<const std::vector<std::string>> check_notes;  // what was refused or skipped
};

// "unknown" before the first poll (`state` is null), then "up", "partial" or "down".
std::string_view state_word(const redis::TargetState* state);

// One watched server. `latest` may be read by any thread.
class WatchedTarget {
 public:
  explicit WatchedTarget(redis::Target described);

  const redis::Target target;
  // `target.labels` rendered, without and with the instance label.
  const std::string label_text;
  const std::string label_text_with_instance;
  const std::string place_text;  // `role="master"`, or ""

  // Both pointers are null before the first poll has ended.
  redis::PollResult latest() const;
  void set_latest(const redis::PollResult& result);
  // When a poll first found the state that it is in (state_word); nothing before the first poll.
  std::optional<std::chrono::system_clock::time_point> state_since() const;

  KeyspaceResult latest_keyspace() const;
  void set_latest_keyspace(const KeyspaceResult& result);

  // Take over what is known of the same server under its former labels: of its polls, with
  // state_since, and of its keys.
  void take_over_polls(const WatchedTarget& former);
  void take_over_keyspace(const WatchedTarget& former);

 private:
  mutable std::mutex mutex_;
  redis::PollResult latest_;
  std::optional<std::chrono::system_clock::time_point> state_since_;
  KeyspaceResult latest_keyspace_;
};
using WatchedTargets = std::vector<std::shared_ptr<WatchedTarget>>;

// How many targets that only /scrape named are kept, and for how long without a scrape.
struct AdHocBounds {
  std::size_t most = 1000;
  std::chrono::milliseconds idle = std::chrono::minutes(10);
};

class Targets {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::string_view kAdHocOrigin = "/scrape";

  using OnPoll =
      std::function<void(const std::shared_ptr<WatchedTarget>&, const redis::PollResult&)>;

  // Pollers run on `loop`; `on_poll` is called there after each poll. What `probes` holds is no
  // lookup of applications. Polls are recorded with `events`, where the configuration sends traces.
  // The references, and `probes` and `events` if there are some, must outlive this.
  Targets(boost::asio::any_io_executor loop, net::Resolver& resolver,
          net::TlsContexts& tls_contexts, const redis::Families& families, log::Log& log,
          OnPoll on_poll, redis::ProbeLedger* probes = nullptr,
          redis::EventLedger* events = nullptr, AdHocBounds ad_hoc_bounds = {});
  ~Targets();
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;

  // Any thread: watch exactly these from now on; their names are unique. Targets that stay keep
  // their connection, their counters and their latest result. So does one of which only labels or
  // place have changed, as another WatchedTarget: results go to that one from then on. Those that
  // only /scrape named are forgotten when what they were made of has changed: the allow-list,
  // credentials, options of polls. Returns whether the targets are others than before.
  bool update(const std::vector<redis::Target>& wanted, const config::Config& config);
  // Any thread: ends all polling. Call before the loop stops.
  void stop();

  // Any thread: polls the configured targets at these addresses now, and once more after a poll
  // under way, which may have read what was before. Where there is none nothing is polled.
  void poll_now(std::vector<std::string> addresses);

  // Any thread: the configured targets, in the order of the configuration.
  std::shared_ptr<const WatchedTargets> all() const;
  // Any thread: whether `instance` distinguishes the targets in one exposition, that is, whether
  // there are several, or the only one has an alias or was discovered.
  static bool needs_instance(const WatchedTargets& targets);
  // The label that tells the series of one target from others'; none where targets need none.
  static std::vector<prometheus::ClientMetric::Label> instance_label(const WatchedTargets& targets,
                                                                     const std::string& name);
  // Any thread: whether targets are polled when scraped.
  bool on_scrape() const;

  // Any thread: the configured target of that name, address or URL; nullptr if there is none.
  std::shared_ptr<WatchedTarget> find(std::string_view name) const;
  // Any thread: the name of the first configured target at this address; "" if there is none.
  std::string name_at(const std::string& address) const;
  // Any thread: a target that is not configured, for an address on the allow-list
  // (web.scrape_allow); it is polled when scraped and forgotten when idle. Fails with a sentence
  // and the HTTP status that fits: 400 for no address, 403 for one not allowed, 503 when full.
  struct Refusal {
    int status;
    std::string text;
  };
  std::expected<std::shared_ptr<WatchedTarget>, Refusal> find_ad_hoc(std::string_view name);

  // Any thread.
  redis::ConnectSlots::Figures connects() const { return slots_.figures(); }

  // Any thread: polls each of `targets` now, or joins its poll under way, and calls `done` on the
  // loop when all have ended or `deadline` has passed.
  void refresh(const WatchedTargets& targets, Clock::time_point deadline,
               std::function<void()> done);

 private:
  struct Watch {
    std::shared_ptr<WatchedTarget> watched;
    std::shared_ptr<redis::Poller> poller;
  };
  struct AdHocWatch {
    Watch watch;
    Clock::time_point last_wanted;
  };

  // Of a target that was not there before; tells of what is risky about it, once.
  std::shared_ptr<WatchedTarget> make_watched(redis::Target target);
  // The one that there is, or one that knows what is known of the same server.
  std::shared_ptr<WatchedTarget> watched_as(const redis::Target& target);
  redis::Poller::Publish publisher(std::shared_ptr<WatchedTarget> watched);
  std::shared_ptr<redis::Poller> make_poller(const std::shared_ptr<WatchedTarget>& watched,
                                             const redis::PollOptions& options);
  void apply(const WatchedTargets& wanted, const redis::PollOptions& options, bool forget_ad_hoc);
  void relabel(Watch& watch, const std::shared_ptr<WatchedTarget>& watched);
  redis::Poller* poller_of(const std::shared_ptr<WatchedTarget>& watched);
  redis::Poller* ad_hoc_poller_of(const std::shared_ptr<WatchedTarget>& watched);
  void drop_idle_ad_hoc(Clock::time_point now);

  boost::asio::any_io_executor loop_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  const redis::Families& families_;
  log::Log& log_;
  OnPoll on_poll_;
  redis::ProbeLedger* const probes_;
  redis::EventLedger* const events_;
  redis::ConnectSlots slots_;
  const AdHocBounds ad_hoc_bounds_;

  // Written under the mutex, by whoever reloads; read by all.
  mutable std::mutex mutex_;
  std::shared_ptr<const TargetIndex> configured_;
  WatchedTargets ad_hoc_;
  std::vector<config::Credentials> credentials_;
  std::vector<std::string> scrape_allow_;
  redis::PollOptions options_;

  // Of the loop's thread.
  std::unordered_map<std::string, Watch> watches_;  // of the configured targets, by name
  std::unordered_map<const WatchedTarget*, AdHocWatch> ad_hoc_watches_;
};

}  // namespace hitwatch
