#include "agent/poll_traces.h"

#include <algorithm>
#include <utility>

#include "agent/poll_spans.h"
#include "agent/server_spans.h"

namespace hitwatch {

PollTraces::PollTraces(trace::Tracer& tracer, redis::EventLedger& events,
                       std::function<void()> settled)
    : tracer_(tracer),
      events_(events),
      settled_(std::move(settled)),
      matcher_(std::make_unique<keys::Matcher>(std::vector<keys::Rule>())) {}

void PollTraces::configure(const std::vector<keys::Rule>& patterns) {
  auto matcher = std::make_unique<keys::Matcher>(patterns);
  const std::scoped_lock lock(mutex_);
  matcher_.swap(matcher);
}

void PollTraces::keep_only(const std::set<std::string>& targets) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(last_, [&](const auto& entry) { return !targets.contains(entry.first); });
}

void PollTraces::polled(const redis::Target& target, const redis::PollResult& result) {
  if (result.record == nullptr || !tracer_.enabled()) return;
  Last last{target, result, {trace::new_trace_id(), trace::new_span_id(), false}, {}, false};
  const auto worth = is_notable(result) ? trace::Worth::kNotable : trace::Worth::kRoutine;
  last.context.sampled = tracer_.samples(last.context.trace, worth);
  last.sent = last.context.sampled;

  const std::scoped_lock lock(mutex_);
  std::vector<trace::Span> spans = log_spans(last, last.seen);
  if (last.sent) {
    for (trace::Span& span : poll_spans(target, result, last.context, last.seen)) {
      spans.push_back(std::move(span));
    }
  }
  tracer_.record(std::move(spans));
  keep(std::move(last));
}

// Targets that only /scrape names come and go, and nobody says when they have gone.
void PollTraces::keep(Last last) {
  std::string name = last.target.name();
  if (last_.size() >= kMostTargets && !last_.contains(name)) {
    last_.erase(std::ranges::min_element(
        last_, {}, [](const auto& entry) { return entry.second.result.record->began; }));
  }
  last_.insert_or_assign(std::move(name), std::move(last));
}

std::vector<trace::Span> PollTraces::log_spans(const Last& last,
                                               std::vector<trace::Context>& seen) {
  const redis::PollRecord& record = *last.result.record;
  const trace::Context poll = last.sent ? last.context : trace::Context{};
  const ServerSpanContext context{last.target, record.run, poll, tracer_.full_query_text()};
  std::vector<trace::Span> spans;
  // What is not wanted is as settled as what has arrived.
  const auto add = [&](trace::Span span, std::function<void()> settled) {
    if (!tracer_.samples(span.context.trace, trace::Worth::kNotable)) {
      settled();
      return;
    }
    seen.push_back(span.context);
    span.settled = std::move(settled);
    spans.push_back(std::move(span));
  };
  for (const redis::SlowCommand& command : record.slow) {
    add(slow_command_span(command, context, *matcher_), [this, run = record.run, id = command.id] {
      events_.settle_slow(run, id);
      settled_();
    });
  }
  for (const redis::LatencyEvent& event : record.latency) {
    add(latency_event_span(event, context),
        [this, run = record.run, name = event.event, at = event.logged_at] {
          events_.settle_latency(run, name, at);
          settled_();
        });
  }
  slow_ += record.slow.size();
  slow_missed_ += record.slow_missed;
  latency_ += record.latency.size();
  return spans;
}

std::optional<trace::Context> PollTraces::last_poll(const std::string& target) {
  const std::scoped_lock lock(mutex_);
  const auto found = last_.find(target);
  if (found == last_.end() || !tracer_.enabled()) return std::nullopt;
  Last& last = found->second;
  if (!last.sent) {
    if (!tracer_.samples(last.context.trace, trace::Worth::kNotable)) return std::nullopt;
    last.context.sampled = true;
    last.sent = true;
    tracer_.record(poll_spans(last.target, last.result, last.context, last.seen));
  }
  return last.context;
}

std::vector<prometheus::MetricFamily> PollTraces::metrics() const {
  const auto counter = [](std::string name, std::string help, std::uint64_t value) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = prometheus::MetricType::Counter;
    family.metric.emplace_back().counter.value = static_cast<double>(value);
    return family;
  };
  const std::scoped_lock lock(mutex_);
  return {
      counter("hitwatch_slowlog_entries_traced_total",
              "Entries of servers' slow logs that were handed to the traces.", slow_),
      counter("hitwatch_slowlog_entries_missed_total",
              "Entries of servers' slow logs that the servers dropped before they were read.",
              slow_missed_),
      counter("hitwatch_latency_events_traced_total",
              "Entries of servers' latency histories that were handed to the traces.", latency_)};
}

}  // namespace hitwatch
