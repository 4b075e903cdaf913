#include "agent/poll_spans.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "agent/server_attributes.h"

namespace hitwatch {
namespace {

using redis::PollRecord;
using redis::ServerChange;
using Clock = PollRecord::Clock;

constexpr std::size_t kMostLinks = 128;  // OpenTelemetry's default limit

std::string_view event_name(ServerChange::Kind kind) {
  using Kind = ServerChange::Kind;
  switch (kind) {
    case Kind::kDown:
      return "redis.down";
    case Kind::kUp:
      return "redis.up";
    case Kind::kRestarted:
      return "redis.restarted";
    case Kind::kReconnected:
      return "redis.reconnected";
    case Kind::kRoleChanged:
      return "redis.role_changed";
    case Kind::kMasterChanged:
      return "redis.master_changed";
  }
  return "redis.changed";
}

// "LOADING" of "LOADING Redis is loading the dataset in memory": what an error reply begins with.
std::string_view status_code(std::string_view error) {
  const std::string_view word = error.substr(0, error.find(' '));
  const bool capital = std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
  return word.size() > 1 && capital ? word : std::string_view();
}

class PollSpanMaker {
 public:
  PollSpanMaker(const redis::Target& target, const redis::PollResult& result,
                const trace::Context& poll)
      : target_(target), result_(result), record_(*result.record), poll_(poll) {}

  std::vector<trace::Span> make(const std::vector<trace::Context>& seen) {
    spans_.push_back(root(seen));
    add_opening();
    for (const PollRecord::Round& round : record_.rounds) add_round(round);
    if (record_.reading > Clock::duration::zero()) {
      add("parse", trace::Kind::kInternal, record_.ended - record_.reading, record_.ended);
    }
    return std::move(spans_);
  }

 private:
  // The moments of a poll, told by the clock that only measures, at the system's time.
  trace::Time at(Clock::time_point moment) const {
    return trace::Time(std::chrono::time_point_cast<std::chrono::nanoseconds>(record_.began_at)) +
           std::chrono::duration_cast<std::chrono::nanoseconds>(moment - record_.began);
  }

  trace::Attributes server() const {
    trace::Attributes attributes = server_attributes(target_);
    if (!record_.peer.empty()) attributes.push_back({"network.peer.address", record_.peer});
    return attributes;
  }

  trace::Span root(const std::vector<trace::Context>& seen) const {
    trace::Span span;
    span.context = poll_;
    span.name = "poll";
    span.kind = trace::Kind::kClient;
    span.start = at(record_.began);
    span.end = at(record_.ended);
    span.attributes = server();
    span.attributes.push_back({"db.namespace", std::string("0")});
    add_state(span);
    for (const ServerChange& change : result_.changes) {
      trace::Attributes attributes;
      if (!change.from.empty()) attributes.push_back({"from", change.from});
      if (!change.to.empty()) attributes.push_back({"to", change.to});
      span.events.push_back(
          {span.end, std::string(event_name(change.kind)), std::move(attributes)});
    }
    for (const trace::Context& entry : seen) {
      if (span.links.size() < kMostLinks) span.links.push_back({entry, {}});
    }
    return span;
  }

  void add_state(trace::Span& span) const {
    const redis::TargetState& state = *result_.state;
    if (!state.role.empty()) span.attributes.push_back({"hitwatch.role", state.role});
    const auto count = [&span](std::string_view key, std::uint64_t number) {
      if (number > 0) span.attributes.push_back({key, static_cast<std::int64_t>(number)});
    };
    count("hitwatch.slowlog.entries", record_.slow.size());
    count("hitwatch.slowlog.missed", record_.slow_missed);
    count("hitwatch.latency.entries", record_.latency.size());
    if (state.error.reason == net::Reason::kNone) return;
    span.status = trace::Status::kError;
    span.status_message = state.error.text;
    span.attributes.push_back({"error.type", std::string(net::reason_word(state.error.reason))});
    const std::string_view code = status_code(state.error.text);
    if (!code.empty()) span.attributes.push_back({"db.response.status_code", std::string(code)});
  }

  trace::Span& add(std::string name, trace::Kind kind, Clock::time_point start,
                   Clock::time_point end) {
    trace::Span span;
    span.context = {poll_.trace, trace::new_span_id(), poll_.sampled};
    span.parent = poll_.span;
    span.name = std::move(name);
    span.kind = kind;
    span.start = at(start);
    span.end = at(end);
    spans_.push_back(std::move(span));
    return spans_.back();
  }

  // A step that has no end was under way when the poll ended without it.
  trace::Span& add_step(std::string name, Clock::time_point start,
                        std::optional<Clock::time_point> end) {
    trace::Span& span =
        add(std::move(name), trace::Kind::kClient, start, end.value_or(record_.ended));
    span.attributes = server();
    if (end) return span;
    span.status = trace::Status::kError;
    span.attributes.push_back(
        {"error.type", std::string(net::reason_word(result_.state->error.reason))});
    return span;
  }

  void add_opening() {
    if (!record_.opening) return;
    const PollRecord::Opening& opening = *record_.opening;
    trace::Span& connect = add_step("connect", opening.began, opening.connected);
    if (opening.resolved) connect.events.push_back({at(*opening.resolved), "resolved", {}});
    if (target_.url.tls && opening.connected) {
      add_step("tls handshake", *opening.connected, opening.ready);
    }
    if (opening.logged_in && !record_.rounds.empty()) {
      const bool refused = result_.state->error.reason == net::Reason::kAuth;
      add_step("auth", record_.rounds.front().sent, refused ? std::nullopt : opening.logged_in);
    }
  }

  void add_round(const PollRecord::Round& round) {
    trace::Span& span = add_step("round trip", round.sent, round.answered);
    span.attributes.push_back({"hitwatch.commands", static_cast<std::int64_t>(round.commands)});
  }

  const redis::Target& target_;
  const redis::PollResult& result_;
  const PollRecord& record_;
  const trace::Context& poll_;
  std::vector<trace::Span> spans_;
};

}  // namespace

std::vector<trace::Span> poll_spans(const redis::Target& target, const redis::PollResult& result,
                                    const trace::Context& poll,
                                    const std::vector<trace::Context>& seen) {
  return PollSpanMaker(target, result, poll).make(seen);
}

bool is_notable(const redis::PollResult& result) {
  const PollRecord& record = *result.record;
  return result.state->error.reason != net::Reason::kNone || !result.changes.empty() ||
         !record.slow.empty() || !record.latency.empty() || record.slow_missed > 0;
}

}  // namespace hitwatch
