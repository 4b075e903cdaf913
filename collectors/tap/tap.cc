#include "collectors/tap/tap.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "collectors/lookups/fair_mutex.h"
#include "collectors/tap/analyzer.h"
#include "collectors/tap/packets/network_namespace.h"
#include "collectors/tap/packets/packet_ring.h"

namespace hitwatch::tap {
namespace {

using packets::PacketRing;

constexpr std::chrono::seconds kBetweenLooks{1};  // at the rings themselves

constexpr int kBlocksInTurn = 16;
// How old counters may be while packets come.
constexpr std::chrono::milliseconds kBetweenPublications{50};
// The kernel keeps the packets of a block until it is full, or for 50 ms.
constexpr packets::Time kInBlocks = std::chrono::nanoseconds(std::chrono::milliseconds(60)).count();

packets::Time wall_clock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string place_of(const std::string& interface, const std::string& network_namespace) {
  if (network_namespace.empty()) return interface;
  return fmt::format("{} in the network namespace {}", interface, network_namespace);
}

}  // namespace

class Tap::Impl {
 public:
  Impl(const packets::PortFilter& filter, std::vector<keys::Rule> rules, lookups::Store* store,
       log::Log& log)
      : log_(log), analyzer_(filter, std::move(rules), store), wake_(eventfd(0, EFD_CLOEXEC)) {}
  ~Impl();

  std::expected<void, std::string> open(const Options& options);
  void start();
  void configure(const packets::PortFilter& filter, std::vector<keys::Rule> rules);
  Report report() const;
  Counters counters() const;

 private:
  // A ring, and what is known of it.
  struct Source {
    std::unique_ptr<PacketRing> ring;
    Origin origin;
    std::string place;       // "eth0", "eth0 in the network namespace blue"
    std::string fault = {};  // why nothing is captured
  };
  // One that is to be tapped. The rings stay in it for as long as they are open, also when the name
  // has gone to another, which only a start can enter.
  struct Namespace {
    std::string name;
    std::optional<packets::NamespaceId> id = {};  // none: it could not be entered
    std::string fault = {};
  };

  std::expected<void, std::string> open_in(const std::string& network_namespace,
                                           const Options& options);
  void read();
  // Whether a ring reports an error, as one does whose interface goes away.
  bool wait(std::chrono::milliseconds longest);
  bool read_block(Source& source);
  void look_after_sources();
  void look_after(Source& source);
  void look_after(Namespace& network_namespace);
  void add_captured(Counters& counters) const;
  void publish();

