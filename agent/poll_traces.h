// What becomes of the records of polls: traces of those that are wanted, and of each entry of the
// servers' logs.
//
// Whether a poll was an interesting one may show later: when an alert changes that was made of its
// samples. So the last poll of each target is kept, and sent when somebody refers to it.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/trace/tracer.h"
#include "collectors/keys/matcher.h"
#include "collectors/redis/event_ledger.h"
#include "collectors/redis/poll_record.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"

namespace hitwatch {

class PollTraces {
 public:
  // Targets whose last poll is kept; beyond, the one polled longest ago is let go.
  static constexpr std::size_t kMostTargets = 20'000;

  // `settled` is called when the ledger has something new that is worth keeping, on any thread. The
  // references must outlive this and the tracer's exporter.
  PollTraces(trace::Tracer& tracer, redis::EventLedger& events, std::function<void()> settled);

  // Any thread: the key patterns that give slow commands type and tenant.
  void configure(const std::vector<keys::Rule>& patterns);
  // Any thread: forgets the polls of other targets.
  void keep_only(const std::set<std::string>& targets);

  // Any thread: the outcome of a poll, with or without a record. Its span, if that was sent.
  std::optional<trace::Context> polled(const redis::Target& target,
                                       const redis::PollResult& result);
  // Any thread: the last poll of the target of that name, which is sent now if it was not; nothing
  // if there is none, or no trace of it is wanted.
  std::optional<trace::Context> last_poll(const std::string& target);

  // Any thread: hitwatch_slowlog_entries_missed_total and the like.
  std::vector<prometheus::MetricFamily> metrics() const;

 private:
  // A poll that was not sent, but may be.
  struct Unsent {
    redis::Target target;
    redis::PollResult result;  // without its samples
    std::vector<trace::Context> seen;
  };
  struct Last {
    trace::Context context;
    std::optional<Unsent> unsent;
    std::uint64_t number = 0;  // of all polls, in their order
  };
  void keep(const std::string& name, Last last);
  // The spans of what a poll read of the server's logs; their contexts go to `seen`. `poll` is its
  // span, if it is sent.
  std::vector<trace::Span> log_spans(const redis::Target& target, const redis::PollRecord& record,
                                     const trace::Context& poll, std::vector<trace::Context>& seen);

  trace::Tracer& tracer_;
  redis::EventLedger& events_;
  const std::function<void()> settled_;
  mutable std::mutex mutex_;
  std::unique_ptr<keys::Matcher> matcher_;
  std::map<std::string, Last, std::less<>> last_;
  std::uint64_t polls_ = 0;
  std::uint64_t slow_ = 0;         // entries of slow logs that were told
  std::uint64_t slow_missed_ = 0;  // those that servers dropped before they could be read
  std::uint64_t latency_ = 0;      // latency events that were told
};

// Of PollTraces::metrics.
std::vector<metrics::Description> poll_trace_descriptions();

}  // namespace hitwatch
