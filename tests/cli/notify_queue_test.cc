#include "agent/cli/notify_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hitwatch::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1'792'000'000'000;  // 2026-10-14T17:46:40Z

std::string answer(const std::string& notifications, int total) {
  return R"({"status":"success","data":{"total":)" + std::to_string(total) +
         R"(,"notifications":[)" + notifications + "]}}";
}

constexpr const char* kPending =
    R"({"id":"msg_1","state":"pending","receiver":"team","integration":"webhook","index":0,)"
    R"("groupKey":"{}:{alertname=\"A\"}","groupLabels":{"alertname":"A","z":"1"},"status":"firing",)"
    R"("reason":"first notification","alerts":2,"createdAt":"2026-10-14T17:41:40.000Z","attempts":3,)"
    R"("nextAttempt":"2026-10-14T17:46:47.900Z","lastError":"HTTP status 503"})";
constexpr const char* kDead =
    R"({"id":"msg_2","state":"dead","receiver":"team","integration":"slack","index":1,"groupKey":"k",)"
    R"("groupLabels":{},"status":"resolved","reason":"all alerts resolved","alerts":1,)"
    R"("createdAt":"2026-10-14T17:00:00.000Z","attempts":1,"lastError":"HTTP status 400: no",)"
    R"("diedAt":"2026-10-14T16:46:40.000Z"})";

std::string pending(const std::string& body) {
  const auto list = parse_notifications(body);
  return list ? pending_table(*list, kNow, std::nullopt) : "error: " + list.error();
}

TEST(NotifyQueue, ListsWhatIsPending) {
  EXPECT_EQ(
      pending(answer(kPending, 1)),
      "   ID TO              STATUS ALERTS GROUP                REASON             AGE TRIES "
      " NEXT LAST ERROR\n"
      "msg_1 team/webhook[0] firing      2 alertname=\"A\", z=\"1\" first notification  5m     "
      "3 in 7s HTTP status 503\n");
}

TEST(NotifyQueue, SaysWhenTheNextAttemptIs) {
  std::string due(kPending);
  due.replace(due.find("17:46:47"), 8, "17:46:40");
  due.replace(due.find(".900Z"), 5, ".000Z");
  EXPECT_THAT(pending(answer(due, 1)), HasSubstr(" now "));
  std::string flying(kPending);
  const std::string next = R"("nextAttempt":"2026-10-14T17:46:47.900Z",)";
  flying.erase(flying.find(next), next.size());
  EXPECT_THAT(pending(answer(flying, 1)), HasSubstr(" under way "));
}

TEST(NotifyQueue, ListsWhatWasGivenUp) {
  const auto list = parse_notifications(answer(kDead, 3));
  ASSERT_TRUE(list);
  EXPECT_EQ(
      dead_table(*list, kNow, std::nullopt),
      "   ID TO            STATUS   ALERTS REASON              GIVEN UP TRIES LAST ERROR\n"
      "msg_2 team/slack[1] resolved      1 all alerts resolved   1h ago     1 HTTP status 400: "
      "no\n"
      "and 2 more\n");
}

TEST(NotifyQueue, SaysSoIfThereIsNothing) {
  EXPECT_EQ(pending(answer("", 0)), "Nothing waits for delivery.\n");
  EXPECT_EQ(dead_table({}, kNow, 80), "Nothing was given up.\n");
}

TEST(NotifyQueue, KeepsTheIdWhereThereIsLittleRoom) {
  const auto list = parse_notifications(answer(kPending, 1));
  ASSERT_TRUE(list);
  EXPECT_THAT(pending_table(*list, kNow, 40), HasSubstr("msg_1 "));
}

TEST(NotifyQueue, ObeysNothingThatTheDaemonSays) {
  std::string evil(kPending);
  for (const char* word : {"msg_1", "team", "webhook", "\"A\",", "firing", "first", "HTTP"}) {
    const std::string text(word);
    evil.replace(evil.find(text), text.size(), text == "\"A\"," ? R"("\u001b",)" : R"(\u001b)");
  }
  EXPECT_THAT(pending(answer(evil, 1)), Not(HasSubstr("\x1b")));
  EXPECT_THAT(pending(R"({"status":"error","error":"\u001b"})"), Not(HasSubstr("\x1b")));
}

TEST(NotifyQueue, TakesNoOtherAnswers) {
  for (const char* body :
       {"", "[]", "null", "{}", R"({"status":"success"})", R"({"status":1})",
        R"({"status":"success","data":{"total":"1","notifications":[]}})",
        R"({"status":"success","data":{"total":1,"notifications":[1]}})",
        R"({"status":"success","data":{"total":1,"notifications":[{"id":"x"}]}})"}) {
    EXPECT_EQ(pending(body), "error: the answer is no list of notifications") << body;
  }
  EXPECT_EQ(pending(R"({"status":"error","error":"not now"})"), "error: not now");
}

TEST(NotifyQueue, SaysWhySomethingIsNotSentAgain) {
  EXPECT_EQ(resend_problem(200, R"({"status":"success"})"), "");
  EXPECT_EQ(resend_problem(404, R"({"status":"error","error":"no such"})"), "no such");
  EXPECT_EQ(resend_problem(500, "<html>"), "the daemon answers with HTTP status 500");
}

}  // namespace
}  // namespace hitwatch::cli