  log::Log& log_;
  mutable lookups::FairMutex mutex_;  // of the three below; held while a block is read
  Analyzer analyzer_;
  std::vector<Source> sources_;
  std::vector<Namespace> namespaces_;   // but the own one
  mutable std::mutex published_mutex_;  // of the next, which the loop of the daemon asks for
  std::shared_ptr<const Counters> published_ = std::make_shared<const Counters>();
  // When the oldest packets may have come that published_ lacks; 0: there are none.
  std::atomic<packets::Time> unpublished_since_ = 0;
  const int wake_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

Tap::Impl::~Impl() {
  stopping_ = true;
  const std::uint64_t one = 1;
  static_cast<void>(!write(wake_, &one, sizeof one));
  if (thread_.joinable()) thread_.join();
  close(wake_);
}

std::expected<void, std::string> Tap::Impl::open(const Options& options) {
  if (auto opened = open_in("", options); !opened) return opened;
  for (const std::string& name : options.network_namespaces) {
    if (auto opened = open_in(name, options); !opened) return opened;
  }
  for (Source& source : sources_) look_after(source);
  publish();
  return {};
}

std::expected<void, std::string> Tap::Impl::open_in(const std::string& network_namespace,
                                                    const Options& options) {
  std::expected<void, std::string> result;
  std::uint16_t number = 0;  // the own one
  if (!network_namespace.empty()) {
    namespaces_.push_back({.name = network_namespace});
    number = static_cast<std::uint16_t>(namespaces_.size());
  }
  const auto entered = packets::in_network_namespace(network_namespace, [&] {
    for (const std::string& interface : options.interfaces) {
      auto ring = PacketRing::open(
          {.interface = interface, .snaplen = options.snaplen, .bytes = options.ring_bytes},
          analyzer_.filter());
      if (!ring) {
        result = std::unexpected(
            fmt::format("{}: {}", place_of(interface, network_namespace), ring.error()));
        return;
      }
      const auto index = static_cast<std::uint32_t>(sources_.size());
      sources_.push_back({.ring = *std::move(ring),
                          .origin = {.network_namespace = number, .interface = index},
                          .place = place_of(interface, network_namespace)});
    }
  });
  if (number == 0) return result;
  Namespace& own = namespaces_.back();
  if (entered) {
    own.id = *entered;
  } else {  // such as a container that is not there yet: the others do not want for it
    own.fault = fmt::format("{}; start hitwatch again to tap it", entered.error());
    log_.warn("the tap captures nothing in a network namespace", {{"error", own.fault}});
  }
  return result;
}

void Tap::Impl::start() {
  thread_ = std::thread([this] { read(); });
  pthread_setname_np(thread_.native_handle(), "hitwatch-tap");
}

void Tap::Impl::read() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point looked = Clock::now();
  Clock::time_point published = looked;
  bool has_news = false;
  while (!stopping_) {
    const bool has_error = wait(has_news ? kBetweenPublications : kBetweenLooks);
    if (unpublished_since_ == 0) unpublished_since_ = wall_clock();
    // Some blocks of each in turn, so that a busy interface does not starve another.
    bool is_behind = false;
    for (Source& source : sources_) {
      int blocks = 0;
      while (blocks < kBlocksInTurn && read_block(source)) ++blocks;
      has_news = has_news || blocks > 0;
      is_behind = is_behind || blocks == kBlocksInTurn;
    }
    const Clock::time_point now = Clock::now();
    if (has_error || now - looked >= kBetweenLooks) {
      looked = now;
      look_after_sources();
      has_news = true;
    }
    if (has_news && now - published >= kBetweenPublications) {
      published = now;
      has_news = false;
      publish();
    }
    if (!has_news && !is_behind) unpublished_since_ = 0;
  }
}

bool Tap::Impl::wait(std::chrono::milliseconds longest) {
  std::vector<pollfd> descriptors{{.fd = wake_, .events = POLLIN, .revents = 0}};
  for (const Source& source : sources_) {
    // One that captures nothing reports its error for ever.
    if (source.fault.empty()) {
      descriptors.push_back({.fd = source.ring->descriptor(), .events = POLLIN, .revents = 0});
    }
  }
  poll(descriptors.data(), descriptors.size(), static_cast<int>(longest.count()));
  return std::ranges::any_of(descriptors,
                             [](const pollfd& each) { return (each.revents & POLLERR) != 0; });
}

bool Tap::Impl::read_block(Source& source) {
  auto block = source.ring->take();
  if (!block) return false;
  const std::scoped_lock lock(mutex_);
  packets::Frame frame;
  while (block->next(frame)) analyzer_.take(frame, source.origin);
  analyzer_.flush();
  return true;
}

void Tap::Impl::look_after_sources() {
  const std::scoped_lock lock(mutex_);
  for (Source& source : sources_) look_after(source);
  for (Namespace& network_namespace : namespaces_) look_after(network_namespace);
}

// Binding needs no capability, so an interface may come and go.
void Tap::Impl::look_after(Source& source) {
  if (source.fault.empty() && source.ring->is_up()) return;
  const auto bound = source.ring->bind();
  std::string fault = bound ? "" : fmt::format("{}: {}", source.place, bound.error());
  if (fault == source.fault) return;
  if (fault.empty()) {
    log_.info("the tap captures again", {{"interface", source.place}});
  } else {
    log_.warn("the tap captures nothing there until it is back", {{"error", fault}});
  }
  source.fault = std::move(fault);
}

// Containers that start anew have another namespace behind the same name.
void Tap::Impl::look_after(Namespace& network_namespace) {
  if (!network_namespace.id) return;
  const auto id = packets::id_of_namespace(network_namespace.name);
  const bool is_gone = !id && id.error() == ENOENT;
  const bool is_another = id && *id != *network_namespace.id;
  std::string fault;
  if (is_gone || is_another) {
    fault =
        fmt::format("the network namespace {} {}: start hitwatch again to tap the new one",
                    network_namespace.name, is_gone ? "is not there any more" : "was made anew");
  }
  if (fault == network_namespace.fault) return;
  if (!fault.empty())
    log_.warn("the tap is in a network namespace of the past", {{"error", fault}});
  network_namespace.fault = std::move(fault);
}

void Tap::Impl::configure(const packets::PortFilter& filter, std::vector<keys::Rule> rules) {
  const std::scoped_lock lock(mutex_);
  if (filter != analyzer_.filter()) {
    for (Source& source : sources_) {
      if (const auto set = source.ring->set_filter(filter); !set) {
        log_.error("the tap's filter cannot be replaced", {{"error", set.error()}});
      }
    }
  }
  analyzer_.configure(filter, std::move(rules));
}

void Tap::Impl::add_captured(Counters& counters) const {
  for (const Source& source : sources_) {
    counters.dropped += source.ring->statistics().dropped;
    if (!source.fault.empty()) counters.faults.push_back(source.fault);
  }
  for (const Namespace& network_namespace : namespaces_) {
    if (!network_namespace.fault.empty()) counters.faults.push_back(network_namespace.fault);
  }
}

Report Tap::Impl::report() const {
  const std::scoped_lock lock(mutex_);
  Report report = analyzer_.report();
  add_captured(report.counters);
  return report;
}

void Tap::Impl::publish() {
  auto counters = std::make_shared<Counters>();
  {
    const std::scoped_lock lock(mutex_);
    *counters = analyzer_.counters();
    add_captured(*counters);
  }
  const std::scoped_lock lock(published_mutex_);
  published_ = std::move(counters);
}

Counters Tap::Impl::counters() const {
  const packets::Time now = wall_clock();
  const packets::Time since = unpublished_since_;
  std::shared_ptr<const Counters> latest;
  {
    const std::scoped_lock lock(published_mutex_);
    latest = published_;
  }
  Counters counters = *latest;
  counters.read_until = (since == 0 ? now : since) - kInBlocks;
  return counters;
}

Tap::Tap(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tap::~Tap() = default;

std::expected<std::unique_ptr<Tap>, std::string> Tap::open(const Options& options,
                                                           const packets::PortFilter& filter,
                                                           std::vector<keys::Rule> rules,
                                                           lookups::Store* store, log::Log& log) {
  auto impl = std::make_unique<Impl>(filter, std::move(rules), store, log);
  if (const auto opened = impl->open(options); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<Tap>(new Tap(std::move(impl)));
}

void Tap::start() { impl_->start(); }
void Tap::configure(const packets::PortFilter& filter, std::vector<keys::Rule> rules) {
  impl_->configure(filter, std::move(rules));
}
Report Tap::report() const { return impl_->report(); }
Counters Tap::counters() const { return impl_->counters(); }

}  // namespace hitwatch::tap
