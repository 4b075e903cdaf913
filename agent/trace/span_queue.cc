#include "agent/trace/span_queue.h"

#include <iterator>
#include <utility>

namespace hitwatch::trace {

void SpanQueue::push(Span span) {
  std::vector<Span> one;
  one.push_back(std::move(span));
  push(std::move(one));
}

void SpanQueue::push(std::vector<Span> spans) {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t before = spans_.size();
    for (Span& span : spans) {
      if (spans_.size() >= bound_) {
        ++dropped_;
      } else {
        spans_.push_back(std::move(span));
      }
    }
    const std::size_t after = spans_.size();
    if ((before == 0 && after > 0) || (before < batch_ && after >= batch_)) wake = wake_;
  }
  if (wake) wake();
}

void SpanQueue::set_bound(std::size_t spans) {
  const std::scoped_lock lock(mutex_);
  bound_ = spans;
}

void SpanQueue::set_wake(std::size_t batch, std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  batch_ = batch;
  wake_ = std::move(wake);
}

std::vector<Span> SpanQueue::take(std::size_t most) {
  const std::scoped_lock lock(mutex_);
  const auto end = spans_.begin() + static_cast<std::ptrdiff_t>(std::min(most, spans_.size()));
  std::vector<Span> taken(std::make_move_iterator(spans_.begin()), std::make_move_iterator(end));
  spans_.erase(spans_.begin(), end);
  return taken;
}

std::size_t SpanQueue::size() const {
  const std::scoped_lock lock(mutex_);
  return spans_.size();
}

std::uint64_t SpanQueue::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

}  // namespace hitwatch::trace
