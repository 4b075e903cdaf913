// Whom to ask, whom to believe, and how often.
#include "collectors/topology/cluster_opinions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/topology/cluster_candidates.h"
#include "collectors/topology/cluster_pace.h"
#include "collectors/topology/cluster_standing.h"
#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(ClusterOpinionsTest, NodesThatSeeItOtherwiseAreCounted) {
  ClusterOpinions opinions;
  opinions.follow(1, 1);
  opinions.hear("a", 1, 1);
  opinions.hear("b", 2, 1);
  EXPECT_THAT(opinions.dissenting(), ElementsAre("b"));
  opinions.hear("b", 1, 1);
  EXPECT_THAT(opinions.dissenting(), IsEmpty());
  opinions.hear("c", 3, 1);
  opinions.forget("c");
  EXPECT_THAT(opinions.dissenting(), IsEmpty());
}

TEST(ClusterOpinionsTest, AnOpinionOlderThanTheViewIsNone) {
  ClusterOpinions opinions;
  opinions.follow(1, 1);
  opinions.hear("a", 1, 1);
  opinions.hear("b", 2, 1);
  opinions.hear("c", 3, 1);
  opinions.follow(2, 1);
  EXPECT_THAT(opinions.dissenting(), IsEmpty()) << "b knew first, a and c may know by now";
  opinions.hear("a", 1, 1);
  EXPECT_THAT(opinions.dissenting(), ElementsAre("a"));
}

TEST(ClusterOpinionsTest, ADisagreementIsAnEventWhenItLasts) {
  ClusterOpinions opinions;
  opinions.follow(1, 1);
  opinions.hear("a", 2, 1);
  ClusterOpinions::Clock::time_point now{1000s};
  EXPECT_EQ(opinions.turn(now), std::nullopt);
  EXPECT_EQ(opinions.turn(now + 9s), std::nullopt);
  EXPECT_EQ(opinions.turn(now + 10s), true);
  EXPECT_EQ(opinions.turn(now + 11s), std::nullopt);
  opinions.hear("a", 1, 1);
  EXPECT_EQ(opinions.turn(now + 12s), false);
  EXPECT_EQ(opinions.turn(now + 13s), std::nullopt);
  opinions.hear("a", 2, 1);
  EXPECT_EQ(opinions.turn(now + 14s), std::nullopt);
  opinions.hear("a", 1, 1);
  EXPECT_EQ(opinions.turn(now + 15s), std::nullopt) << "it was never told";
}

TEST(ClusterOpinionsTest, WhenItLastsTheMajorityOfThoseWhoKnowAsMuchIsFollowed) {
  ClusterOpinions opinions;
  opinions.follow(1, 5);
  opinions.hear("a", 1, 5);
  opinions.hear("b", 2, 5);
  opinions.hear("c", 2, 5);
  const ClusterOpinions::Clock::time_point now{1000s};
  opinions.turn(now);
  EXPECT_EQ(opinions.majority(), std::nullopt) << "it may be settled in a moment";
  opinions.turn(now + 10s);
  EXPECT_EQ(opinions.majority(), "b");
  opinions.hear("d", 1, 5);
  EXPECT_EQ(opinions.majority(), std::nullopt) << "as many against as for it";
  opinions.hear("e", 2, 4);
  EXPECT_EQ(opinions.majority(), std::nullopt) << "one that knows less does not count";
}

TEST(ClusterPaceTest, IsQuickWhileSomethingIsUnderWay) {
  ClusterPace pace;
  ClusterPace::Clock::time_point now{1000s};
  EXPECT_EQ(pace.interval(6, now), 5s);
  EXPECT_EQ(pace.interval(1000, now), 15s) << "a large cluster has much to say";
  pace.changed(now);
  EXPECT_EQ(pace.interval(1000, now + 9s), 1s);
  EXPECT_EQ(pace.interval(6, now + 10s), 5s);
}

