// `hitwatch tap` where nobody looks at a table: what it prints, and when.
#include "agent/cli/tap_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/cli/tap_reports.h"

namespace hitwatch::cli {
namespace {

using test::ReportOf;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class TapSessionTest : public testing::Test {
 protected:
  std::string watch(const TapPlan& plan) {
    testing::internal::CaptureStdout();
    EXPECT_EQ(watch_tap(plan, signals_, [this] { return traffic_.get(); }), 0);
    return testing::internal::GetCapturedStdout();
  }

  const TerminalSignals signals_;
  ReportOf traffic_;
};

TEST_F(TapSessionTest, PrintsWhatWasSeenOnceTheTimeIsUp) {
  traffic_.hits("session:1", 3);
  const std::string text =
      watch({.subject = "lo, port 6379", .duration = std::chrono::seconds(0), .once = true});
  EXPECT_THAT(text, StartsWith("lo, port 6379: "));
  EXPECT_THAT(text, HasSubstr("\nsession:"));
}

TEST_F(TapSessionTest, CtrlCEndsItWithTheReport) {
  traffic_.hits("session:1", 3);
  kill(getpid(), SIGINT);
  EXPECT_THAT(watch({.subject = "lo", .duration = std::nullopt, .once = true}),
              HasSubstr("\nsession:"));
}

TEST_F(TapSessionTest, JsonIsOneLineWithKeysInFull) {
  traffic_.hits("session:alice", 3);
  const std::string text =
      watch({.subject = "lo", .duration = std::chrono::seconds(0), .output = TapOutput::kJson});
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(nlohmann::json::parse(text)["hot_keys"][0]["key"], "session:alice");
}

TEST_F(TapSessionTest, SuggestionsAreNothingButTheSection) {
  traffic_.hits("session:17", 3);
  EXPECT_THAT(
      watch(
          {.subject = "lo", .duration = std::chrono::seconds(0), .output = TapOutput::kSuggestion}),
      StartsWith("# Proposed by hitwatch tap"));
}

TEST_F(TapSessionTest, BesideSuggestionsItSaysWhatCouldNotBeSeen) {
  traffic_.hits("session:17", 3);
  tap::Report report = traffic_.get();
  report.counters.connections_seen = 1;
  report.counters.dropped = 7;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(
      print_tap({.subject = "lo", .duration = {}, .output = TapOutput::kSuggestion}, report, 1), 0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), StartsWith("- 7 packets dropped"));
  EXPECT_THAT(testing::internal::GetCapturedStdout(), Not(HasSubstr("dropped")));
}

TEST_F(TapSessionTest, WithoutKeysASuggestionFails) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(print_tap({.subject = "lo", .duration = {}, .output = TapOutput::kSuggestion},
                      traffic_.get(), 1),
            1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("no commands with keys were seen\n"),
                    HasSubstr("- no connection to these ports")));
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("patterns: []"));
}

TEST(TapReport, ItsTimeIsThatOfItsExchanges) {
  tap::Report report;
  report.first = 1'000'000'000;
  report.last = 3'500'000'000;
  EXPECT_DOUBLE_EQ(seconds_of(report), 2.5);
}

}  // namespace
}  // namespace hitwatch::cli
