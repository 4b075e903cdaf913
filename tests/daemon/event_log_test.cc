// What is kept of events, what people are told of them, and what becomes a span.
#include "agent/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/event_kinds.h"
#include "agent/events_api.h"
#include "collectors/topology/telling.h"
#include "tests/daemon/span_queries.h"

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::attribute;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Change = redis::ServerChange::Kind;
namespace word = topology::event_kind;

constexpr std::chrono::system_clock::time_point kBegan{1'800'000'000s};

topology::Event event_of(std::string_view kind, const std::string& group, int second = 0) {
  topology::Event event;
  event.time = kBegan + std::chrono::seconds(second);
  event.kind = kind;
  event.group = group;
  return event;
}

topology::Event failover() {
  topology::Event event = event_of(word::kFailover, "mymaster");
  event.from = "10.0.0.1:6379";
  event.to = "10.0.0.2:6379";
  event.instance = "10.0.0.2:6379";
  event.told_by = "10.0.0.9:26379";
  return event;
}

class EventLogTest : public testing::Test {
 protected:
  void polled(std::vector<redis::ServerChange> changes,
              const std::optional<trace::Context>& poll = std::nullopt) {
    redis::Target target;
    target.alias = "cache-1";
    target.place.group = "mymaster";
    target.place.source = "sentinel:10.0.0.9:26379";
    auto state = std::make_shared<redis::TargetState>();
    state->last_poll = kBegan;
    state->last_duration = 250ms;
    redis::PollResult result;
    result.state = std::move(state);
    result.changes = std::move(changes);
    events.polled(target, result, poll);
  }
  json answer(std::vector<web::Header> query = {}) const {
    web::Request request;
    request.method = "GET";
    request.query = std::move(query);
    const web::Response response = answer_events(request, events);
    json body = json::parse(response.body);
    body["httpStatus"] = response.status;
    return body;
  }
  std::vector<std::string> texts(std::vector<web::Header> query = {}) const {
    std::vector<std::string> all;
    const json body = answer(std::move(query));
    for (const json& event : body["data"]["events"]) {
      all.push_back(event["text"]);
    }
    return all;
  }
  double count(const std::string& kind) const {
    const auto families = events.metrics();
    for (const auto& metric : families.at(0).metric) {
      if (metric.label.at(0).value == kind) return metric.counter.value;
    }
    return -1;
  }

  log::Log log{log::Level::kError, log::Format::kLogfmt};
  test::TakenSpans taken;
  trace::SpanQueue idle_queue;
  trace::Tracer idle{idle_queue};  // no traces are sent
  EventLog events{log, idle};
};

TEST_F(EventLogTest, WhatAPollSawChangeIsThereWithoutTraces) {
  polled({{Change::kUp, "", ""}, {Change::kRestarted, "run-1", "run-2"}});
  const json data = answer()["data"];
  EXPECT_EQ(data["total"], 2);
  const json& restart = data["events"][0];
  EXPECT_EQ(restart["kind"], "restarted");
  EXPECT_EQ(restart["target"], "cache-1");
  EXPECT_EQ(restart["group"], "mymaster");
  EXPECT_EQ(restart["source"], "sentinel:10.0.0.9:26379");
  EXPECT_EQ(restart["from"], "run-1");
  EXPECT_EQ(restart["to"], "run-2");
  EXPECT_EQ(restart["toldBy"], "");
  EXPECT_EQ(restart["time"], "2027-01-15T08:00:00.250Z") << "at the end of the poll";
  EXPECT_EQ(restart["traceId"], nullptr);
  EXPECT_EQ(data["events"][1]["kind"], "up");
}

TEST_F(EventLogTest, WithTracesItLeadsToThePollThatSawIt) {
  const trace::Context poll{trace::new_trace_id(), trace::new_span_id(), true};
  polled({{Change::kDown, "", "timeout"}}, poll);
  const json event = answer()["data"]["events"][0];
  EXPECT_EQ(event["traceId"], trace::to_hex(poll.trace));
  EXPECT_EQ(event["spanId"], trace::to_hex(poll.span));
}

TEST_F(EventLogTest, WhatSentinelsTellIsASpanOfItsOwn) {
  EventLog traced(log, taken.tracer);
  traced.happened(failover());
  const auto spans = taken.take();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].name, "failover mymaster");
  EXPECT_EQ(spans[0].kind, trace::Kind::kInternal);
  EXPECT_EQ(spans[0].start, trace::Time(kBegan));
  EXPECT_EQ(attribute(spans[0], "db.system.name"), "redis");
  EXPECT_EQ(attribute(spans[0], "server.address"), "10.0.0.2");
  EXPECT_EQ(attribute(spans[0], "server.port"), "6379");
  EXPECT_EQ(attribute(spans[0], "hitwatch.target"), "10.0.0.2:6379");
  EXPECT_EQ(attribute(spans[0], "hitwatch.group"), "mymaster");
  EXPECT_EQ(attribute(spans[0], "hitwatch.event.from"), "10.0.0.1:6379");
  EXPECT_EQ(attribute(spans[0], "hitwatch.event.told_by"), "10.0.0.9:26379");
  const auto found = traced.newest({}, 1);
  ASSERT_TRUE(found.events.at(0).span.has_value());
  EXPECT_EQ(*found.events[0].span, spans[0].context);
}

