// The state machine of one rule's alerts, as Prometheus has it.
#include "rules/alerting/alert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/alerting/alert_steps.h"

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Alert, WithoutForFiresAtOnce) {
  Steps steps;
  const Step done = steps.at(0, {sample("a", 3)});
  EXPECT_THAT(texts(done.transitions),
              ElementsAre("inactive->firing: the expression holds, and the rule has no 'for'"));
  EXPECT_EQ(steps.state(), "firing");
  EXPECT_EQ(steps.alert()->active_at, 0);
  EXPECT_EQ(steps.alert()->fired_at, 0);
  EXPECT_EQ(steps.alert()->value, 3);
  EXPECT_THAT(done.changed, ElementsAre(key_of("a")));
}

TEST(Alert, IsPendingUntilItHasHeldForLongEnough) {
  Steps steps;
  steps.rule.hold = 30 * kSecond;
  EXPECT_THAT(texts(steps.at(0, {sample("a")}).transitions),
              ElementsAre("inactive->pending: the expression holds"));
  EXPECT_THAT(steps.at(15 * kSecond, {sample("a")}).transitions, IsEmpty());
  EXPECT_THAT(texts(steps.at(30 * kSecond, {sample("a")}).transitions),
              ElementsAre("pending->firing: the expression has held for 30s"));
  EXPECT_EQ(steps.alert()->active_at, 0);
  EXPECT_EQ(steps.alert()->fired_at, 30 * kSecond);
}

TEST(Alert, OneEvaluationWithoutItsSampleEndsAPendingOne) {
  Steps steps;
  steps.rule.hold = 60 * kSecond;
  steps.at(0, {sample("a")});
  const Step done = steps.at(45 * kSecond, {});
  EXPECT_THAT(texts(done.transitions),
              ElementsAre("pending->inactive: the expression no longer holds, after 45s of 1m"));
  EXPECT_THAT(done.removed, ElementsAre(key_of("a")));
  EXPECT_EQ(steps.state(), "none");
  steps.at(60 * kSecond, {sample("a")});
  EXPECT_EQ(steps.alert()->active_at, 60 * kSecond);
}

TEST(Alert, ResolvedOnesAreRememberedForAQuarterOfAnHour) {
  Steps steps;
  steps.at(0, {sample("a")});
  EXPECT_THAT(texts(steps.at(kMinute, {}).transitions),
              ElementsAre("firing->inactive: the expression no longer holds"));
  EXPECT_EQ(steps.alert()->resolved_at, kMinute);
  const Step later = steps.at(16 * kMinute, {});
  EXPECT_EQ(steps.state(), "inactive");
  EXPECT_THAT(later.changed, IsEmpty());
  const Step last = steps.at(16 * kMinute + 1, {});
  EXPECT_EQ(steps.state(), "none");
  EXPECT_THAT(last.removed, ElementsAre(key_of("a")));
  EXPECT_THAT(last.transitions, IsEmpty());
}

TEST(Alert, OneThatComesBackBeginsAnew) {
  Steps steps;
  steps.rule.hold = 15 * kSecond;
  steps.at(0, {sample("a")});
  steps.at(15 * kSecond, {sample("a")});
  steps.at(30 * kSecond, {});
  EXPECT_THAT(texts(steps.at(45 * kSecond, {sample("a")}).transitions),
              ElementsAre("inactive->pending: the expression holds"));
  EXPECT_EQ(steps.alert()->active_at, 45 * kSecond);
  EXPECT_EQ(steps.alert()->fired_at, std::nullopt);
  EXPECT_EQ(steps.alert()->resolved_at, std::nullopt);
}

TEST(Alert, KeepFiringForOutlastsGapsThatAreShorter) {
  Steps steps;
  steps.rule.keep_firing_for = 30 * kSecond;
  steps.at(0, {sample("a")});
  steps.at(15 * kSecond, {});
  EXPECT_EQ(steps.state(), "firing");
  EXPECT_EQ(steps.alert()->keep_firing_since, 15 * kSecond);
  steps.at(30 * kSecond, {sample("a")});
  EXPECT_EQ(steps.alert()->keep_firing_since, std::nullopt);
  steps.at(45 * kSecond, {});
  steps.at(60 * kSecond, {});
  EXPECT_EQ(steps.state(), "firing");
  EXPECT_THAT(texts(steps.at(75 * kSecond, {}).transitions),
              ElementsAre("firing->inactive: the expression no longer holds, and did not for 30s "
                          "(keep_firing_for)"));
}

