// Which bodies of POST /api/v2/alerts are taken, and what is made of them.
#include "agent/notify/posted_alerts.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/net/rfc3339.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::milliseconds kResolveTimeout{300'000};

std::expected<PostedAlerts, BodyFault> read(std::string_view body) {
  return read_posted_alerts(body, kResolveTimeout, kNow);
}

Alert read_one(std::string_view body) {
  auto posted = read(body);
  if (!posted || posted->alerts.size() != 1) {
    ADD_FAILURE() << body << ": " << (posted ? "no alert" : posted.error().text);
    return {};
  }
  return posted->alerts.front();
}

BodyFault fault_of(std::string_view body) {
  auto posted = read(body);
  EXPECT_FALSE(posted) << body;
  return posted ? BodyFault{} : posted.error();
}

TEST(PostedAlerts, TakesEveryField) {
  const Alert alert = read_one(R"([{
    "labels": {"severity": "page", "alertname": "RedisDown"},
    "annotations": {"summary": "r1 is away", "runbook": ""},
    "startsAt": "2026-08-20T10:00:00.123Z", "endsAt": "2026-08-20T13:00:00+02:00",
    "generatorURL": "http://prometheus/graph?g0.expr=up&g0.tab=1"}])");
  EXPECT_THAT(alert.labels, ElementsAre(metrics::Label{"alertname", "RedisDown"},
                                        metrics::Label{"severity", "page"}));
  EXPECT_THAT(alert.annotations,
              ElementsAre(metrics::Label{"runbook", ""}, metrics::Label{"summary", "r1 is away"}));
  EXPECT_EQ(alert.starts_at, time_of("2026-08-20T10:00:00.123Z"));
  EXPECT_EQ(alert.ends_at, time_of("2026-08-20T11:00:00Z"));
  EXPECT_EQ(alert.generator_url, "http://prometheus/graph?g0.expr=up&g0.tab=1");
  EXPECT_EQ(alert.updated_at, kNow);
}

TEST(PostedAlerts, AnAlertWithoutTimesBeginsNowAndEndsAfterTheTimeout) {
  for (const std::string_view times :
       {R"()", R"(,"startsAt":null,"endsAt":null)", R"(,"startsAt":"","endsAt":"")",
        R"(,"startsAt":"0001-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00.000Z")"}) {
    const Alert alert = read_one(fmt::format(R"([{{"labels":{{"alertname":"A"}}{}}}])", times));
    EXPECT_EQ(alert.starts_at, kNow) << times;
    EXPECT_EQ(alert.ends_at, kNow + 300'000) << times;
  }
}

TEST(PostedAlerts, AnAlertWithOnlyAnEndBeginsThen) {
  const Alert alert = read_one(R"([{"labels":{"alertname":"A"},"endsAt":"2026-08-20T10:00:00Z"}])");
  EXPECT_EQ(alert.starts_at, time_of("2026-08-20T10:00:00Z"));
  EXPECT_EQ(alert.ends_at, alert.starts_at);
}

TEST(PostedAlerts, ATimeWithoutAnOffsetIsInUtc) {
  const Alert alert =
      read_one(R"([{"labels":{"alertname":"A"},"startsAt":"2026-08-20T10:00:00"}])");
  EXPECT_EQ(alert.starts_at, time_of("2026-08-20T10:00:00Z"));
}

TEST(PostedAlerts, LabelsWithoutAValueAreDropped) {
  EXPECT_THAT(read_one(R"([{"labels":{"alertname":"A","team":""}}])").labels,
              ElementsAre(metrics::Label{"alertname", "A"}));
}

TEST(PostedAlerts, NamesOfLabelsMayBeAnyUtf8) {
  EXPECT_THAT(read_one(R"([{"labels":{"service.name":"köln"}}])").labels,
              ElementsAre(metrics::Label{"service.name", "köln"}));
}

TEST(PostedAlerts, BytesThatAreNoUtf8AreReplaced) {
  EXPECT_THAT(read_one("[{\"labels\":{\"alertname\":\"A\xff\"}}]").labels,
              ElementsAre(metrics::Label{"alertname", "A\xEF\xBF\xBD"}));
}

TEST(PostedAlerts, NothingIsNoFault) {
  for (const std::string_view body : {"[]", "null", " [ ] "}) {
    const auto posted = read(body);
    ASSERT_TRUE(posted) << body;
    EXPECT_THAT(posted->alerts, IsEmpty());
  }
}

TEST(PostedAlerts, FieldsThatNobodyKnowsAreLeftOut) {
  EXPECT_EQ(read_one(R"([{"labels":{"a":"b"},"status":{"state":"active"}}])").labels.size(), 1U);
}

TEST(PostedAlerts, AnAlertThatCannotBeIsRefusedByItself) {
  const auto posted = read(R"([{"labels":{"alertname":"A"}}, {"labels":{"alertname":""}},
    {"labels":{"":"x"}}, {"labels":{"alertname":"B"},"annotations":{"":"x"}},
    {"labels":{"alertname":"C"},"startsAt":"2026-08-20T10:00:00Z","endsAt":"2026-08-20T09:00:00Z"},
    {"labels":{"alertname":"D"},"startsAt":"9999-01-01T00:00:00Z"},
    {"labels":{"alertname":"E"}}])");
  ASSERT_TRUE(posted);
  ASSERT_THAT(posted->alerts, SizeIs(2));
  EXPECT_EQ(label_value(posted->alerts[0].labels, "alertname"), "A");
  EXPECT_EQ(label_value(posted->alerts[1].labels, "alertname"), "E");
  EXPECT_THAT(
      posted->refused,
      ElementsAre("alert 1: it has no label with a value", "alert 2: one of its labels has no name",
                  "alert 3: one of its annotations has no name",
                  "alert 4: it ends before it begins", "alert 5: it ends before it begins"));
}