TEST(ClusterStandingTest, OneOfAnotherClusterIsAStranger) {
  const ClusterView followed = view_of({"a1 1 myself,master 1 0-99", "a2 2 slave:a1 1"});
  EXPECT_EQ(
      standing_of(view_of({"a1 1 master 1", "a2 2 myself,master 1"}), followed, node_id("a2")),
      ClusterStanding::kMember);
  EXPECT_EQ(standing_of(view_of({"b1 1 myself,master 1 0-99"}), followed, ""),
            ClusterStanding::kStranger);
  EXPECT_EQ(standing_of(view_of({"b1 1 myself,master 1 0-99"}), followed, node_id("a2")),
            ClusterStanding::kStranger);
  EXPECT_EQ(
      standing_of(view_of({"a1 1 myself,master 1", "a2 2 master 1"}), followed, node_id("a2")),
      ClusterStanding::kMisplaced);
}

TEST(ClusterStandingTest, ALaterEpochOutranks) {
  const ClusterView followed = view_of({"a1 1 master 1 0-99", "b1 2 master,fail? 2 100"});
  EXPECT_TRUE(outranks(view_of({"a1 1 master 1 0-99", "b2 2 master 3 100"}), followed));
  EXPECT_FALSE(outranks(view_of({"a1 1 master 1 0-99", "b1 2 master,fail? 2 100"}), followed));
  EXPECT_FALSE(outranks(view_of({"a1 1 master 1 0-99"}), followed));
  EXPECT_TRUE(outranks(view_of({"a1 1 master 1 0-99", "b1 2 master 2 100"}), followed))
      << "the one that is followed may be cut off";
  EXPECT_TRUE(outranks(view_of({"a1 1 master 1 0-99", "b1 2 master,fail 2 100"}), followed))
      << "what the cluster agreed on is no suspicion";
}

class ClusterCandidatesTest : public testing::Test {
 protected:
  static redis::Target target(int port) {
    redis::Target made;
    made.url = net::parse_redis_url("redis://127.0.0.1:" + std::to_string(port)).value();
    return made;
  }
  void know(const std::vector<std::string>& lines) {
    ShardNames names;
    const ClusterMap map = arranged(names, lines);
    std::vector<std::optional<redis::Target>> reached;
    for (const ClusterNode& node : map.view.nodes) {
      reached.push_back(node.port == 0 ? std::nullopt : std::optional(target(node.port)));
    }
    candidates_.know(map, reached);
  }
  static std::vector<int> ports(const std::vector<ClusterCandidate>& candidates) {
    std::vector<int> found;
    for (const ClusterCandidate& candidate : candidates) found.push_back(candidate.target.url.port);
    return found;
  }
  static bool any(const ClusterCandidate&) { return true; }

  ClusterCandidates candidates_{{target(7009), target(7001)}};
};

TEST_F(ClusterCandidatesTest, SeedsAreAskedFirst) {
  EXPECT_THAT(ports(candidates_.for_search(any)), ElementsAre(7009, 7001));
  know({"a1 7001 master 1", "a2 7002 master 1", "a3 7003 master 1", "a4 7004 master,fail 1",
        "a5 :0@0 master,noaddr 1", "a6 7006 handshake 0"});
  const auto is_third = [](const ClusterCandidate& c) { return c.target.url.port == 7003; };
  EXPECT_THAT(ports(candidates_.for_search(is_third)), ElementsAre(7009, 7001, 7003, 7002, 7004));
}

TEST_F(ClusterCandidatesTest, OpinionsAreAskedInTurn) {
  know({"a1 7001 master 1", "a2 7002 master 1", "a3 7003 master,fail 1"});
  std::vector<int> asked;
  for (int look = 0; look < 6; ++look) asked.push_back(ports(candidates_.in_turn(1, any)).at(0));
  EXPECT_THAT(asked, ElementsAre(7009, 7001, 7002, 7009, 7001, 7002));
  EXPECT_THAT(ports(candidates_.in_turn(9, any)), UnorderedElementsAre(7009, 7001, 7002));
  EXPECT_THAT(candidates_.in_turn(1, [](const auto&) { return false; }), IsEmpty());
}

TEST_F(ClusterCandidatesTest, ASeedThatIsANodeIsExpectedToBeThatNode) {
  know({"a1 7001 master 1", "a2 7002 master 1", "b1 7001 master,fail 1"});
  ASSERT_TRUE(candidates_.node(node_id("a1")));
  EXPECT_EQ(candidates_.node(node_id("a1"))->target.url.port, 7001);
  EXPECT_FALSE(candidates_.node(node_id("b1")));
  EXPECT_EQ(candidates_.for_search(any)[0].id, "") << "what it is, nobody knows";
}

}  // namespace
}  // namespace hitwatch::topology