TEST_F(EventLogTest, ASpanOfAnAliasHasNoAddress) {
  EventLog traced(log, taken.tracer);
  topology::Event event = event_of(word::kNodeFailed, "");
  event.instance = "cache-1";
  traced.happened(event);
  const auto spans = taken.take();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].name, "node failed cache-1");
  EXPECT_EQ(attribute(spans[0], "server.address"), "(none)");
  EXPECT_EQ(attribute(spans[0], "hitwatch.target"), "cache-1");
}

TEST_F(EventLogTest, EachIsASentence) {
  polled({{Change::kRoleChanged, "slave", "master"},
          {Change::kMasterChanged, "10.0.0.1:6379", "10.0.0.2:6379"},
          {Change::kDown, "", "refused"},
          {Change::kReconnected, "", ""}});
  events.happened(failover());
  EXPECT_THAT(
      texts(),
      ElementsAre("mymaster: 10.0.0.2:6379 is the master now, in place of 10.0.0.1:6379 (told by "
                  "10.0.0.9:26379).",
                  "The connection to cache-1 broke and was made anew.",
                  "cache-1 stopped answering (refused).",
                  "cache-1 replicates from 10.0.0.2:6379 now and no longer from 10.0.0.1:6379.",
                  "cache-1 says that it is a master now and no longer a replica."));
}

TEST_F(EventLogTest, HowManyAreLeftOutIsSaidOfAnyKind) {
  topology::Telling telling(log, "cluster:shop",
                            [&](topology::Event event) { events.happened(std::move(event)); });
  const auto now = topology::Telling::Clock::now();
  telling.turn(now);
  for (const std::string_view kind : {word::kFailover, word::kNodeFailed}) {
    for (std::size_t i = 0; i < topology::Telling::kMostEvents + 100; ++i) {
      telling.event(event_of(kind, kind == word::kFailover ? "shop" : ""), now);
    }
  }
  telling.turn(now + topology::Telling::kPeriod);
  EXPECT_THAT(texts({{"limit", "2"}}),
              ElementsAre("100 more events of the kind node_failed within a minute.",
                          "shop: 100 more events of the kind failover within a minute."));
}

TEST_F(EventLogTest, AnEventOfWeightIsOneLineOfWhatIsKnown) {
  log.set_level(log::Level::kInfo);
  testing::internal::CaptureStderr();
  topology::Event event = event_of(word::kNodeFailed, "mymaster");
  event.instance = "10.0.0.1:6379";
  events.happened(event);
  polled({{Change::kDown, "", "refused"}});
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, testing::EndsWith("msg=\"a server is held for failed\" event=node_failed "
                                        "group=mymaster target=10.0.0.1:6379\n"));
  EXPECT_EQ(std::ranges::count(logged, '\n'), 1) << "of a server that is down its poll has a line";
}

TEST_F(EventLogTest, WhoContradictsWhomIsSaid) {
  topology::Event event = event_of(word::kDisagreement, "mymaster");
  event.from = "10.0.0.1:6379";
  event.to = "10.0.0.2:6379";
  EXPECT_EQ(event_sentence(event),
            "mymaster: most of those who are asked say 10.0.0.1:6379, others 10.0.0.2:6379.");
  event.instance = "10.0.0.3:6379";
  event.from = "replica";
  event.to = "master";
  EXPECT_EQ(event_sentence(event),
            "10.0.0.3:6379 says that it is a master, and its group (mymaster) that it is a "
            "replica.");
  event.from = "";
  event.to = "another cluster";
  EXPECT_EQ(event_sentence(event),
            "mymaster: 10.0.0.3:6379 contradicts the others (another cluster).");
  event.instance = "";
  event.to = "2 nodes differ";
  EXPECT_EQ(event_sentence(event), "mymaster: those who are asked disagree (2 nodes differ).");
  event.kind = word::kAgreement;
  event.to = "";
  EXPECT_EQ(event_sentence(event), "mymaster: those who are asked agree again.");
}

