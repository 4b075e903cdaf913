// What has happened to the servers and their installations: the latest events, for people who ask
// after an incident. Each is also counted, those of weight are logged, and those that no poll's
// span tells of become a span where traces are sent.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/log/log.h"
#include "agent/metrics/description.h"
#include "agent/trace/tracer.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"
#include "collectors/topology/event.h"

namespace hitwatch {

struct LoggedEvent {
  topology::Event event;
  std::optional<trace::Context> span;  // that shows it; nothing where no trace was sent
};

// All of it may be called on any thread.
class EventLog {
 public:
  static constexpr std::size_t kMost = 10'000;      // beyond, the oldest is let go
  static constexpr std::size_t kLongestText = 256;  // of each of an event's texts; it is cut

  // The references must outlive this.
  EventLog(log::Log& log, trace::Tracer& tracer);

  // What a poll saw change; `poll` is its span, if that was sent.
  void polled(const redis::Target& target, const redis::PollResult& result,
              const std::optional<trace::Context>& poll);
  // What sentinels or a cluster told.
  void happened(topology::Event event);

  // An empty text leaves all in.
  struct Filter {
    std::string target;
    std::string group;
    std::string source;
    std::string kind;
    std::optional<std::chrono::system_clock::time_point> since;
  };
  struct Found {
    std::vector<LoggedEvent> events;  // as they came to be known, the newest first
    std::size_t total = 0;            // of which so many were asked for
  };
  Found newest(const Filter& filter, std::size_t most) const;

  // hitwatch_events_total{kind}
  std::vector<prometheus::MetricFamily> metrics() const;

 private:
  void add(topology::Event event, const std::optional<trace::Context>& span);

  log::Log& log_;
  trace::Tracer& tracer_;
  mutable std::mutex mutex_;
  std::deque<LoggedEvent> kept_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;  // by kind
};

std::vector<metrics::Description> event_descriptions();

}  // namespace hitwatch
