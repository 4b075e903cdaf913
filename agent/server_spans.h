// What happened on a server while nobody of ours was there, as spans: entries of its slow log and
// of its latency history. Pure.
//
// Their ids are made of the server's run and the entry, so that one that is sent twice (the daemon
// was killed between sending it and noting that) is the same span.
#pragma once

#include <string>

#include "agent/trace/span.h"
#include "collectors/keys/matcher.h"
#include "collectors/redis/poll_record.h"
#include "collectors/redis/target.h"

namespace hitwatch {

struct ServerSpanContext {
  const redis::Target& target;
  const std::string& run;        // of the server
  const trace::Context& poll;    // that saw it: linked
  bool full_query_text = false;  // else arguments are shown as `?`
};

// A span `GET catalog`: the command, and the type that the key patterns give its first key.
trace::Span slow_command_span(const redis::SlowCommand& command, const ServerSpanContext& context,
                              keys::Matcher& matcher);

// A span `latency fork`.
trace::Span latency_event_span(const redis::LatencyEvent& event, const ServerSpanContext& context);

// When it ended: in the middle of its bounds, or as little later as lets it begin within the second
// of the log, where that can be.
trace::Time end_time(const redis::TimeBounds& bounds, std::int64_t logged_at,
                     std::chrono::microseconds duration);

}  // namespace hitwatch
