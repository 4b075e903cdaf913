// Whether the data that an alert is made of was seen, and whether its target is up.
#include "agent/rules/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace hitwatch::rules {
namespace {

using testing::ElementsAre;
using testing::Pair;

WatchedTargets targets(const std::vector<std::string>& names) {
  WatchedTargets targets;
  for (const std::string& name : names) {
    redis::Target target;
    target.alias = name;
    targets.push_back(std::make_shared<WatchedTarget>(target));
  }
  return targets;
}

metrics::Labels of_instance(const std::string& name) { return {{"instance", name}}; }

class InputsTest : public testing::Test {
 protected:
  InputsTest() { inputs_.watch(targets({"a", "b"})); }
  Inputs inputs_;
};

TEST_F(InputsTest, ATargetIsNotSeenThenUpOrDown) {
  EXPECT_EQ(inputs_.of(of_instance("a")), alerting::Inputs::kNotYetSeen);
  inputs_.note("a", true, "master", 0);
  EXPECT_EQ(inputs_.of(of_instance("a")), alerting::Inputs::kSeen);
  inputs_.note("a", false, "", 0);
  EXPECT_EQ(inputs_.of(of_instance("a")), alerting::Inputs::kTargetDown);
}

TEST_F(InputsTest, WithoutAnInstanceAllTargetsCount) {
  inputs_.note("a", false, "", 0);
  EXPECT_EQ(inputs_.of(metrics::Labels()), alerting::Inputs::kNotYetSeen);
  inputs_.note("b", true, "master", 0);
  EXPECT_EQ(inputs_.of(metrics::Labels()), alerting::Inputs::kSeen);
  inputs_.note("b", false, "", 0);
  EXPECT_EQ(inputs_.of(metrics::Labels()), alerting::Inputs::kTargetDown);
}

TEST_F(InputsTest, SeriesThatAreNoTargetsAreSeen) {
  EXPECT_EQ(inputs_.of(of_instance("localhost:9121")), alerting::Inputs::kSeen);
  inputs_.note("a", false, "", 0);
  inputs_.watch(targets({"b"}));
  EXPECT_EQ(inputs_.of(of_instance("a")), alerting::Inputs::kSeen);
}

TEST_F(InputsTest, AChangeIsGoingDownComingUpOrAnotherRole) {
  EXPECT_FALSE(inputs_.note("a", true, "master", 0).state) << "the first time it is seen";
  EXPECT_FALSE(inputs_.note("a", true, "master", 0).state);
  EXPECT_TRUE(inputs_.note("a", true, "slave", 0).state);
  EXPECT_TRUE(inputs_.note("a", false, "", 0).state);
  EXPECT_FALSE(inputs_.note("a", false, "", 0).state);
  EXPECT_TRUE(inputs_.note("a", true, "master", 0).state);
  EXPECT_FALSE(inputs_.note("nobody", true, "master", 0).state);
}

TEST_F(InputsTest, WhatIsDownAndSinceWhenIsNewsWhenItChanges) {
  EXPECT_TRUE(inputs_.note("a", false, "", 10).down) << "from the start";
  EXPECT_FALSE(inputs_.note("a", false, "", 20).down);
  EXPECT_THAT(inputs_.down_since(), ElementsAre(Pair("a", 10)));
  EXPECT_FALSE(inputs_.note("b", true, "master", 20).down);
  EXPECT_FALSE(inputs_.note("b", true, "slave", 30).down);
  EXPECT_TRUE(inputs_.note("b", false, "", 40).down);
  EXPECT_THAT(inputs_.down_since(), ElementsAre(Pair("", 30), Pair("a", 10), Pair("b", 30)));
  EXPECT_TRUE(inputs_.note("b", true, "master", 50).down);
  inputs_.watch(targets({"b"}));
  EXPECT_TRUE(inputs_.down_since().empty());
}

TEST_F(InputsTest, WhatIsKnownOfTargetsThatStayIsKept) {
  inputs_.note("a", true, "master", 0);
  inputs_.watch(targets({"a", "c"}));
  EXPECT_EQ(inputs_.of(of_instance("a")), alerting::Inputs::kSeen);
  EXPECT_EQ(inputs_.of(of_instance("c")), alerting::Inputs::kNotYetSeen);
}

}  // namespace
}  // namespace hitwatch::rules
