// Where the sockets of StatsD bring their lines: the store, what names mean, and what has happened.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "collectors/apps/options.h"
#include "collectors/apps/statsd_counting.h"
#include "collectors/apps/statsd_names.h"
#include "collectors/lookups/store.h"

namespace hitwatch::apps {

// Lines are brought by one thread; who asks for the tally or sets the mapping may be another one.
class StatsdIntake {
 public:
  // A recorder keeps the store locked: renew it after so many bytes, which take about 4 ms.
  static constexpr std::size_t kBytesPerRecorder = 1U << 18;

  StatsdIntake(lookups::Store& store, const std::vector<StatsdMeaning>& mapping) : store_(store) {
    set_mapping(mapping);
  }

  void set_mapping(const std::vector<StatsdMeaning>& mapping) {
    auto names = std::make_shared<StatsdNames>(mapping);
    const std::lock_guard lock(mutex_);
    names_ = std::move(names);
  }

  // Calls `work(StatsdCounting&, StatsdNames&, lookups::Store::Recorder&)`.
  template <typename Work>
  void take(Work&& work) {
    const std::shared_ptr<StatsdNames> names = current_names();
    {
      auto recorder = store_.record();
      work(counting_, *names, recorder);
    }
    publish(counting_.tally());
  }

  StatsdTally tally() const {
    StatsdTally tally{.lines = lines_, .ignored = ignored_};
    for (std::size_t i = 0; i < kRejections; ++i) tally.rejected[i] = rejected_[i];
    return tally;
  }

 private:
  std::shared_ptr<StatsdNames> current_names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

  // Lines come last, and tally() reads them first: who sees a line sees what became of it.
  void publish(const StatsdTally& tally) {
    ignored_ = tally.ignored;
    for (std::size_t i = 0; i < kRejections; ++i) rejected_[i] = tally.rejected[i];
    lines_ = tally.lines;
  }

  lookups::Store& store_;
  mutable std::mutex mutex_;  // of the pointer; the names are used by the thread of the lines only
  std::shared_ptr<StatsdNames> names_;
  StatsdCounting counting_;
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> ignored_{0};
  std::array<std::atomic<std::uint64_t>, kRejections> rejected_{};
};

}  // namespace hitwatch::apps
