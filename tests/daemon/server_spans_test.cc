// Entries of servers' logs as spans.
#include "agent/server_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/daemon/span_queries.h"

namespace hitwatch {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::attribute;

constexpr std::int64_t kSecond = 1'800'000'000;

redis::ServerTime at(double seconds_after) {
  return redis::ServerTime(
      microseconds(kSecond * 1'000'000 + static_cast<std::int64_t>(seconds_after * 1e6)));
}

class ServerSpans : public testing::Test {
 protected:
  ServerSpans() {
    target.url = net::parse_redis_url("redis://cache.example:6380").value();
    target.alias = "catalog";
    command.id = 17;
    command.logged_at = kSecond;
    command.ended = {at(0), at(1)};
    command.duration = milliseconds(25);
    command.args = {"get", "catalog:acme:42"};
    command.client_address = "10.0.0.7:50514";
    command.client_name = "worker-1";
  }
  trace::Span span(bool full = false) {
    return slow_command_span(command, {target, run, poll, full}, matcher);
  }

  redis::Target target;
  redis::SlowCommand command;
  std::string run = "run-1";
  trace::Context poll{trace::new_trace_id(), trace::new_span_id(), true};
  keys::Matcher matcher{
      {{.pattern = keys::Pattern::parse("catalog:{tenant}:*").value(), .type = "catalog"}}};
};

TEST_F(ServerSpans, ASlowCommandIsASpanOfTheServer) {
  const trace::Span slow = span();
  EXPECT_EQ(slow.name, "GET catalog");
  EXPECT_EQ(slow.kind, trace::Kind::kServer);
  EXPECT_EQ(slow.end - slow.start, milliseconds(25));
  EXPECT_EQ(attribute(slow, "db.system.name"), "redis");
  EXPECT_EQ(attribute(slow, "db.operation.name"), "GET");
  EXPECT_EQ(attribute(slow, "db.query.text"), "GET ?");
  EXPECT_EQ(attribute(slow, "server.address"), "cache.example");
  EXPECT_EQ(attribute(slow, "server.port"), "6380");
  EXPECT_EQ(attribute(slow, "cache.type"), "catalog");
  EXPECT_EQ(attribute(slow, "cache.tenant"), "acme");
  EXPECT_EQ(attribute(slow, "client.address"), "10.0.0.7");
  EXPECT_EQ(attribute(slow, "client.port"), "50514");
  EXPECT_EQ(attribute(slow, "network.peer.address"), "10.0.0.7");
  EXPECT_EQ(attribute(slow, "hitwatch.client.name"), "worker-1");
  EXPECT_EQ(attribute(slow, "hitwatch.target"), "catalog");
  EXPECT_EQ(attribute(slow, "hitwatch.slowlog.id"), "17");
  EXPECT_EQ(attribute(slow, "hitwatch.log.timestamp"), std::to_string(kSecond));
  EXPECT_EQ(attribute(slow, "hitwatch.end_time.uncertainty"), std::to_string(1.0));
}

TEST_F(ServerSpans, ArgumentsAreShownOnlyWhereThatIsAllowed) {
  EXPECT_EQ(attribute(span(true), "db.query.text"), "get catalog:acme:42");
  for (const trace::Attribute& one : span().attributes) {
    if (const auto* text = std::get_if<std::string>(&one.value)) {
      EXPECT_FALSE(text->contains(":42")) << one.key;
    }
  }
}

TEST_F(ServerSpans, AKeyOfNoPatternHasNoType) {
  command.args = {"HGETALL", "something"};
  EXPECT_EQ(span().name, "HGETALL");
  EXPECT_EQ(attribute(span(), "cache.type"), "(none)");
  command.args = {};
  EXPECT_EQ(span().name, "command");
}

TEST_F(ServerSpans, ItEndsInTheMiddleOfWhatIsKnown) {
  command.ended = {at(0.25), at(0.75)};
  EXPECT_EQ(span().end, trace::Time(at(0.5)));
}

TEST_F(ServerSpans, ItBeginsWithinItsSecondWhereItCan) {
  command.duration = milliseconds(800);
  EXPECT_EQ(span().start, trace::Time(at(0)));
  command.duration = seconds(3);
  EXPECT_EQ(span().end, trace::Time(at(1))) << "but it ends within it in any case";
}

TEST_F(ServerSpans, TheSameEntryIsTheSameSpan) {
  const trace::Span first = span();
  poll = {};
  const trace::Span again = span();
  EXPECT_EQ(first.context, again.context);
  run = "run-2";
  EXPECT_NE(span().context, first.context);
  run = "run-1";
  command.id = 18;
  EXPECT_NE(span().context, first.context);
}

TEST_F(ServerSpans, ItLeadsToThePollThatSawIt) {
  EXPECT_EQ(span().links, (std::vector<trace::Link>{{poll, {}}}));
  poll = {};
  EXPECT_TRUE(span().links.empty());
}

TEST_F(ServerSpans, ClientsMayBeOnSocketsOrIpv6) {
  command.client_address = "[::1]:6";
  EXPECT_EQ(attribute(span(), "client.address"), "::1");
  command.client_address = "/run/redis.sock:0";
  EXPECT_EQ(attribute(span(), "client.address"), "/run/redis.sock");
  EXPECT_EQ(attribute(span(), "client.port"), "(none)");
  command.client_address = "";
  EXPECT_EQ(attribute(span(), "client.address"), "(none)");
}

TEST_F(ServerSpans, ALatencyEventIsASpan) {
  const redis::LatencyEvent event{"fork", kSecond, {at(0), at(1)}, milliseconds(120)};
  const trace::Span fork = latency_event_span(event, {target, run, poll});
  EXPECT_EQ(fork.name, "latency fork");
  EXPECT_EQ(fork.end - fork.start, milliseconds(120));
  EXPECT_EQ(attribute(fork, "hitwatch.latency.event"), "fork");
  EXPECT_EQ(attribute(fork, "server.address"), "cache.example");
}

}  // namespace
}  // namespace hitwatch
