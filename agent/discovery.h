// Targets that are found rather than named: what sentinels and clusters of the configuration tell.
//
// The watches run on the loop's thread. Their outcomes are immutable, and read by any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/metrics/description.h"
#include "agent/source_units.h"
#include "agent/targets.h"
#include "collectors/topology/watch.h"

namespace hitwatch {

using MakeWatch = std::function<std::shared_ptr<topology::Watch>(
    topology::Surroundings, const SourceOptions&, const topology::Pace&)>;
std::shared_ptr<topology::Watch> make_watch(topology::Surroundings surroundings,
                                            const SourceOptions& options,
                                            const topology::Pace& pace);

class Discovery {
 public:
  struct Parts {
    boost::asio::any_io_executor loop;
    net::Resolver& resolver;
    net::TlsContexts& tls_contexts;
    log::Log& log;
    // On the loop: `targets()` says something else now.
    std::function<void()> changed;
    // On the loop: an event of this daemon's shard, of targets by the names they are watched under.
    std::function<void(topology::Event)> happened;
    // On the loop: the name of the target that is watched at this address; "" for none.
    std::function<std::string(const std::string& address)> name_at;
    // On the loop: whoever is at these addresses is to be polled.
    std::function<void(std::vector<std::string>)> poll_now;
    MakeWatch make_watch = hitwatch::make_watch;
  };

  // The references must outlive this.
  explicit Discovery(Parts parts);
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  // Any thread: watch exactly these sources from now on. One that stays keeps what it knows. One
  // that has changed, which has the name or a URL of the former one, is watched anew; what the
  // former one found holds until somebody answers.
  void configure(const config::Config& config);
  // Any thread: ends all of it. Call before the loop stops.
  void stop();

  // Any thread: what all sources have found, in the order of the configuration. A server that two
  // sources found comes twice.
  std::vector<redis::Target> targets() const;
  // Any thread: how many sources have not looked yet.
  std::size_t waiting() const;
  // Any thread: what the sources tell of this daemon's shard, and hitwatch_discovery_*.
  std::vector<prometheus::MetricFamily> metrics() const;

  // On the loop: the outcome of a poll.
  void polled(const redis::Target& target, const redis::PollResult& result);

 private:
  struct Source {
    std::string name;  // "sentinel:10.0.0.1:26379", "cluster:orders"
    SourceOptions options;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();  // configured
    // What was found before its options changed; null if it is new.
    std::shared_ptr<const topology::Outcome> former;
    std::shared_ptr<topology::Watch> watch;
    // Of the loop: the targets that `changed` was about, and by their addresses how the watch calls
    // them; entries of the configuration may call them otherwise.
    std::vector<redis::Target> told;
    std::unordered_map<std::string, std::string> name_at;
    std::unordered_map<std::string, std::string> address_of;
    // Of the loop: that nobody answers any more, if that was the last word of its watch; or of its
    // predecessor's, while nobody has answered this one, which knows nothing of it.
    std::optional<topology::Event> lost;
    std::optional<topology::Event> lost_before;
  };
  using Sources = std::vector<std::shared_ptr<Source>>;

  // Takes it out of `former`; null if there is none.
  static std::shared_ptr<Source> take(Sources& former,
                                      const std::function<bool(const Source&)>& is_wanted);
  static std::shared_ptr<const topology::Outcome> outcome_of(const Source& source);
  std::shared_ptr<Source> make_source(SourceOptions options,
                                      const std::shared_ptr<Source>& predecessor,
                                      const topology::Pace& pace);
  void look_at(Source& source);
  void poll_now(const Source& source, std::vector<std::string> names) const;
  void tell(Source& source, topology::Event event);
  void tell_return(Source& source);
  std::string watched_name(const Source& source, const std::string& name) const;
  Sources sources() const;
  config::Shard shard() const;
  void add_credentials(redis::Target& target) const;

  const Parts parts_;
  mutable std::mutex mutex_;
  Sources sources_;
  std::vector<config::Credentials> credentials_;
  config::Shard shard_;
};

// Of Discovery::metrics.
std::vector<metrics::Description> discovery_descriptions();

}  // namespace hitwatch
