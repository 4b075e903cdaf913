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

class SpanQueue {
 public:
  // Any thread. Past the bound new spans are dropped: those that wait came first.
  void push(Span span);
  void push(std::vector<Span> spans);

  // Any thread: the bound; 0 drops all. Spans that wait already stay.
  void set_bound(std::size_t spans);
  // Once, before the first push: called without the lock when a span comes into an empty queue, and
  // when `batch` spans are there.
  void set_wake(std::size_t batch, std::function<void()> wake);

  // Up to `most` of them, the oldest first.
  std::vector<Span> take(std::size_t most);
  std::size_t size() const;
  std::uint64_t dropped() const;  // so far, for want of room

 private:
  mutable std::mutex mutex_;
  std::deque<Span> spans_;
  std::size_t bound_ = 0;
  std::size_t batch_ = 1;
  std::function<void()> wake_;
  std::uint64_t dropped_ = 0;
};

}  // namespace hitwatch::trace
