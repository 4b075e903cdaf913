// Which cluster is meant, where the seeds do not name the same one.
#include "collectors/topology/cluster_settling.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

ClusterTestimony seed_says(std::uint16_t port, const std::vector<std::string>& lines) {
  ClusterCandidate seed;
  seed.target.url.host = "127.0.0.1";
  seed.target.url.port = port;
  return {std::move(seed), view_of(lines)};
}

std::uint16_t port_of(const ClusterTestimony* testimony) {
  return testimony == nullptr ? 0 : testimony->from.target.url.port;
}

TEST(ClusterSettling, TheClusterThatMostNameIsFollowed) {
  const auto liar = seed_says(1, {"f1 1 master 9 0-16383"});
  const auto a1 = seed_says(2, {"a1 2 master 1 0-16383", "a2 3 slave:a1 1"});
  const auto a2 = seed_says(3, {"a1 2 master 1 0-16383", "a2 3 slave:a1 1"});
  EXPECT_EQ(port_of(most_named({liar, a1, a2})), 2);
  EXPECT_EQ(port_of(most_named({liar, a1})), 1) << "of equals the first";
  EXPECT_EQ(port_of(most_named({a1, liar})), 2) << "whatever epoch another cluster has";
  EXPECT_EQ(most_named({}), nullptr);
}

TEST(ClusterSettling, WithinItWhoeverKnowsOfTheLatestEpoch) {
  const auto behind = seed_says(1, {"a1 1 master 1 0-16383", "a2 2 slave:a1 1"});
  const auto ahead = seed_says(2, {"a1 1 slave:a2 1", "a2 2 master 2 0-16383"});
  EXPECT_EQ(port_of(most_named({behind, ahead})), 2);
  EXPECT_EQ(port_of(most_named({ahead, behind})), 2);
}

TEST(ClusterSettling, ThoseWithoutSlotsGoLast) {
  const auto blank = seed_says(1, {"b1 1 master 0"});
  const auto left = seed_says(2, {"a2 2 master 9"});
  const auto member = seed_says(3, {"a1 1 master 1 0-99", "a2 2 slave:a1 1"});
  EXPECT_EQ(port_of(most_named({blank, left, member})), 3);
  EXPECT_EQ(port_of(most_named({blank, left})), 1);
}

class ClusterStrangersTest : public testing::Test {
 protected:
  void hear(const ClusterTestimony& testimony) { strangers_.hear(testimony.from, testimony.view); }

  ClusterStrangers strangers_;
};

TEST_F(ClusterStrangersTest, AreSeedsThatServeAnotherClusterByWhatTheySaidLast) {
  const auto stranger = seed_says(1, {"f1 1 master 1 0-99"});
  hear(stranger);
  hear(stranger);
  EXPECT_EQ(strangers_.count(), 1U);
  hear(seed_says(2, {"b1 2 master 0"}));
  EXPECT_EQ(strangers_.count(), 1U) << "who serves nothing belongs to no cluster";
  hear(seed_says(1, {"f1 1 master 1"}));
  EXPECT_EQ(strangers_.count(), 0U);
  hear(stranger);
  strangers_.forget(stranger.from);
  EXPECT_EQ(strangers_.count(), 0U);
}

TEST_F(ClusterStrangersTest, TakeOverWhenMoreThanHalfOfTheSeedsNameTheSameCluster) {
  hear(seed_says(1, {"f1 1 master 1 0-99", "f2 2 slave:f1 1"}));
  EXPECT_EQ(strangers_.successor(2, true), nullptr);
  hear(seed_says(3, {"e1 3 master 1 0-99"}));
  EXPECT_EQ(strangers_.successor(3, true), nullptr) << "two, of two clusters";
  hear(seed_says(2, {"f1 1 master 1 0-99", "f2 2 slave:f1 1"}));
  EXPECT_EQ(port_of(strangers_.successor(3, true)), 1);
  EXPECT_EQ(strangers_.successor(4, true), nullptr);
}

TEST_F(ClusterStrangersTest, TakeOverWhereTheOneThatIsFollowedServesNothing) {
  EXPECT_EQ(strangers_.successor(3, false), nullptr);
  hear(seed_says(1, {"f1 1 master 1 0-99"}));
  EXPECT_EQ(port_of(strangers_.successor(3, false)), 1);
}

}  // namespace
}  // namespace hitwatch::topology
