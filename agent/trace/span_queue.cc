#include "agent/trace/span_queue.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace hitwatch::trace {
namespace {

// What short texts take is in the objects that hold them.
std::size_t text_memory(const std::string& text) {
  return text.capacity() > 15 ? text.capacity() + 1 : 0;
}

std::size_t attributes_memory(const Attributes& attributes) {
  std::size_t bytes = attributes.capacity() * sizeof(Attribute);
  for (const Attribute& attribute : attributes) {
    if (const auto* text = std::get_if<std::string>(&attribute.value)) {
      bytes += text_memory(*text);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&attribute.value)) {
      bytes += list->capacity() * sizeof(std::string);
      for (const std::string& one : *list) bytes += text_memory(one);
    }
  }
  return bytes;
}

}  // namespace

std::size_t memory_of(const Span& span) {
  std::size_t bytes = sizeof(Span) + text_memory(span.name) + text_memory(span.status_message) +
                      attributes_memory(span.attributes);
  bytes += span.events.capacity() * sizeof(Event);
  for (const Event& event : span.events) {
    bytes += text_memory(event.name) + attributes_memory(event.attributes);
  }
  bytes += span.links.capacity() * sizeof(Link);
  for (const Link& link : span.links) bytes += attributes_memory(link.attributes);
  return bytes;
}

bool SpanQueue::add(Span& span, std::size_t bytes) {
  if (spans_.size() >= bound_ || bytes_ + bytes > bound_ * kMeanBytes) {
    ++dropped_;
    return false;
  }
  bytes_ += bytes;
  spans_.emplace_back(std::move(span), bytes);
  return true;
}

std::function<void()> SpanQueue::wake_after(std::size_t before) const {
  const std::size_t after = spans_.size();
  const bool is_news = (before == 0 && after > 0) || (before < batch_ && after >= batch_);
  return is_news ? wake_ : nullptr;
}

void SpanQueue::push(Span span) {
  const std::size_t bytes = memory_of(span);
  std::function<void()> wake;
  bool taken = false;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t before = spans_.size();
    taken = add(span, bytes);
    wake = wake_after(before);
  }
  if (!taken && span.settled) span.settled();
  if (wake) wake();
}

void SpanQueue::push(std::vector<Span> spans) {
  std::vector<std::size_t> bytes(spans.size());
  std::ranges::transform(spans, bytes.begin(), memory_of);
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t before = spans_.size();
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (add(spans[i], bytes[i])) spans[i].settled = nullptr;
    }
    wake = wake_after(before);
  }
  for (const Span& dropped : spans) {
    if (dropped.settled) dropped.settled();
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

std::vector<Span> SpanQueue::take(std::size_t most, std::size_t most_bytes) {
  constexpr std::size_t kAtATime = 128;
  std::vector<Span> taken;
  taken.reserve(std::min(most, size()));
  std::size_t bytes = 0;
  bool more = true;
  while (more) {
    const std::size_t until = std::min(most, taken.size() + kAtATime);
    const std::scoped_lock lock(mutex_);
    while (!spans_.empty() && taken.size() < until) {
      Waiting& next = spans_.front();
      if (!taken.empty() && bytes + next.bytes > most_bytes) return taken;
      bytes += next.bytes;
      bytes_ -= next.bytes;
      taken.push_back(std::move(next.span));
      spans_.pop_front();
    }
    more = !spans_.empty() && taken.size() < most;
  }
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
