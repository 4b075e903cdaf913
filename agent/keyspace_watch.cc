#include "agent/keyspace_watch.h"

#include <utility>

#include "agent/keyspace_checking.h"
#include "agent/keyspace_sampling.h"

namespace hitwatch {

Keyspace::Watch::Watch(Keyspace& keyspace, std::shared_ptr<WatchedTarget> watched)
    : keyspace_(keyspace),
      watched_(std::move(watched)),
      sampling_(std::make_unique<Sampling>(keyspace, *this)),
      checking_(std::make_unique<Checking>(keyspace, *this)) {}

Keyspace::Watch::~Watch() = default;

void Keyspace::Watch::meet(std::function<void()> done) {
  if (!target().place.failed.empty() || is_sentinel()) {  // not to be connected to
    met_ = true;
    done();
    return;
  }
  keyspace_.introductions_.take(
      [self = weak_from_this(), done = std::move(done)](const Turns::Turn& turn) {
        const auto watch = self.lock();
        if (!watch) return;
        watch->introduction_ = ask_replication(
            watch->keyspace_.loop_.get_executor(), watch->keyspace_.resolver_,
            watch->keyspace_.tls_contexts_, watch->target(), watch->keyspace_.settings_->session,
            [self, turn, done](const Introduction& introduction) {
              const auto met = self.lock();
              if (!met) return;
              met->introduction_ = nullptr;
              met->met_ = true;
              met->note(introduction);
              done();
            });
      });
}

void Keyspace::Watch::begin() {
  begun_ = true;
  configure();
}

void Keyspace::Watch::configure() {
  if (!begun_) return;
  sampling_->configure();
  checking_->configure();
}

void Keyspace::Watch::relabel(std::shared_ptr<WatchedTarget> watched) {
  if (watched == watched_) return;
  watched->take_over_keyspace(*watched_);
  watched_ = std::move(watched);
}

void Keyspace::Watch::note(const Introduction& introduction) {
  reachable_ = introduction.has_value();
  if (introduction) {
    replication_ = *introduction;
  } else if (watched_->latest_keyspace().report == nullptr) {
    // While its figures are shown, its replicas' would count the same keys once more.
    replication_.reset();
  }
  keyspace_.peers_.note(number_, peer().replication);
}

bool Keyspace::Watch::is_sentinel() const {
  return target().place.role == "sentinel" || (replication_ && replication_->sentinel);
}

Peer Keyspace::Watch::peer() const {
  return {&target(), replication_ ? &*replication_ : nullptr, reachable_};
}

}  // namespace hitwatch