TEST(Alert, ALongerForTakesAFiringOneBackToPending) {
  Steps steps;
  steps.at(0, {sample("a")});
  steps.rule.hold = kMinute;
  EXPECT_THAT(texts(steps.at(15 * kSecond, {sample("a")}).transitions),
              ElementsAre("firing->pending: 'for' is 1m now, and the expression has held for 15s"));
  EXPECT_EQ(steps.alert()->active_at, 0);
}

TEST(Alert, TakesValueAndAnnotationsFromTheNewestSampleWithoutBeingStoredForThem) {
  Steps steps;
  steps.at(0, {sample("a", 1, {{"summary", "1 down"}})});
  const Step done = steps.at(15 * kSecond, {sample("a", 2, {{"summary", "2 down"}})});
  EXPECT_EQ(steps.alert()->value, 2);
  EXPECT_EQ(steps.alert()->annotations, (metrics::Labels{{"summary", "2 down"}}));
  EXPECT_THAT(done.changed, IsEmpty());
}

TEST(Alert, SeriesSayWhatIsPendingOrFires) {
  Steps steps;
  steps.rule.hold = 15 * kSecond;
  const Step pending = steps.at(1500, {sample("a")});
  ASSERT_EQ(pending.samples.size(), 2U);
  EXPECT_EQ(describe(pending.samples[0].labels),
            R"(ALERTS{alertname="Down", alertstate="pending", instance="a"})");
  EXPECT_EQ(pending.samples[0].value, 1);
  EXPECT_EQ(describe(pending.samples[1].labels),
            R"(ALERTS_FOR_STATE{alertname="Down", instance="a"})");
  EXPECT_EQ(pending.samples[1].value, 1) << "whole seconds";
  EXPECT_EQ(steps.at(30 * kSecond, {sample("a")}).samples[0].labels[2].value, "firing");
  EXPECT_THAT(steps.at(45 * kSecond, {}).samples, IsEmpty());
}

TEST(Alert, PastTheLimitAllAreGoneAndTold) {
  Steps steps;
  steps.rule.limit = 2;
  steps.at(0, {sample("a"), sample("b")});
  const Step done = steps.at(15 * kSecond, {sample("a"), sample("b"), sample("c")});
  EXPECT_EQ(done.error, "exceeded limit of 2 with 3 alerts");
  EXPECT_THAT(steps.alerts, IsEmpty());
  EXPECT_THAT(done.samples, IsEmpty());
  EXPECT_THAT(done.removed, ElementsAre(key_of("a"), key_of("b")));
  const std::string text =
      "firing->inactive: the rule returned 3 alerts, its limit is 2; all were cleared";
  EXPECT_THAT(texts(done.transitions), ElementsAre(text, text));
}

TEST(Alert, KeptOnesCountTowardsTheLimit) {
  Steps steps;
  steps.rule.limit = 1;
  steps.rule.keep_firing_for = kMinute;
  steps.at(0, {sample("a")});
  EXPECT_EQ(steps.at(15 * kSecond, {sample("b")}).error, "exceeded limit of 1 with 2 alerts");
}

TEST(Alert, EndingAllSaysWhy) {
  Steps steps;
  steps.at(0, {sample("a"), sample("b")});
  steps.at(15 * kSecond, {sample("a")});
  const auto ended = end_all(steps.alerts, kMinute, "the rule was removed");
  EXPECT_THAT(texts(ended), ElementsAre("firing->inactive: the rule was removed"))
      << "the other one was resolved already";
  EXPECT_EQ(ended[0].alert.resolved_at, kMinute);
}

}  // namespace
}  // namespace hitwatch::alerting
