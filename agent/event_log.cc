#include "agent/event_log.h"

#include <ranges>
#include <utility>

#include "agent/event_kinds.h"
#include "agent/topology_span.h"

namespace hitwatch {
namespace {

constexpr metrics::Description kEvents = {
    "hitwatch_events_total", metrics::Type::kCounter,
    "What happened to servers and their installations, as /api/v1/events lists it.", "kind"};

void cut_texts(topology::Event& event) {
  using topology::Event;
  for (const auto text : {&Event::group, &Event::instance, &Event::from, &Event::to,
                          &Event::told_by, &Event::source}) {
    if ((event.*text).size() > EventLog::kLongestText) (event.*text).resize(EventLog::kLongestText);
  }
}

bool passes(const topology::Event& event, const EventLog::Filter& filter) {
  const auto fits = [](const std::string& wanted, const std::string& text) {
    return wanted.empty() || wanted == text;
  };
  return fits(filter.target, event.instance) && fits(filter.group, event.group) &&
         fits(filter.source, event.source) && fits(filter.kind, event.kind) &&
         (!filter.since || event.time >= *filter.since);
}

void log_event(log::Log& log, const topology::Event& event) {
  const EventKind* kind = find_event_kind(event.kind);
  if (kind == nullptr || kind->level == log::Level::kDebug) return;
  const auto write = kind->level == log::Level::kWarn ? &log::Log::warn : &log::Log::info;
  (log.*write)(kind->message, {{"event", event.kind},
                               {"source", event.source},
                               {"group", event.group},
                               {"target", event.instance},
                               {"from", event.from},
                               {"to", event.to},
                               {"told_by", event.told_by}});
}

}  // namespace

EventLog::EventLog(log::Log& log, trace::Tracer& tracer) : log_(log), tracer_(tracer) {
  for (const EventKind& kind : event_kinds()) counts_.emplace(kind.word, 0);
}

void EventLog::polled(const redis::Target& target, const redis::PollResult& result,
                      const std::optional<trace::Context>& poll) {
  for (const redis::ServerChange& change : result.changes) {
    const auto took = std::chrono::duration_cast<std::chrono::system_clock::duration>(
        result.state->last_duration);
    add({.time = result.state->last_poll + took,
         .kind = std::string(event_kind_of(change.kind)),
         .group = target.place.group,
         .instance = target.name(),
         .from = change.from,
         .to = change.to,
         .told_by = "",
         .source = target.place.source},
        poll);
  }
}

void EventLog::happened(topology::Event event) {
  cut_texts(event);
  std::optional<trace::Context> shown;
  if (tracer_.enabled()) {
    trace::Context context{trace::new_trace_id(), trace::new_span_id(), true};
    if (tracer_.samples(context.trace, trace::Worth::kNotable)) {
      tracer_.record(topology_span(event, context));
      shown = context;
    }
  }
  add(std::move(event), shown);
}

void EventLog::add(topology::Event event, const std::optional<trace::Context>& span) {
  cut_texts(event);
  log_event(log_, event);
  const std::scoped_lock lock(mutex_);
  // Kinds are few and ours; another one would be a fault, but not one to grow by.
  if (const auto count = counts_.find(event.kind); count != counts_.end()) ++count->second;
  kept_.push_back({std::move(event), span});
  if (kept_.size() > kMost) kept_.pop_front();
}

EventLog::Found EventLog::newest(const Filter& filter, std::size_t most) const {
  Found found;
  const std::scoped_lock lock(mutex_);
  for (const LoggedEvent& logged : std::views::reverse(kept_)) {
    if (!passes(logged.event, filter)) continue;
    if (found.total++ < most) found.events.push_back(logged);
  }
  return found;
}

std::vector<prometheus::MetricFamily> EventLog::metrics() const {
  prometheus::MetricFamily family = metrics::family_of(kEvents);
  const std::scoped_lock lock(mutex_);
  for (const auto& [kind, count] : counts_) {
    metrics::add_sample(family, static_cast<double>(count)).label = {{"kind", kind}};
  }
  return {std::move(family)};
}

std::vector<metrics::Description> event_descriptions() { return {kEvents}; }

}  // namespace hitwatch
