// What becomes of polls as traces: which are sent, and what they show.
#include "agent/poll_traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/poll_spans.h"
#include "tests/daemon/span_queries.h"

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using test::attribute;
using test::names_of;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class PollTracesTest : public testing::Test {
 protected:
  PollTracesTest() {
    target.url = net::parse_redis_url("redis://127.0.0.1:6379").value();
    target.alias = "catalog";
    record.run = "run-1";
    record.peer = "127.0.0.1";
    record.began_at = std::chrono::system_clock::time_point(1'800'000'000s);
    record.began = redis::PollRecord::Clock::time_point(100s);
    record.ended = record.began + 20ms;
    record.rounds.push_back({record.began + 1ms, record.began + 15ms, 12});
    record.reading = 4ms;
    state.up = true;
    state.role = "master";
  }

  redis::PollResult result() const {
    return {nullptr, std::make_shared<redis::TargetState>(state),
            std::make_shared<redis::PollRecord>(record), nullptr, changes};
  }
  std::vector<trace::Span> spans_of_poll() {
    traces.polled(target, result());
    return taken.take();
  }
  void add_slow(std::int64_t id) {
    events.claim("run-1", redis::EventLedger::kSlowLog, std::vector<std::int64_t>{id}, id, true);
    redis::SlowCommand command;
    command.id = id;
    command.args = {"GET", "a"};
    record.slow.push_back(command);
  }
  std::int64_t settled_slow() const {
    const redis::EventLedger::State kept = events.settled();
    return kept.at("run-1").at(std::string(redis::EventLedger::kSlowLog));
  }
  // By the name of the span, which must be there.
  static const trace::Span& named(const std::vector<trace::Span>& spans, std::string_view name) {
    return *std::ranges::find(spans, name, &trace::Span::name);
  }

  redis::Target target;
  redis::PollRecord record;
  std::vector<redis::ServerChange> changes;
  redis::TargetState state;
  test::TakenSpans taken;
  redis::EventLedger events;
  int settled = 0;
  PollTraces traces{taken.tracer, events, [this] { ++settled; }};
};

TEST_F(PollTracesTest, AHealthyPollIsSentOnlyAsAShare) {
  EXPECT_THAT(spans_of_poll(), IsEmpty());
  test::TakenSpans all{{.healthy_polls = 1}};
  PollTraces sent(all.tracer, events, [] {});
  sent.polled(target, result());
  EXPECT_THAT(names_of(all.take()), ElementsAre("poll", "round trip", "parse"));
}

TEST_F(PollTracesTest, AFailedPollIsSent) {
  state.up = false;
  state.error = {net::Reason::kLoading, "LOADING Redis is loading the dataset in memory"};
  const auto spans = spans_of_poll();
  const trace::Span& poll = named(spans, "poll");
  EXPECT_EQ(poll.status, trace::Status::kError);
  EXPECT_EQ(poll.status_message, "LOADING Redis is loading the dataset in memory");
  EXPECT_EQ(attribute(poll, "error.type"), "loading");
  EXPECT_EQ(attribute(poll, "db.response.status_code"), "LOADING");
  EXPECT_EQ(attribute(poll, "network.peer.address"), "127.0.0.1");
}

TEST_F(PollTracesTest, ChangesOfTheServerAreEventsOfThePollThatSawThem) {
  using Kind = redis::ServerChange::Kind;
  changes = {{Kind::kReconnected, "", ""},
             {Kind::kRoleChanged, "slave", "master"},
             {Kind::kRestarted, "run-0", "run-1"}};
  const auto spans = spans_of_poll();
  const trace::Span& poll = named(spans, "poll");
  ASSERT_EQ(poll.events.size(), 3U);
  EXPECT_EQ(poll.events[0].name, "redis.reconnected");
  EXPECT_EQ(poll.events[1].name, "redis.role_changed");
  EXPECT_EQ(attribute(poll.events[1].attributes, "from"), "slave");
  EXPECT_EQ(attribute(poll.events[1].attributes, "to"), "master");
  EXPECT_EQ(poll.events[2].name, "redis.restarted");
}

TEST_F(PollTracesTest, TheStepsOfAPollAreBelowIt) {
  target.url.tls = true;
  redis::PollRecord::Opening opening;
  opening.began = record.began;
  opening.resolved = record.began + 1ms;
  opening.connected = record.began + 2ms;
  opening.ready = record.began + 5ms;
  opening.logged_in = record.began + 7ms;
  record.opening = opening;
  record.rounds = {{record.began + 5ms, record.began + 8ms, 3},
                   {record.began + 8ms, record.began + 15ms, 9}};
  const trace::Context root{trace::new_trace_id(), trace::new_span_id(), true};
  const auto spans = poll_spans(target, result(), root, {});
  EXPECT_THAT(names_of(spans), ElementsAre("poll", "connect", "tls handshake", "auth", "round trip",
                                           "round trip", "parse"));
  for (std::size_t i = 1; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].parent, root.span);
    EXPECT_EQ(spans[i].context.trace, root.trace);
    EXPECT_LE(spans[0].start, spans[i].start);
    EXPECT_GE(spans[0].end, spans[i].end);
  }
  EXPECT_EQ(spans[2].start - spans[0].start, 2ms);
  EXPECT_EQ(spans[2].end - spans[2].start, 3ms);
  EXPECT_EQ(spans[3].end - spans[3].start, 2ms);
  EXPECT_EQ(attribute(spans[5], "hitwatch.commands"), "9");
  EXPECT_EQ(spans[6].end - spans[6].start, 4ms);
}

