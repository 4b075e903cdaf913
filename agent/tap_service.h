// The wire tap in the daemon: opens it, says which ports to watch, and holds what it sees against
// what the servers say.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/tap_check.h"
#include "agent/targets.h"
#include "collectors/lookups/store.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"
#include "collectors/tap/tap.h"

namespace hitwatch {

class TapService {
 public:
  // Opens the tap if the configuration wants it, and then gives up the capabilities that this took,
  // for all threads that are made after this. A tap that cannot be opened is told, in the log and
  // in the metrics; all else works without it. `store` and `log` must outlive this.
  TapService(const config::Config& config, lookups::Store& store, log::Log& log);
  ~TapService();
  TapService(const TapService&) = delete;
  TapService& operator=(const TapService&) = delete;

  void start();
  void stop();

  // Other key patterns, ports, share. What else `tap` says takes effect at the next start.
  void configure(const config::Config& config);
  // The targets from now on: their ports are watched where the configuration names none.
  void watch(const WatchedTargets& targets);
  bool captures() const { return tap_ != nullptr; }

  // How long after a poll polled() may come at the earliest: by then the tap has read what passed
  // before the server's answer.
  static constexpr std::chrono::milliseconds kSettling{200};
  // After each poll: compares, where the server is one that the tap sees.
  void polled(const redis::Target& target, const redis::TargetState& state);

  // Of a target of this machine, or one that the tap sees.
  struct Instance {
    std::string name;
    std::vector<std::string> addresses;  // where the tap saw it, if it did
    TapTotals seen;                      // of applications, since the start
    std::optional<double> coverage;      // not of replicas
    std::optional<double> disagreement;  // of servers on this machine
  };
  struct View {
    bool wanted = false;
    std::string off;  // why nothing is captured; "" if something is
    std::uint32_t one_of = 1;
    std::vector<std::uint16_t> ports;
    std::vector<Instance> instances;
  };
  View view() const;
  // Empty where the tap is off.
  tap::Counters counters() const;
  tap::Report report() const;

 private:
  struct Known {
    std::string peer;  // IP address that its connection leads to; "" before
    std::string host;  // that the target names
    std::uint16_t port = 0;
    bool is_local = false;
    std::uint16_t home = 0;  // the network namespace that has its address; 0: none of `tap.netns`
    bool is_replica = false;
    TapCheck check;
    TapCheck::Clock::time_point compared = TapCheck::Clock::now();  // the last time

    // Whether all of its clients pass where the tap may look.
    bool is_here() const { return is_local || home != 0; }
  };

  // Says where a target is, by the addresses of this machine and of the namespaces.
  void place(Known& known) const;
  void aim();
  std::vector<std::uint16_t> wanted_ports();
  std::vector<const tap::ServerFigures*> seen_of(const std::string& name, const Known& known,
                                                 const tap::Counters& counters) const;
  std::optional<TapTotals> seen_totals(const std::string& name, const Known& known, bool whole,
                                       std::chrono::system_clock::time_point when,
                                       const tap::Counters& counters) const;

  log::Log& log_;
  std::string off_;  // why the tap is off
  // Addresses in the network namespaces of `tap.netns`, as they were at the start.
  std::vector<std::set<std::string>> foreign_;
  std::unique_ptr<tap::Tap> tap_;
  mutable std::mutex mutex_;  // of the rest
  tap::Options options_;
  std::vector<keys::Rule> rules_;
  packets::PortFilter filter_;
  std::set<std::string> local_;           // addresses of this machine
  std::map<std::string, Known> targets_;  // by name
  bool leaves_out_ports_ = false;
};

}  // namespace hitwatch
