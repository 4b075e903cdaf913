// What the stages of the daemon see of tracing: whether it is on, which traces are wanted, and
// where finished spans go. All of it may be called on any thread; nothing here waits for I/O.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "agent/trace/settings.h"
#include "agent/trace/span.h"
#include "agent/trace/span_queue.h"

namespace hitwatch::trace {

// What a trace is about, for the sampler.
enum class Worth : std::uint8_t {
  kRoutine,  // all is well: a share will do
  kNotable   // a failure, a change of an alert, a slow command, a failover
};

class Tracer {
 public:
  // `queue` must outlive this.
  explicit Tracer(SpanQueue& queue);

  // Off until the settings name an endpoint.
  void configure(const Settings& settings);

  // Whoever would have to gather something for a span asks this first.
  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // Whether slow commands are shown with their arguments.
  bool full_query_text() const { return full_query_text_.load(std::memory_order_relaxed); }

  // Whether the trace of this id, which begins here, is wanted.
  bool samples(const TraceId& trace, Worth worth) const;
  // Whether a span below `parent`, which came from somebody else, is wanted.
  bool samples_below(const Context& parent, Worth worth) const;

  // Takes finished spans whose trace is wanted, if tracing is on; those past the bound of the queue
  // are dropped and counted.
  void record(Span span);
  void record(std::vector<Span> spans);

 private:
  SpanQueue& queue_;
  std::atomic<bool> enabled_ = false;
  std::atomic<bool> full_query_text_ = false;
  mutable std::mutex mutex_;
  SamplerSettings sampler_;
};

}  // namespace hitwatch::trace