TEST(PostedAlerts, LargeLabelsAndAnnotationsAreRefusedWithTheirSize) {
  const std::string megabyte(1 << 20, 'x');
  const auto posted = read(fmt::format(
      R"([{{"labels":{{"alertname":"{0}"}}}}, {{"labels":{{"a":"b"}},"annotations":{{"c":"{0}"}}}}])",
      megabyte));
  ASSERT_TRUE(posted);
  EXPECT_THAT(posted->alerts, IsEmpty());
  EXPECT_THAT(posted->refused,
              ElementsAre("alert 0: its labels take 1048585 bytes, more than 16384",
                          "alert 1: its annotations take 1048577 bytes, more than 65536"));
}

TEST(PostedAlerts, TooManyLabelsAreRefused) {
  std::string labels = R"("a":"b")";
  for (std::size_t i = 0; i < PostedAlerts::kMostLabels; ++i) {
    labels += fmt::format(R"(,"l{}":"x")", i);
  }
  const auto posted = read(fmt::format(R"([{{"labels":{{{}}}}}])", labels));
  ASSERT_TRUE(posted);
  EXPECT_THAT(posted->refused, ElementsAre("alert 0: it has 257 labels, more than 256"));
}

TEST(PostedAlerts, TooManyAlertsAreRefusedAsAWhole) {
  std::string body = "[";
  for (std::size_t i = 0; i < PostedAlerts::kMostAlerts; ++i) body += R"({"labels":{"a":"b"}},)";
  EXPECT_TRUE(read(body.substr(0, body.size() - 1) + "]"));
  const BodyFault fault = fault_of(body + R"({"labels":{"a":"b"}}])");
  EXPECT_EQ(fault.code, BodyFault::kTooMany);
  EXPECT_THAT(fault.text, HasSubstr("10001"));
}

struct Refusal {
  std::string_view body;
  int code;
  std::string_view text;
};

TEST(PostedAlerts, ABodyOfAnotherFormIsRefusedAsAWhole) {
  constexpr Refusal kRefusals[] = {
      {"", 602, "the body is missing"},
      {"[{\"labels\"", 400, "the body is no JSON from byte 11 on"},
      {R"([{"labels":{"a":"b"}}] more)", 400, "the body is no JSON from byte 24 on"},
      {R"({"labels":{"a":"b"}})", 400, "the body must be an array of alerts"},
      {"[1e999]", 400, "the body has a number out of range"},
      {R"([{"labels":{"a":"b"}},null])", 400, "alert 1: must be an object"},
      {R"([{"annotations":{}}])", 602, "alert 0: \"labels\" is missing"},
      {R"([{"labels":null}])", 602, "alert 0: \"labels\" is missing"},
      {R"([{"labels":["a"]}])", 400, "alert 0: \"labels\" must be an object"},
      {R"([{"labels":{"a":5}}])", 400, "alert 0: \"labels\" must have strings for values"},
      {R"([{"labels":{"a":"b"},"generatorURL":5}])", 400,
       "alert 0: \"generatorURL\" must be a string"},
      {R"([{"labels":{"a":"b"},"generatorURL":"not a url"}])", 601,
       "alert 0: \"generatorURL\" must be a URL"},
      {R"([{"labels":{"a":"b"},"startsAt":"yesterday"}])", 400,
       "alert 0: \"startsAt\" must be a time like 2026-08-20T10:00:00.000Z, not \"yesterday\""},
      {R"([{"labels":{"a":"b"},"endsAt":17}])", 400, "alert 0: \"endsAt\" must be a string"},
  };
  for (const Refusal& refusal : kRefusals) {
    const BodyFault fault = fault_of(refusal.body);
    EXPECT_EQ(fault.code, refusal.code) << refusal.body;
    EXPECT_EQ(fault.text, refusal.text) << refusal.body;
  }
}

TEST(PostedAlerts, AUrlIsAPathOrHasAScheme) {
  for (const std::string_view url : {"", "/graph", "http://a/b?c=<d>", "foo:bar", "x+y-1.z:"}) {
    EXPECT_TRUE(read(fmt::format(R"([{{"labels":{{"a":"b"}},"generatorURL":"{}"}}])", url))) << url;
  }
  for (const std::string_view url : {"graph", "http://a b", "1a:b", ":x", "a_b:c", "http://a\\n"}) {
    EXPECT_FALSE(read(fmt::format(R"([{{"labels":{{"a":"b"}},"generatorURL":"{}"}}])", url)))
        << url;
  }
}

TEST(PostedAlerts, DeeplyNestedBodiesAreRefused) {
  EXPECT_EQ(fault_of(std::string(1 << 20, '[')).text, "the body nests too deep");
  EXPECT_EQ(fault_of("[" + std::string(32, '[') + std::string(32, ']') + "]").text,
            "the body nests too deep");
  EXPECT_EQ(fault_of("[" + std::string(31, '[') + std::string(31, ']') + "]").text,
            "alert 0: must be an object");
  EXPECT_EQ(read_one(R"([{"labels":{"a":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}}])")
                .labels.size(),
            1U);
}

}  // namespace
}  // namespace hitwatch::notify
