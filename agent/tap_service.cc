#include "agent/tap_service.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/capabilities.h"
#include "agent/local_addresses.h"
#include "collectors/tap/packets/network_namespace.h"

namespace hitwatch {
namespace {

constexpr std::array kNeeded = {CAP_NET_RAW, CAP_SYS_ADMIN, CAP_SYS_PTRACE};
// With a tap that never keeps up.
constexpr std::chrono::minutes kPatience{1};
constexpr std::string_view kNotWanted = "tap.enabled is false";

double total(std::uint64_t count) { return static_cast<double>(count); }

void add(TapTotals& sum, const tap::Figures& figures) {
  sum.hits += total(figures.lookup_hits);
  sum.misses += total(figures.lookup_misses);
  sum.undecided += total(figures.lookups_undecided);
}

packets::Time nanoseconds_of(std::chrono::system_clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
}

// When a server answered what was read at `when`: as the tap has seen it, if it has.
packets::Time time_of_answer(const std::vector<const tap::ServerFigures*>& servers,
                             std::chrono::system_clock::time_point when) {
  using std::chrono::nanoseconds;
  constexpr packets::Time kLongestWay = nanoseconds(std::chrono::seconds(1)).count();
  const packets::Time read = nanoseconds_of(when);
  packets::Time answered = read - kLongestWay;
  for (const tap::ServerFigures* server : servers) {
    for (const packets::Time asked : server->asked) {
      if (asked <= read) answered = std::max(answered, asked);
    }
  }
  return answered > read - kLongestWay ? answered : read;
}

}  // namespace

TapService::TapService(const config::Config& config, lookups::Store& store, log::Log& log)
    : log_(log), off_(kNotWanted), options_(config.tap), rules_(config.keys.patterns) {
  filter_ = {.ports = wanted_ports(), .one_of = options_.one_of};
  if (!options_.enabled) {
    drop_capabilities(kNeeded);
    return;
  }
  for (const std::string& name : options_.network_namespaces) {
    std::set<std::string>& addresses = foreign_.emplace_back();
    // One that cannot be entered is told by the tap.
    static_cast<void>(
        packets::in_network_namespace(name, [&addresses] { addresses = local_addresses(); }));
  }
  auto tap = tap::Tap::open(options_, filter_, rules_, &store, log);
  drop_capabilities(kNeeded);
  if (!tap) {
    off_ = tap.error();
    log_.error("the wire tap is off, all else works", {{"error", off_}});
    return;
  }
  off_.clear();
  tap_ = *std::move(tap);
}

TapService::~TapService() = default;

void TapService::start() {
  if (tap_ != nullptr) tap_->start();
}

void TapService::stop() { tap_.reset(); }

void TapService::configure(const config::Config& config) {
  const std::scoped_lock lock(mutex_);
  if (!(config.tap == options_)) {
    tap::Options taken = options_;
    taken.ports = config.tap.ports;
    taken.one_of = config.tap.one_of;
    if (!(taken == config.tap)) {
      log_.warn("of tap, only ports and sample take effect before the next start");
    }
    options_ = taken;
  }
  rules_ = config.keys.patterns;
  filter_ = {.ports = wanted_ports(), .one_of = options_.one_of};
  if (tap_ != nullptr) tap_->configure(filter_, rules_);
}

void TapService::watch(const WatchedTargets& targets) {
  const std::scoped_lock lock(mutex_);
  local_ = local_addresses();
  std::map<std::string, Known> next;
  for (const auto& watched : targets) {
    const net::RedisUrl& url = watched->target.url;
    if (url.is_unix() || url.tls) continue;
    const std::string name = watched->target.name();
    Known& known = next[name];
    if (const auto before = targets_.find(name); before != targets_.end()) {
      known = std::move(before->second);
    }
    if (known.port != url.port) known = {};
    known.port = url.port;
    known.host = url.host;
    place(known);
  }
  targets_ = std::move(next);
  aim();
}

// Looks at the ports that are wanted now.
void TapService::aim() {
  if (std::vector<std::uint16_t> ports = wanted_ports(); ports != filter_.ports) {
    filter_.ports = std::move(ports);
    if (tap_ != nullptr) tap_->configure(filter_, rules_);
  }
}

std::vector<std::uint16_t> TapService::wanted_ports() {
  if (!options_.ports.empty()) return options_.ports;
  const bool any_here =
      std::ranges::any_of(targets_, [](const auto& target) { return target.second.is_here(); });
  std::set<std::uint16_t> ports;
  for (const auto& [name, known] : targets_) {
    if (known.is_here() || !any_here) ports.insert(known.port);
  }
  constexpr std::size_t kMost = packets::PortFilter::kMaxPorts;
  if (const bool too_many = ports.size() > kMost; too_many != leaves_out_ports_) {
    leaves_out_ports_ = too_many;
    if (too_many) {
      log_.warn(
          "the tap watches only the lowest ports of the targets: name those that matter in"
          " tap.ports",
          {{"most", std::to_string(kMost)}, {"wanted", std::to_string(ports.size())}});
    }
  }
  std::vector<std::uint16_t> chosen(ports.begin(), ports.end());
  chosen.resize(std::min(chosen.size(), kMost));
  return chosen;
}

void TapService::place(Known& known) const {
  const std::string& address = known.peer.empty() ? known.host : known.peer;
  known.is_local = means_this_machine(address, local_);
  known.home = 0;
  for (std::size_t i = 0; i < foreign_.size() && !known.is_local; ++i) {
    if (foreign_[i].contains(address)) known.home = static_cast<std::uint16_t>(i + 1);
  }
}

// A server on this machine may be reached at several of its addresses; who has the port to itself
// is meant by all of them. In a network namespace of its own it has the port to itself, so that the
// loopback there is its, too, and all of its clients pass there.
std::vector<const tap::ServerFigures*> TapService::seen_of(const std::string& name,
                                                           const Known& known,
                                                           const tap::Counters& counters) const {
  const auto others_claim = [&](const std::string& address) {
    return std::ranges::any_of(targets_, [&](const auto& other) {
      return other.first != name && other.second.port == known.port &&
             (other.second.peer == address || other.second.is_local);
    });
  };
  std::vector<const tap::ServerFigures*> found;
  for (const tap::ServerFigures& server : counters.servers) {
    if (server.server.port != known.port) continue;
    const std::string address = to_string(server.server.address);
    bool is_it = false;
    if (known.home != 0) {
      is_it = server.network_namespace == known.home;
    } else if (address == known.peer) {
      // From the namespace of a client it is seen at the same address; a loopback there is another.
      is_it = server.network_namespace == 0 || !known.is_local;
    } else if (known.is_local && server.network_namespace == 0) {
      is_it = means_this_machine(address, local_) && !others_claim(address);
    }
    if (is_it) found.push_back(&server);
  }
  return found;
}

// `whole`: with hitwatch's own. Nothing where the server was not seen.
std::optional<TapTotals> TapService::seen_totals(const std::string& name, const Known& known,
                                                 bool whole,
                                                 std::chrono::system_clock::time_point when,
                                                 const tap::Counters& counters) const {
  const auto servers = seen_of(name, known, counters);
  if (servers.empty()) return std::nullopt;
  const packets::Time time = time_of_answer(servers, when);
  TapTotals sum;
  for (const tap::ServerFigures* server : servers) {
    const tap::Totals then = server->recent.at(time, server->totals());
    sum.commands += total(then.executed);
    sum.scripts += total(then.scripts);
    if (whole) {
      sum.hits += total(then.hits);
      sum.misses += total(then.misses);
      sum.undecided += total(then.undecided);
    } else {  // ratios: some milliseconds more or less are nothing to them
      add(sum, server->figures);
    }
  }
  return sum;
}

void TapService::polled(const redis::Target& target, const redis::TargetState& state) {
  const std::scoped_lock lock(mutex_);
  const auto found = targets_.find(target.name());
  if (tap_ == nullptr || found == targets_.end() || !state.up) return;
  Known& known = found->second;
  if (!state.peer.empty() && state.peer != known.peer) {
    known.peer = state.peer;
    place(known);
    aim();
  }
  known.is_replica = state.role == "slave";
  const bool whole = filter_.one_of == 1;
  // A server of this machine of which nothing was seen is a disagreement, too; one elsewhere may
  // have no client here.
  const tap::Counters counters = tap_->counters();
  const auto now = TapCheck::Clock::now();
  // One that does not keep up has yet to read what the server counted: at the next poll, perhaps.
  if (counters.read_until < nanoseconds_of(state.counted_at) && now - known.compared < kPatience) {
    return;
  }
  const auto seen = seen_totals(found->first, known, whole, state.counted_at, counters);
  if (!seen && !known.is_here()) return;
  known.compared = now;
  const TapTotals told{.hits = whole ? state.counted_hits : state.keyspace_hits,
                       .misses = whole ? state.counted_misses : state.keyspace_misses,
                       .commands = state.commands_processed};
  known.check.take(state.run_id, seen.value_or(TapTotals{}), told, whole, now);
}

TapService::View TapService::view() const {
  const std::scoped_lock lock(mutex_);
  View view{.wanted = options_.enabled,
            .off = off_,
            .one_of = filter_.one_of,
            .ports = filter_.ports,
            .instances = {}};
  if (tap_ == nullptr) return view;
  const tap::Counters counters = tap_->counters();
  for (const auto& [name, known] : targets_) {
    Instance instance{
        .name = name, .addresses = {}, .seen = {}, .coverage = {}, .disagreement = {}};
    for (const tap::ServerFigures* server : seen_of(name, known, counters)) {
      instance.addresses.push_back(to_string(server->server));
      add(instance.seen, server->figures);
      instance.seen.commands += total(server->figures.commands);
      instance.seen.scripts += total(server->scripts);
    }
    // What its master sends is executed by a replica, too, and is not counted here.
    if (!known.is_replica) instance.coverage = known.check.coverage();
    // Of a server elsewhere only the clients of this machine are seen.
    if (known.is_here()) instance.disagreement = known.check.disagreement();
    if (known.is_here() || !instance.addresses.empty()) {
      view.instances.push_back(std::move(instance));
    }
  }
  return view;
}

tap::Counters TapService::counters() const {
  return tap_ == nullptr ? tap::Counters{} : tap_->counters();
}

tap::Report TapService::report() const { return tap_ == nullptr ? tap::Report{} : tap_->report(); }

}  // namespace hitwatch
