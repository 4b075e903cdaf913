// What the journal remembers.
#include "rules/alerting/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/alerting/journal_steps.h"

namespace hitwatch::alerting {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Journal, BeginsEmpty) {
  const JournalFolder folder;
  Journal journal(folder.file());
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_THAT(opened->survivors.alerts, IsEmpty());
  EXPECT_THAT(opened->set_aside, IsEmpty());
  EXPECT_THAT(journal.untold(), IsEmpty());
}

TEST(Journal, GivesBackAlertsAsTheyWere) {
  const JournalFolder folder;
  Alert alert;
  alert.state = AlertState::kFiring;
  alert.labels = {{"alertname", "Down"}, {"path", "a \"b\"\n\\ é"}};
  alert.annotations = {{"summary", "value is NaN"}};
  alert.value = std::nan("");
  alert.active_at = -5;
  alert.fired_at = 10;
  alert.keep_firing_since = 20;
  alert.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string key = label_key(alert.labels);
  {
    Journal journal(folder.file());
    ASSERT_TRUE(journal.open(kNow));
    Outcome outcome;
    outcome.group = "group";
    outcome.followed_until = 40;
    outcome.changes.push_back(StoredChange{"rule", key, alert});
    ASSERT_TRUE(journal.commit(outcome));
  }
  Journal journal(folder.file());
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened) << opened.error().text;
  const Alert& restored = opened->survivors.alerts.at("rule").at(key);
  EXPECT_EQ(restored.state, alert.state);
  EXPECT_EQ(restored.labels, alert.labels);
  EXPECT_EQ(restored.annotations, alert.annotations);
  EXPECT_TRUE(std::isnan(restored.value));
  EXPECT_EQ(restored.active_at, -5);
  EXPECT_EQ(restored.fired_at, 10);
  EXPECT_EQ(restored.keep_firing_since, 20);
  EXPECT_EQ(restored.resolved_at, std::nullopt);
  EXPECT_EQ(restored.trace_id, alert.trace_id);
  EXPECT_EQ(opened->survivors.followed_until.at("group"), 40);
}

TEST(Journal, NumbersTransitionsUntilTheyAreTold) {
  const JournalFolder folder;
  Steps steps;
  std::int64_t last = 0;
  {
    Journal journal(folder.file());
    ASSERT_TRUE(journal.open(kNow));
    ASSERT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a"), sample("b")}), 0)));
    ASSERT_THAT(journal.untold(), SizeIs(2));
    EXPECT_LT(journal.untold()[0].number, journal.untold()[1].number);
    ASSERT_TRUE(journal.told(journal.untold()[0].number));
    EXPECT_THAT(journal.untold(), SizeIs(1));
    last = journal.untold()[0].number;
  }
  Journal journal(folder.file());
  ASSERT_TRUE(journal.open(kNow));
  ASSERT_THAT(journal.untold(), SizeIs(1));
  const NumberedTransition& untold = journal.untold().front();
  EXPECT_EQ(untold.number, last);
  EXPECT_EQ(untold.transition.rule, "rule");
  EXPECT_EQ(untold.transition.rule_name, "Down");
  EXPECT_EQ(untold.transition.expr, "up == 0");
  EXPECT_EQ(untold.transition.transition.to, AlertState::kFiring);
  EXPECT_EQ(untold.transition.transition.alert.state, AlertState::kFiring);
  EXPECT_EQ(untold.transition.transition.alert.labels, sample("b").labels);
  EXPECT_EQ(untold.transition.transition.reason, "the expression holds, and the rule has no 'for'");
}

TEST(Journal, NoNumberIsGivenTwice) {
  const JournalFolder folder;
  std::int64_t last = 0;
  // The clock goes backwards; the file is lost in between.
  for (const std::int64_t now : {kNow, kNow - 1'000'000, kNow + 1'000'000}) {
    Steps steps;
    Journal journal(folder.file());
    ASSERT_TRUE(journal.open(now));
    ASSERT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
    EXPECT_GT(journal.untold().back().number, last);
    last = journal.untold().back().number;
    ASSERT_TRUE(journal.told(last));
    if (now < kNow) std::filesystem::remove(folder.file());
  }
}

TEST(Journal, WritesNothingIfNothingChanged) {
  const JournalFolder folder;
  Steps steps;
  Journal journal(folder.file());
  ASSERT_TRUE(journal.open(kNow));
  ASSERT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a", 1)}), 0)));
  const std::uint64_t writes = journal.writes();
  ASSERT_TRUE(journal.commit(outcome_of(steps.at(15 * kSecond, {sample("a", 2)}), 15 * kSecond)));
  ASSERT_TRUE(journal.told(0));
  EXPECT_EQ(journal.writes(), writes);
  EXPECT_FALSE(journal.behind());
}

TEST(Journal, ForgetsAlertsThatAreNoMore) {
  const JournalFolder folder;
  Steps steps;
  steps.rule.hold = kMinute;
  {
    Journal journal(folder.file());
    ASSERT_TRUE(journal.open(kNow));
    ASSERT_TRUE(journal.commit(outcome_of(steps.at(0, {sample("a")}), 0)));
    ASSERT_TRUE(journal.commit(outcome_of(steps.at(15 * kSecond, {}), 15 * kSecond)));
  }
  Journal journal(folder.file());
  const auto opened = journal.open(kNow);
  ASSERT_TRUE(opened);
  EXPECT_THAT(opened->survivors.alerts, IsEmpty());
  EXPECT_THAT(journal.untold(), SizeIs(2));
}

TEST(Journal, KeepsABoundedNumberOfTransitions) {
  const JournalFolder folder;
  Steps steps;
  {
    Journal journal(folder.file(), {.max_untold = 3});
    ASSERT_TRUE(journal.open(kNow));
    for (int i = 0; i < 5; ++i) {
      const std::int64_t time = i * kMinute;
      const auto active = i % 2 == 0 ? std::vector{sample("a")} : std::vector<ActiveSample>{};
      ASSERT_TRUE(journal.commit(outcome_of(steps.at(time, active), time)));
    }
    EXPECT_THAT(journal.untold(), SizeIs(3));
    EXPECT_EQ(journal.dropped(), 2U);
  }
  Journal journal(folder.file());
  ASSERT_TRUE(journal.open(kNow));
  ASSERT_THAT(journal.untold(), SizeIs(3));
  EXPECT_EQ(journal.untold().front().transition.transition.time, 2 * kMinute);
}

}  // namespace
}  // namespace hitwatch::alerting
