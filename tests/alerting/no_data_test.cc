// What becomes of a firing alert whose sample is missing because its target is down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/alerting/alert.h"
#include "tests/alerting/alert_steps.h"

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Target `a` is down, all others answer.
Steps with_target_down(NoData no_data) {
  Steps steps;
  steps.rule.no_data = no_data;
  steps.inputs = [](const metrics::Labels& labels) {
    return labels == sample("a").labels ? Inputs::kTargetDown : Inputs::kSeen;
  };
  return steps;
}

TEST(NoData, KeepLeavesItFiringAndOthersAlone) {
  Steps steps = with_target_down(NoData::kKeep);
  steps.at(0, {sample("a", 7), sample("b")});
  const Step done = steps.at(15 * kSecond, {});
  EXPECT_EQ(steps.state("a"), "firing");
  EXPECT_EQ(steps.alert("a")->value, 7);
  EXPECT_EQ(steps.state("b"), "inactive");
  EXPECT_EQ(done.samples.size(), 2U);
}

TEST(NoData, KeepDoesNotUseUpKeepFiringFor) {
  Steps steps = with_target_down(NoData::kKeep);
  steps.rule.keep_firing_for = 30 * kSecond;
  steps.at(0, {sample("a")});
  steps.at(kMinute, {});
  steps.inputs = nullptr;
  steps.at(75 * kSecond, {});
  EXPECT_EQ(steps.state(), "firing") << "it is missing for the first time, as far as one can tell";
}

TEST(NoData, APendingAlertEndsWhateverIsConfigured) {
  for (const NoData no_data : {NoData::kKeep, NoData::kResolve, NoData::kAlert}) {
    Steps steps = with_target_down(no_data);
    steps.rule.hold = kMinute;
    steps.at(0, {sample("a")});
    steps.at(15 * kSecond, {});
    EXPECT_EQ(steps.state(), "none");
  }
}

TEST(NoData, ResolveDoesWhatPrometheusDoesAndSaysWhy) {
  Steps steps = with_target_down(NoData::kResolve);
  steps.at(0, {sample("a")});
  EXPECT_THAT(texts(steps.at(15 * kSecond, {}).transitions),
              ElementsAre("firing->inactive: its data is missing because the target is down "
                          "(no_data: resolve)"));
}

TEST(NoData, AlertRaisesOneOfItsOwnBesideTheOneThatIsKept) {
  Steps steps = with_target_down(NoData::kAlert);
  steps.at(0, {sample("a")});
  const Step done = steps.at(15 * kSecond, {});
  EXPECT_EQ(steps.state(), "firing");
  ASSERT_EQ(done.transitions.size(), 1U);
  EXPECT_EQ(describe(done.transitions[0].alert.labels),
            R"({alertname="NoData", instance="a", rulename="Down"})");
  EXPECT_EQ(done.transitions[0].to, AlertState::kFiring);
  EXPECT_TRUE(done.transitions[0].alert.no_data);
  EXPECT_THAT(steps.at(30 * kSecond, {}).transitions, IsEmpty()) << "once";
}

TEST(NoData, ItsOwnAlertEndsWithTheDataOrTheAlert) {
  Steps steps = with_target_down(NoData::kAlert);
  steps.at(0, {sample("a")});
  steps.at(15 * kSecond, {});
  EXPECT_THAT(texts(steps.at(30 * kSecond, {sample("a")}).transitions),
              ElementsAre("firing->inactive: data is there again, or the alert that lacked it is "
                          "over"));
  steps.at(45 * kSecond, {});
  steps.inputs = nullptr;
  EXPECT_EQ(steps.at(60 * kSecond, {}).transitions.size(), 2U);
  steps.at(30 * kMinute, {});
  EXPECT_THAT(steps.alerts, IsEmpty());
}

}  // namespace
}  // namespace hitwatch::alerting
