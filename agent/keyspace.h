// Looks at the keys of the targets: samples each at its interval, and makes the rounds of
// `keys.check`. Has a thread of its own, since what it computes after a round would hold up polls.
//
// A master is sampled at one of its replicas if there is a usable one
// (`keys.sample.prefer_replica`): the report is the master's all the same, and says which server
// was asked. A target that is the replica of another target has no report of its own, so that sums
// over targets count no key twice; of two replicas whose master is no target each has one. Checks
// are made at each target, but of servers that sentinels or a cluster named at one of each shard.
//
// The figures of a target that can no longer be read, or only in a small part, stay for three
// intervals, and then go.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/config/config.h"
#include "agent/keyspace_peers.h"
#include "agent/keyspace_source.h"
#include "agent/log/log.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "agent/targets.h"
#include "agent/trace/tracer.h"
#include "agent/turns.h"
#include "collectors/keys/matcher.h"
#include "collectors/redis/families.h"
#include "collectors/redis/probe_ledger.h"
#include "collectors/redis/session.h"

namespace hitwatch {

class Keyspace {
 public:
  // A round reads keys for three intervals, or for this if that is longer; then it ends with what
  // it has read.
  static constexpr std::chrono::milliseconds kRoundLimit = std::chrono::minutes(5);

  // The references must outlive this.
  Keyspace(const redis::Families& families, redis::ProbeLedger& ledger, log::Log& log,
           trace::Tracer& tracer, std::chrono::milliseconds round_limit = kRoundLimit);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  // Any thread: look at exactly these from now on. Targets that stay keep their figures; options
  // that have changed take effect from the next round on. For the configured targets: those that
  // only /scrape names are here for a moment and are neither sampled nor checked.
  void update(const WatchedTargets& targets, const config::Config& config);
  // Ends all rounds and the thread.
  void stop();

 private:
  class Watch;
  class Sampling;
  class Checking;

  // What of the configuration concerns the rounds.
  struct Settings {
    keyspace::SampleOptions sample;
    keyspace::CheckOptions check;
    redis::Session::Options session;
    std::shared_ptr<keys::Matcher> matcher;
    std::size_t tenants = 0;  // that have figures of their own
    std::size_t targets = 0;
  };

  void apply(const WatchedTargets& targets, Settings settings, std::vector<keys::Rule> rules);
  void follow(const WatchedTargets& targets);
  void meet_strangers();
  void begin_if_all_are_met();
  // Those that may hold the same keys; it last said what it says it is.
  std::vector<Peer> peers_of(const Watch& watch) const;

  const redis::Families& families_;
  redis::ProbeLedger& ledger_;
  log::Log& log_;
  trace::Tracer& tracer_;
  const std::chrono::milliseconds round_limit_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  net::Resolver resolver_;
  net::TlsContexts tls_contexts_;
  Turns introductions_;
  Turns surveys_;
  Turns checks_;

  // Of the thread.
  std::shared_ptr<const Settings> settings_;
  std::vector<std::shared_ptr<Watch>> watches_;  // in the order of the targets
  KeyspacePeers peers_;                          // by their places in watches_
  boost::asio::steady_timer patience_;           // with those that have not said what they are
  std::thread thread_;
};

}  // namespace hitwatch