TEST_F(PollTracesTest, AStepThatWasNotReachedShowsWhereThePollStood) {
  record.opening.emplace();
  record.opening->began = record.began;
  record.rounds.clear();
  state.up = false;
  state.error = {net::Reason::kTimeout, "the connection could not be made in time"};
  const auto spans = spans_of_poll();
  const trace::Span& connect = named(spans, "connect");
  EXPECT_EQ(connect.status, trace::Status::kError);
  EXPECT_EQ(attribute(connect, "error.type"), "timeout");
  EXPECT_EQ(connect.end, named(spans, "poll").end);
}

TEST_F(PollTracesTest, SlowCommandsAndTheirPollLeadToEachOther) {
  add_slow(3);
  add_slow(4);
  record.slow_missed = 2;
  const auto spans = spans_of_poll();
  const trace::Span& poll = named(spans, "poll");
  ASSERT_EQ(poll.links.size(), 2U);
  EXPECT_EQ(poll.links[0].to, spans[0].context);
  ASSERT_EQ(spans[0].links.size(), 1U);
  EXPECT_EQ(spans[0].links[0].to.span, poll.context.span);
  EXPECT_EQ(attribute(poll, "hitwatch.slowlog.entries"), "2");
  EXPECT_EQ(attribute(poll, "hitwatch.slowlog.missed"), "2");
  EXPECT_EQ(traces.metrics()[0].metric[0].counter.value, 2);
  EXPECT_EQ(traces.metrics()[1].metric[0].counter.value, 2);
}

TEST_F(PollTracesTest, AnEntryIsSettledWhenItHasArrived) {
  add_slow(3);
  const auto spans = spans_of_poll();
  EXPECT_EQ(settled_slow(), 2);
  spans[0].settled();
  EXPECT_EQ(settled_slow(), 3);
  EXPECT_EQ(settled, 1);
}

TEST_F(PollTracesTest, AnEntryThatNobodyWantsIsSettledAtOnce) {
  test::TakenSpans none{{.kind = trace::SamplerKind::kAlwaysOff}};
  PollTraces dropped(none.tracer, events, [] {});
  add_slow(3);
  dropped.polled(target, result());
  EXPECT_THAT(none.take(), IsEmpty());
  EXPECT_EQ(settled_slow(), 3);
}

TEST_F(PollTracesTest, TheLastPollIsSentWhenSomebodyRefersToIt) {
  traces.polled(target, result());
  EXPECT_THAT(taken.take(), IsEmpty());
  const auto poll = traces.last_poll("catalog");
  ASSERT_TRUE(poll);
  const auto spans = taken.take();
  ASSERT_THAT(names_of(spans), Contains("poll"));
  EXPECT_EQ(spans[0].context, *poll);
  EXPECT_EQ(traces.last_poll("catalog"), poll) << "the same one";
  EXPECT_THAT(taken.take(), IsEmpty()) << "and it is not sent twice";
  EXPECT_FALSE(traces.last_poll("other"));
}

TEST_F(PollTracesTest, OfTargetsThatAreNoMoreNothingIsKept) {
  traces.polled(target, result());
  traces.keep_only({"other"});
  EXPECT_FALSE(traces.last_poll("catalog"));
}

TEST_F(PollTracesTest, WithoutARecordThereIsNothingToTell) {
  traces.polled(target, {nullptr, std::make_shared<redis::TargetState>(state), nullptr});
  EXPECT_FALSE(traces.last_poll("catalog"));
}

}  // namespace
}  // namespace hitwatch
