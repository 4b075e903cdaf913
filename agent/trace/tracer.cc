#include "agent/trace/tracer.h"

#include <cmath>
#include <utility>

namespace hitwatch::trace {
namespace {

// By the last seven bytes, the random ones of W3C Trace Context level 2, as OpenTelemetry's
// consistent probability sampling does (https://opentelemetry.io/docs/specs/otel/trace/
// tracestate-probability-sampling/): a trace is kept if its randomness is not below the threshold
// of rejection. So whoever has the same ratio keeps the same traces, and with a larger one these,
// too.
bool within_ratio(const TraceId& trace, double ratio) {
  constexpr double kAll = 0x1p56;
  std::uint64_t randomness = 0;
  for (std::size_t i = 9; i < 16; ++i) randomness = randomness << 8U | trace.bytes[i];
  const auto kept = static_cast<std::uint64_t>(std::llround(ratio * kAll));
  return randomness >= static_cast<std::uint64_t>(kAll) - kept;
}

}  // namespace

Tracer::Tracer(SpanQueue& queue) : queue_(queue) {}

void Tracer::configure(const Settings& settings) {
  {
    const std::scoped_lock lock(mutex_);
    sampler_ = settings.sampler;
  }
  const bool on = !settings.endpoint.empty();
  queue_.set_bound(on ? settings.queue_spans : 0);
  full_query_text_ = settings.full_query_text;
  enabled_ = on;
}

bool Tracer::samples(const TraceId& trace, Worth worth) const {
  if (!enabled()) return false;
  SamplerSettings sampler;
  {
    const std::scoped_lock lock(mutex_);
    sampler = sampler_;
  }
  switch (sampler.kind) {
    case SamplerKind::kAlwaysOn:
      return true;
    case SamplerKind::kAlwaysOff:
      return false;
    case SamplerKind::kRatio:
      return within_ratio(trace, sampler.ratio);
    case SamplerKind::kByWorth:
      return worth == Worth::kNotable || within_ratio(trace, sampler.healthy_polls);
  }
  return false;
}

bool Tracer::samples_below(const Context& parent, Worth worth) const {
  if (!enabled()) return false;
  {
    const std::scoped_lock lock(mutex_);
    if (sampler_.parent_based) return parent.sampled;
  }
  return samples(parent.trace, worth);
}

void Tracer::record(Span span) {
  if (enabled()) queue_.push(std::move(span));
}

void Tracer::record(std::vector<Span> spans) {
  if (enabled() && !spans.empty()) queue_.push(std::move(spans));
}

}  // namespace hitwatch::trace