// Whatever of it is known.
TEST_F(EventLogTest, EachKindHasASentenceForAnythingThatIsKnown) {
  for (const EventKind& kind : event_kinds()) {
    topology::Event event = event_of(kind.word, "");
    EXPECT_THAT(event_sentence(event), testing::EndsWith(".")) << kind.word;
    event.group = "orders";
    event.instance = "10.0.0.1:6379";
    event.from = "0-99";
    event.to = "100-199";
    EXPECT_THAT(event_sentence(event), testing::EndsWith(".")) << kind.word;
  }
}

TEST_F(EventLogTest, TheyAreChosenByTargetGroupKindAndTime) {
  polled({{Change::kDown, "", "timeout"}});
  events.happened(event_of(word::kNodeAdded, "orders", 10));
  events.happened(event_of(word::kNodeFailed, "orders", 20));
  EXPECT_THAT(texts({{"target", "cache-1"}}), SizeIs(1));
  EXPECT_THAT(texts({{"group", "orders"}}), SizeIs(2));
  EXPECT_THAT(texts({{"kind", "node_failed"}}), SizeIs(1));
  EXPECT_THAT(texts({{"since", "1800000010"}}), SizeIs(2));
  EXPECT_THAT(texts({{"since", "2027-01-15T08:00:20Z"}}), SizeIs(1));
  EXPECT_THAT(texts({{"since", "9e11"}}), IsEmpty());
  EXPECT_THAT(texts({{"target", "other"}}), IsEmpty());
  const json one = answer({{"limit", "1"}})["data"];
  EXPECT_EQ(one["total"], 3);
  EXPECT_EQ(one["events"][0]["kind"], "node_failed") << "the newest first";
}

TEST_F(EventLogTest, GroupsOfTwoSourcesAreToldApart) {
  topology::Event event = failover();
  for (const char* source : {"sentinel:10.0.0.9:26379", "sentinel:10.1.0.9:26379"}) {
    event.source = source;
    events.happened(event);
  }
  const json data = answer({{"group", "mymaster"}, {"source", "sentinel:10.1.0.9:26379"}})["data"];
  ASSERT_EQ(data["total"], 1);
  EXPECT_EQ(data["events"][0]["source"], "sentinel:10.1.0.9:26379");
}

TEST_F(EventLogTest, WhatIsNoParameterIsRefused) {
  EXPECT_EQ(answer({{"kind", "earthquake"}})["httpStatus"], 400);
  EXPECT_THAT(answer({{"kind", "earthquake"}})["error"], HasSubstr("failover"));
  EXPECT_EQ(answer({{"since", "yesterday"}})["httpStatus"], 400);
  EXPECT_EQ(answer({{"limit", "-1"}})["httpStatus"], 400);
}

TEST_F(EventLogTest, TheOldestIsLetGoAndAllAreCounted) {
  for (std::size_t i = 0; i < EventLog::kMost + 5; ++i) {
    events.happened(event_of(word::kFailover, std::to_string(i)));
  }
  const auto found = events.newest({}, 20'000);
  EXPECT_EQ(found.total, EventLog::kMost);
  EXPECT_EQ(found.events.front().event.group, std::to_string(EventLog::kMost + 4));
  EXPECT_EQ(found.events.back().event.group, "5");
  EXPECT_EQ(count("failover"), EventLog::kMost + 5);
  EXPECT_EQ(count("down"), 0) << "a series from the start";
}

TEST_F(EventLogTest, LongAndHostileTextsAreKeptShortAndShownAsText) {
  topology::Event event = event_of(word::kFailover, std::string(100'000, 'g'));
  event.to = "\xff\"<b>";
  events.happened(event);
  const json shown = answer()["data"]["events"][0];
  EXPECT_EQ(shown["group"].get<std::string>().size(), EventLog::kLongestText);
  EXPECT_EQ(shown["to"], "\xEF\xBF\xBD\"<b>");
}

}  // namespace
}  // namespace hitwatch
