// Whom an Alertmanager is told about, and when again.
#include "rules/alerting/sending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/alerting/alert_steps.h"

namespace hitwatch::alerting {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Sending, PendingAlertsAreNotSent) {
  Steps steps;
  steps.rule.hold = kMinute;
  steps.at(0, {sample("a")});
  EXPECT_THAT(alerts_to_send(steps.alerts, 0, 15 * kSecond), IsEmpty());
}

TEST(Sending, FiringAlertsAreSentAgainAfterTheDelay) {
  Steps steps;
  steps.at(1000, {sample("a")});
  const auto due = alerts_to_send(steps.alerts, 1000, 15 * kSecond);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].starts_at, 1000);
  EXPECT_EQ(due[0].ends_at, 1000 + 4 * kMinute) << "until then without a reminder";
  steps.alerts.begin()->second.last_sent_at = 1000;
  EXPECT_THAT(alerts_to_send(steps.alerts, 1000 + kMinute, 15 * kSecond), IsEmpty());
  EXPECT_THAT(alerts_to_send(steps.alerts, 1001 + kMinute, 15 * kSecond), SizeIs(1));
}

TEST(Sending, ALongIntervalMakesThemCountLonger) {
  Steps steps;
  steps.at(0, {sample("a")});
  EXPECT_EQ(alerts_to_send(steps.alerts, 0, 5 * kMinute)[0].ends_at, 20 * kMinute);
}

TEST(Sending, AResolutionIsSentAtOnceAndRepeated) {
  Steps steps;
  steps.at(0, {sample("a")});
  steps.alerts.begin()->second.last_sent_at = 0;
  steps.at(15 * kSecond, {});
  const auto due = alerts_to_send(steps.alerts, 15 * kSecond, 15 * kSecond);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].ends_at, 15 * kSecond);
  steps.alerts.begin()->second.last_sent_at = 15 * kSecond;
  EXPECT_THAT(alerts_to_send(steps.alerts, 30 * kSecond, 15 * kSecond), IsEmpty());
  EXPECT_THAT(alerts_to_send(steps.alerts, 80 * kSecond, 15 * kSecond), SizeIs(1));
}

}  // namespace
}  // namespace hitwatch::alerting
