// Hands observations of the tap to the store of lookups, in batches: its lock is taken with the
// first of a batch and given back after the last.
#pragma once

#include <optional>

#include "collectors/lookups/store.h"

namespace hitwatch::tap {

class StoreFeed {
 public:
  // How many exchanges a batch has at most, so that others get the lock, too.
  static constexpr std::size_t kBatch = 256;

  // `store` may be null: then nothing happens.
  explicit StoreFeed(lookups::Store* store) : store_(store) {}

  void take(const lookups::Subject& subject, const lookups::Observation& observation) {
    if (store_ == nullptr) return;
    if (!recorder_) recorder_.emplace(store_->record());
    recorder_->take(subject, lookups::Source::kTap, observation);
  }
  void end_exchange() {
    if (++exchanges_ >= kBatch) flush();
  }
  void flush() {
    recorder_.reset();
    exchanges_ = 0;
  }

 private:
  lookups::Store* store_;
  std::optional<lookups::Store::Recorder> recorder_;
  std::size_t exchanges_ = 0;
};

}  // namespace hitwatch::tap
