#include "collectors/tap/tap.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "collectors/tap/analyzer.h"
#include "collectors/tap/packets/network_namespace.h"
#include "collectors/tap/packets/packet_ring.h"

namespace hitwatch::tap {
namespace {

using packets::PacketRing;

constexpr std::chrono::seconds kBetweenLooks{1};  // at the rings themselves

constexpr int kBlocksInTurn = 16;

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

  std::expected<void, std::string> open_in(const std::string& network_namespace,
                                           const Options& options);
  void read();
  void wait();
  bool read_block(Source& source);
  void look_after_sources();
  void look_after(Source& source);
  void add_captured(Counters& counters) const;

  log::Log& log_;
  mutable std::mutex mutex_;  // of the two below
  Analyzer analyzer_;
  std::vector<Source> sources_;
  std::uint16_t network_namespaces_ = 0;
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
  return {};
}

std::expected<void, std::string> Tap::Impl::open_in(const std::string& network_namespace,
                                                    const Options& options) {
  std::expected<void, std::string> result;
  const std::uint16_t number = network_namespaces_++;
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
  if (!entered) return entered;
  return result;
}

void Tap::Impl::start() {
  thread_ = std::thread([this] { read(); });
  pthread_setname_np(thread_.native_handle(), "hitwatch-tap");
}

void Tap::Impl::read() {
  auto looked = std::chrono::steady_clock::now();
  while (!stopping_) {
    wait();
    // Some blocks of each in turn, so that a busy interface does not starve another.
    for (Source& source : sources_) {
      for (int i = 0; i < kBlocksInTurn && read_block(source); ++i) {
      }
    }
    if (const auto now = std::chrono::steady_clock::now(); now - looked >= kBetweenLooks) {
      looked = now;
      look_after_sources();
    }
  }
}

void Tap::Impl::wait() {
  std::vector<pollfd> descriptors{{.fd = wake_, .events = POLLIN, .revents = 0}};
  for (const Source& source : sources_) {
    // One that captures nothing reports its error for ever.
    if (source.fault.empty()) {
      descriptors.push_back({.fd = source.ring->descriptor(), .events = POLLIN, .revents = 0});
    }
  }
  constexpr auto kLongest = std::chrono::milliseconds(kBetweenLooks).count();
  poll(descriptors.data(), descriptors.size(), kLongest);
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
}

Report Tap::Impl::report() const {
  const std::scoped_lock lock(mutex_);
  Report report = analyzer_.report();
  add_captured(report.counters);
  return report;
}

Counters Tap::Impl::counters() const {
  const std::scoped_lock lock(mutex_);
  Counters counters = analyzer_.counters();
  add_captured(counters);
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
