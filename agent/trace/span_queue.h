// The bounded queue between those who make spans and the exporter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "agent/trace/span.h"

namespace hitwatch::trace {

// About how much memory a span takes, in bytes; no less than what its texts take.
std::size_t memory_of(const Span& span);

class SpanQueue {
 public:
  // A full queue takes no more than that many bytes for each span that it may hold.
  static constexpr std::size_t kMeanBytes = 2048;

  // Any thread. Past the bound new spans are dropped: those that wait came first.
  void push(Span span);
  void push(std::vector<Span> spans);

  // Any thread: the bound; 0 drops all. Spans that wait already stay.
  void set_bound(std::size_t spans);
  // Any thread: called without the lock, by who pushes, when a span comes into an empty queue, and
  // when `batch` spans are there; also once more after it was replaced by another.
  void set_wake(std::size_t batch, std::function<void()> wake);

  // Up to `most` of them, the oldest first, of up to `most_bytes` together; one at least, if there
  // is one. Those who push wait no longer than for a few of them at a time. One thread at a time.
  std::vector<Span> take(std::size_t most, std::size_t most_bytes);
  std::size_t size() const;
  std::uint64_t dropped() const;  // so far, for want of room

 private:
  struct Waiting {
    Span span;
    std::size_t bytes;
  };
  bool add(Span& span, std::size_t bytes);  // moves it, if there is room
  std::function<void()> wake_after(std::size_t before) const;

  mutable std::mutex mutex_;
  std::deque<Waiting> spans_;
  std::size_t bytes_ = 0;
  std::size_t bound_ = 0;
  std::size_t batch_ = 1;
  std::function<void()> wake_;
  std::uint64_t dropped_ = 0;
};

}  // namespace hitwatch::trace
