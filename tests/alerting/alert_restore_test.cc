// Alerts that outlived the daemon: held until their data is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/alerting/alert.h"
#include "tests/alerting/alert_steps.h"

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// An alert that had been followed until 60 s; the daemon is back at 600 s.
Steps restarted(AlertState state) {
  Steps steps;
  Alert alert;
  alert.labels = sample("a").labels;
  alert.state = state;
  alert.active_at = 30 * kSecond;
  if (state == AlertState::kFiring) alert.fired_at = 60 * kSecond;
  alert.followed_until = 60 * kSecond;
  steps.alerts.emplace(key_of("a"), alert);
  steps.first = 600 * kSecond;
  return steps;
}

InputsOf always(Inputs answer) {
  return [answer](const metrics::Labels& /*labels*/) { return answer; };
}

TEST(RestoredAlert, DowntimeDoesNotCountTowardsFor) {
  Steps steps = restarted(AlertState::kPending);
  steps.rule.hold = 60 * kSecond;
  steps.at(600 * kSecond, {sample("a")});
  // 30 s of it had passed, and one interval would have passed anyway.
  EXPECT_EQ(steps.state(), "pending");
  EXPECT_EQ(steps.alert()->active_at, 555 * kSecond);
  steps.at(615 * kSecond, {sample("a")});
  EXPECT_EQ(steps.state(), "firing");
}

TEST(RestoredAlert, ARestartWithinAnIntervalCostsNothing) {
  Steps steps = restarted(AlertState::kPending);
  steps.rule.hold = 45 * kSecond;
  steps.first = 75 * kSecond;
  steps.at(75 * kSecond, {sample("a")});
  EXPECT_EQ(steps.state(), "firing");
  EXPECT_EQ(steps.alert()->active_at, 30 * kSecond);
}

TEST(RestoredAlert, FiresAtItsFirstSampleIfItWasDue) {
  Steps steps = restarted(AlertState::kPending);
  steps.rule.hold = 45 * kSecond;
  steps.at(600 * kSecond, {sample("a")});
  EXPECT_EQ(steps.state(), "firing");
}

TEST(RestoredAlert, FiringGoesOnWithoutATransition) {
  Steps steps = restarted(AlertState::kFiring);
  steps.rule.hold = 15 * kSecond;
  EXPECT_THAT(steps.at(600 * kSecond, {sample("a")}).transitions, IsEmpty());
  EXPECT_EQ(steps.state(), "firing");
  EXPECT_EQ(steps.alert()->active_at, 30 * kSecond);
  EXPECT_EQ(steps.alert()->fired_at, 60 * kSecond);
}

TEST(RestoredAlert, IsHeldWhileItsTargetWasNotAsked) {
  for (const AlertState state : {AlertState::kPending, AlertState::kFiring}) {
    Steps steps = restarted(state);
    steps.rule.hold = 60 * kSecond;
    steps.inputs = always(Inputs::kNotYetSeen);
    const Step held = steps.at(600 * kSecond, {});
    EXPECT_THAT(held.transitions, IsEmpty());
    EXPECT_EQ(held.samples.size(), 2U) << "it is still an alert to everybody";
    EXPECT_EQ(steps.state(), state_text(state));
    steps.at(615 * kSecond, {});
    EXPECT_EQ(steps.state(), state_text(state)) << "holding is no holding of the expression";
    steps.at(630 * kSecond, {sample("a")});
    EXPECT_EQ(steps.state(), state_text(state));
  }
}

TEST(RestoredAlert, IsResolvedOnceItsDataShowsThatItIsOver) {
  Steps steps = restarted(AlertState::kFiring);
  steps.inputs = always(Inputs::kNotYetSeen);
  steps.at(600 * kSecond, {});
  steps.inputs = always(Inputs::kSeen);
  EXPECT_THAT(texts(steps.at(615 * kSecond, {}).transitions),
              ElementsAre("firing->inactive: the expression no longer holds"));
}

TEST(RestoredAlert, IsNotHeldLongerThanTheGrace) {
  Steps steps = restarted(AlertState::kFiring);
  steps.rule.grace = 5 * kMinute;
  steps.inputs = always(Inputs::kNotYetSeen);
  steps.at(600 * kSecond + 5 * kMinute - 1, {});
  EXPECT_EQ(steps.state(), "firing");
  steps.at(600 * kSecond + 5 * kMinute, {});
  EXPECT_EQ(steps.state(), "inactive");
}

TEST(RestoredAlert, IsHeldUntilRangesAreFilled) {
  // increase(…[10m]) shows nothing true before ten minutes are there, although data is.
  Steps steps = restarted(AlertState::kFiring);
  steps.rule.settle = 10 * kMinute;
  steps.at(600 * kSecond, {});
  steps.at(600 * kSecond + 10 * kMinute - 1, {});
  EXPECT_EQ(steps.state(), "firing");
  steps.at(600 * kSecond + 10 * kMinute, {});
  EXPECT_EQ(steps.state(), "inactive");
}

TEST(RestoredAlert, OnceSeenItIsOneLikeAnyOther) {
  Steps steps = restarted(AlertState::kFiring);
  steps.rule.settle = 10 * kMinute;
  steps.at(600 * kSecond, {sample("a")});
  steps.at(615 * kSecond, {});
  EXPECT_EQ(steps.state(), "inactive");
}

TEST(RestoredAlert, KeepFiringForGoesOnWhereItWas) {
  Steps steps = restarted(AlertState::kFiring);
  steps.alerts.begin()->second.keep_firing_since = 60 * kSecond;
  steps.rule.keep_firing_for = 10 * kMinute;
  steps.at(600 * kSecond, {});
  EXPECT_EQ(steps.state(), "firing");
  steps.at(660 * kSecond, {});
  EXPECT_EQ(steps.state(), "inactive");
}

TEST(RestoredAlert, DataThatIsMissingBecauseTheTargetIsDownIsThePolicysCase) {
  Steps steps = restarted(AlertState::kFiring);
  steps.inputs = always(Inputs::kTargetDown);
  steps.rule.no_data = NoData::kResolve;
  steps.at(600 * kSecond, {});
  EXPECT_EQ(steps.state(), "inactive");
}

}  // namespace
}  // namespace hitwatch::alerting
