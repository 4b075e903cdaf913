// How old the figures of keys are.
#include "agent/probe_metrics.h"

#include <gtest/gtest.h>

#include <memory>

#include "agent/keyspace_sampling.h"

namespace hitwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::system_clock::time_point kBegan{1'800'000'000s};

std::shared_ptr<WatchedTarget> watched_target(const std::string& url) {
  return std::make_shared<WatchedTarget>(config::target_from_url(url).value());
}

void give_figures(WatchedTarget& watched) {
  auto report = std::make_shared<keyspace::Report>();
  report->began = kBegan;
  report->took = 2500ms;
  KeyspaceResult result;
  result.report = report;
  result.sampled = std::make_shared<metrics::Snapshot>();
  watched.set_latest_keyspace(result);
}

TEST(ReportAges, AreSinceTheEndOfTheRound) {
  const auto watched = watched_target("10.0.0.1:6379");
  give_figures(*watched);
  const auto ages = report_ages({watched, watched_target("10.0.0.2:6379")}, kBegan + 10s);
  EXPECT_EQ(ages.name, "hitwatch_keyspace_report_age_seconds");
  ASSERT_EQ(ages.metric.size(), 1U);
  EXPECT_EQ(ages.metric[0].label.at(0).value, "10.0.0.1:6379");
  EXPECT_DOUBLE_EQ(ages.metric[0].gauge.value, 7.5);
}

TEST(ProbeMetrics, OneTargetWithoutANameHasNoInstanceLabel) {
  const auto watched = watched_target("10.0.0.1:6379");
  give_figures(*watched);
  redis::ProbeLedger ledger;
  ledger.sent("run", "10.0.0.1:6379", 3);
  ledger.sent("run", "10.0.0.9:6379", 4);  // watched before a reload
  const auto ages = report_ages({watched}, kBegan);
  EXPECT_TRUE(ages.metric.at(0).label.empty());
  const auto lookups = probe_metrics(ledger, {watched});
  ASSERT_EQ(lookups.metric.size(), 2U);
  EXPECT_TRUE(lookups.metric[0].label.empty());
  EXPECT_EQ(lookups.metric[1].label.at(0).value, "10.0.0.9:6379");
  EXPECT_EQ(probe_metrics(ledger, {}).metric.at(0).label.size(), 1U);
}

TEST(ReportAges, AreNotBelowZeroWhenTheClockIsSetBack) {
  const auto watched = watched_target("10.0.0.1:6379");
  give_figures(*watched);
  EXPECT_EQ(report_ages({watched}, kBegan - 1h).metric.at(0).gauge.value, 0);
}

TEST(ReportAges, AreAbsentWhereThereAreNoFigures) {
  const auto without = watched_target("10.0.0.1:6379");
  const auto refused = watched_target("10.0.0.2:6379");
  KeyspaceResult result;
  result.report = std::make_shared<keyspace::Report>();
  refused->set_latest_keyspace(result);
  EXPECT_TRUE(report_ages({without, refused}, kBegan).metric.empty());
}

keyspace::Report report(std::uint64_t keys, std::uint64_t sampled, bool complete) {
  keyspace::Report made;
  made.keys = keys;
  made.sampled = sampled;
  made.complete = complete;
  return made;
}

TEST(FormerReport, StandsAgainstOneThatWasBrokenOffEarly) {
  const auto former = report(100'000, 10'000, true);
  EXPECT_FALSE(replaces(report(100'000, 60, false), former, 1min, 3min));
  EXPECT_FALSE(replaces(report(100'000, 4'999, false), former, 1min, 3min));
}

TEST(FormerReport, GivesWayToOneThatKnowsAsMuch) {
  const auto former = report(100'000, 10'000, true);
  EXPECT_TRUE(replaces(report(100'000, 5'000, false), former, 1min, 3min));
  EXPECT_TRUE(replaces(report(100'000, 60, false), former, 3min, 3min)) << "it is too old";
  EXPECT_TRUE(replaces(report(100, 60, false), former, 1min, 3min)) << "there are no more keys";
  EXPECT_TRUE(replaces(report(0, 0, true), former, 1min, 3min)) << "the server was flushed";
}

}  // namespace
}  // namespace hitwatch
