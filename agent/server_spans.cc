#include "agent/server_spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "agent/net/peer_address.h"
#include "agent/server_attributes.h"
#include "collectors/lookups/label_value.h"
#include "collectors/redis/command_keys.h"

namespace hitwatch {
namespace {

using std::chrono::microseconds;

std::string label_of(std::string_view raw) {
  std::string scratch;
  return std::string(lookups::label_value(raw, scratch));
}

double seconds_of(microseconds duration) { return std::chrono::duration<double>(duration).count(); }

void add_client(trace::Attributes& attributes, std::string_view text) {
  const net::PeerAddress client = net::split_peer_address(text);
  if (client.host.empty()) return;
  attributes.push_back({"client.address", std::string(client.host)});
  attributes.push_back({"network.peer.address", std::string(client.host)});
  if (client.port == 0) return;
  attributes.push_back({"client.port", std::int64_t{client.port}});
  attributes.push_back({"network.peer.port", std::int64_t{client.port}});
}

void add_times(trace::Attributes& attributes, std::int64_t logged_at,
               const redis::TimeBounds& ended) {
  attributes.push_back({"hitwatch.log.timestamp", logged_at});
  attributes.push_back(
      {"hitwatch.end_time.uncertainty", seconds_of(ended.latest - ended.earliest)});
}

// The context of an entry of a log, and a link to the poll that saw it.
void identify(trace::Span& span, const std::string& entry, const trace::Context& poll) {
  span.context = {trace::trace_id_of("trace " + entry), trace::span_id_of("span " + entry), true};
  if (poll.valid()) span.links.push_back({poll, {}});
}

void place(trace::Span& span, const redis::TimeBounds& ended, std::int64_t logged_at,
           microseconds duration) {
  span.end = end_time(ended, logged_at, duration);
  span.start = span.end - duration;
}

}  // namespace

trace::Time end_time(const redis::TimeBounds& bounds, std::int64_t logged_at,
                     microseconds duration) {
  const redis::ServerTime middle = bounds.earliest + (bounds.latest - bounds.earliest) / 2;
  const redis::ServerTime second{std::chrono::seconds(logged_at)};
  return std::clamp(std::max(middle, second + duration), bounds.earliest, bounds.latest);
}

trace::Span slow_command_span(const redis::SlowCommand& command, const ServerSpanContext& context,
                              keys::Matcher& matcher) {
  trace::Span span;
  identify(span, fmt::format("slowlog {} {} {}", context.run, command.id, command.logged_at),
           context.poll);
  span.kind = trace::Kind::kServer;
  place(span, command.ended, command.logged_at, command.duration);

  const std::string operation = redis::operation_of(command.args);
  span.name = operation.empty() ? "command" : operation;
  span.attributes = server_attributes(context.target);
  trace::Attributes& attributes = span.attributes;
  if (!operation.empty()) attributes.push_back({"db.operation.name", operation});
  attributes.push_back({"db.query.text", context.full_query_text
                                             ? redis::full_text(command.args)
                                             : redis::redacted_text(command.args)});
  if (const auto key = redis::first_key(command.args)) {
    const keys::Match match = matcher.match(*key);
    if (!match.type.empty()) {
      const std::string type = label_of(match.type);
      span.name += ' ';
      span.name += type;
      attributes.push_back({"cache.type", type});
    }
    if (!match.tenant.empty()) {
      attributes.push_back({"cache.tenant", label_of(match.tenant)});
    }
  }
  add_client(attributes, command.client_address);
  if (!command.client_name.empty()) {
    attributes.push_back({"hitwatch.client.name", command.client_name});
  }
  attributes.push_back({"hitwatch.slowlog.id", command.id});
  add_times(attributes, command.logged_at, command.ended);
  return span;
}

trace::Span latency_event_span(const redis::LatencyEvent& event, const ServerSpanContext& context) {
  trace::Span span;
  identify(span, fmt::format("latency {} {} {}", context.run, event.event, event.logged_at),
           context.poll);
  span.kind = trace::Kind::kInternal;
  place(span, event.ended, event.logged_at, event.duration);
  span.name = "latency " + event.event;
  span.attributes = server_attributes(context.target);
  span.attributes.push_back({"hitwatch.latency.event", event.event});
  add_times(span.attributes, event.logged_at, event.ended);
  return span;
}

}  // namespace hitwatch
