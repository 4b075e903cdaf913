#include "agent/poll_traces.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/poll_spans.h"
#include "agent/server_spans.h"

namespace hitwatch {
namespace {

constexpr metrics::Description kSlowTraced = {
    "hitwatch_slowlog_entries_traced_total", metrics::Type::kCounter,
    "Entries of servers' slow logs that were handed to the traces."};
constexpr metrics::Description kSlowMissed = {
    "hitwatch_slowlog_entries_missed_total", metrics::Type::kCounter,
    "Entries of servers' slow logs that the servers dropped before they were read."};
constexpr metrics::Description kLatencyTraced = {
    "hitwatch_latency_events_traced_total", metrics::Type::kCounter,
    "Entries of servers' latency histories that were handed to the traces."};

}  // namespace

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

std::optional<trace::Context> PollTraces::polled(const redis::Target& target,
                                                 const redis::PollResult& result) {
  if (result.record == nullptr || !tracer_.enabled()) return std::nullopt;
  Last last{{trace::new_trace_id(), trace::new_span_id(), false}, {}, 0};
  const auto worth = is_notable(result) ? trace::Worth::kNotable : trace::Worth::kRoutine;
  last.context.sampled = tracer_.samples(last.context.trace, worth);

  const std::scoped_lock lock(mutex_);
  std::vector<trace::Context> seen;
  std::vector<trace::Span> spans = log_spans(
      target, *result.record, last.context.sampled ? last.context : trace::Context{}, seen);
  if (last.context.sampled) {
    std::ranges::move(poll_spans(target, result, last.context, seen), std::back_inserter(spans));
  } else {
    last.unsent = {
        target, {nullptr, result.state, result.record, nullptr, result.changes}, std::move(seen)};
  }
  tracer_.record(std::move(spans));
  const trace::Context context = last.context;
  keep(target.name(), std::move(last));
  return context.sampled ? std::optional(context) : std::nullopt;
}

// Targets that only /scrape names come and go, and nobody says when they have gone.
void PollTraces::keep(const std::string& name, Last last) {
  last.number = ++polls_;
  if (last_.size() >= kMostTargets && !last_.contains(name)) {
    last_.erase(
        std::ranges::min_element(last_, {}, [](const auto& entry) { return entry.second.number; }));
  }
  last_.insert_or_assign(name, std::move(last));
}

std::vector<trace::Span> PollTraces::log_spans(const redis::Target& target,
                                               const redis::PollRecord& record,
                                               const trace::Context& poll,
                                               std::vector<trace::Context>& seen) {
  const ServerSpanContext context{target, record.run, poll, tracer_.full_query_text()};
  std::vector<trace::Span> spans;
  const auto add = [&](trace::Span span, const std::string& log, std::int64_t number) {
    auto settled = [this, run = record.run, log, number] {
      events_.settle(run, log, number);
      settled_();
    };
    // What is not wanted is as settled as what has arrived.
    if (!tracer_.samples(span.context.trace, trace::Worth::kNotable)) {
      settled();
      return;
    }
    seen.push_back(span.context);
    span.settled = std::move(settled);
    spans.push_back(std::move(span));
  };
  const std::string slow_log(redis::EventLedger::kSlowLog);
  for (const redis::SlowCommand& command : record.slow) {
    add(slow_command_span(command, context, *matcher_), slow_log, command.id);
  }
  for (const redis::LatencyEvent& event : record.latency) {
    add(latency_event_span(event, context), event.event, event.logged_at);
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
  if (last.unsent) {
    if (!tracer_.samples(last.context.trace, trace::Worth::kNotable)) return std::nullopt;
    last.context.sampled = true;
    tracer_.record(
        poll_spans(last.unsent->target, last.unsent->result, last.context, last.unsent->seen));
    last.unsent.reset();
  }
  return last.context;
}

std::vector<prometheus::MetricFamily> PollTraces::metrics() const {
  const std::scoped_lock lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  for (const auto& [description, count] :
       {std::pair(&kSlowTraced, slow_), std::pair(&kSlowMissed, slow_missed_),
        std::pair(&kLatencyTraced, latency_)}) {
    metrics::add_sample(families.emplace_back(metrics::family_of(*description)),
                        static_cast<double>(count));
  }
  return families;
}

std::vector<metrics::Description> poll_trace_descriptions() {
  return {kSlowTraced, kSlowMissed, kLatencyTraced};
}

}  // namespace hitwatch
