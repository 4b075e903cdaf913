// One source of targets that change by themselves: sentinels, or a cluster.
//
// A watch runs on the loop's thread. Whatever it finds out it publishes as an immutable Outcome;
// `changed` is called after each, on the loop. It never takes back what it knew because nobody
// answers any more: the last outcome stays, without the failed flags, and says that it is old.
#pragma once

#include <prometheus/metric_family.h>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/redis/target.h"
#include "collectors/topology/event.h"
#include "collectors/topology/newcomers.h"

namespace hitwatch::topology {

struct Outcome {
  // Servers to watch, with their place filled in: each once, ordered by name.
  std::vector<redis::Target> targets;
  // What is known of the installation as such: redis_sentinel_… or redis_cluster_…, each sample
  // with its own labels before those of the configuration; and hitwatch_discovery_… of the watch
  // itself.
  std::vector<prometheus::MetricFamily> metrics;
  // When somebody last answered who is there; nothing if nobody has yet.
  std::optional<std::chrono::steady_clock::time_point> answered;
  std::uint64_t failures = 0;  // looks that nobody answered, since the watch began
  // Of a cluster, by the nodes' ids: what their shards are called.
  std::map<std::string, std::string> shard_names;
};

// The result of a poll, as far as it may tell that the installation has changed.
struct Observed {
  bool up = false;
  std::string role;              // "master", "slave", "sentinel"; "" unknown
  std::string run_id;            // "" unknown
  double cluster_epoch = -1;     // cluster_current_epoch; -1 unknown
  double cluster_slots_ok = -1;  // cluster_slots_ok
  double cluster_nodes = -1;     // cluster_known_nodes
  double keys = -1;              // in all databases; -1 unknown
  double used_memory = -1;       // bytes
  double ops_per_second = -1;    // instantaneous_ops_per_sec
  bool operator==(const Observed&) const = default;
};

// What a watch is given. The references outlive it.
struct Surroundings {
  boost::asio::any_io_executor executor;
  net::Resolver& resolver;
  net::TlsContexts& tls_contexts;
  log::Log& log;
  std::function<void()> changed;
  std::function<void(Event)> happened;
  // Polls the targets of these names now: their figures are about to change.
  std::function<void(std::vector<std::string>)> poll_now;
  // Gives a target without user and password what `credentials:` has for its address. To be called
  // for every connection of the watch's own: the configuration may change. Targets of an outcome
  // get theirs elsewhere. May be empty.
  std::function<void(redis::Target&)> add_credentials = {};
  Newcomers newcomers{};  // of this source
  // What was found before its options changed; may be null.
  std::shared_ptr<const Outcome> former = nullptr;
};

// For a connection of the watch's own.
inline redis::Target with_credentials(const Surroundings& surroundings, redis::Target target) {
  if (surroundings.add_credentials) surroundings.add_credentials(target);
  return target;
}

struct Pace {
  std::chrono::milliseconds interval{15000};  // of polls
  std::chrono::milliseconds timeout{5000};    // of a question to a sentinel or node
  bool operator==(const Pace&) const = default;
};

class Watch {
 public:
  virtual ~Watch() = default;

  // On the loop.
  virtual void start() = 0;
  // On the loop: nothing is called any more.
  virtual void stop() = 0;
  virtual void set_pace(const Pace& pace) = 0;
  // On the loop: the latest poll of a target that this watch found.
  virtual void polled(const std::string& target, const Observed& observed) = 0;

  // Any thread: null before the first look has ended, well or not.
  virtual std::shared_ptr<const Outcome> latest() const = 0;
};

}  // namespace hitwatch::topology
