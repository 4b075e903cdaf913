// What the view keeps of polls, and when it makes the trees anew.
#include "agent/replication_view.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace hitwatch {
namespace {

using namespace std::chrono_literals;

class ReplicationViewTest : public testing::Test {
 protected:
  ReplicationViewTest() {
    auto made = std::make_shared<WatchedTargets>();
    for (const char* url : {"10.0.0.1:6379", "10.0.0.2:6379"}) {
      made->push_back(std::make_shared<WatchedTarget>(config::target_from_url(url).value()));
    }
    targets = made;
  }

  static redis::Replication master() {
    redis::Replication facts;
    facts.role = "master";
    facts.connected = 0;
    return facts;
  }
  static redis::Replication replica() {
    redis::Replication facts;
    facts.role = "slave";
    facts.connected = 0;
    facts.masters.emplace_back().host = "10.0.0.1";
    facts.masters.back().port = 6379;
    return facts;
  }
  void polled(const std::string& target, const redis::Replication& facts) {
    redis::TargetState state;
    state.up = true;
    state.replication = std::make_shared<const redis::Replication>(facts);
    view.polled(target, state, now);
  }
  void both_polled() {
    polled("10.0.0.1:6379", master());
    polled("10.0.0.2:6379", replica());
  }
  bool unlisted() const {
    const auto forest = view.forest(targets);
    return !forest->links.links.empty() && forest->links.links[0].unlisted;
  }

  std::shared_ptr<const WatchedTargets> targets;
  ReplicationView::Clock::time_point now{100s};
  ReplicationView view;
};

// However often servers are polled: right after REPLICAOF a master has yet to hear of its replica.
TEST_F(ReplicationViewTest, PollsAreComparedWithThoseOfASecondBefore) {
  both_polled();
  EXPECT_FALSE(unlisted());
  for (int i = 0; i < 4; ++i) {
    now += 200ms;
    both_polled();
    EXPECT_FALSE(unlisted()) << i;
  }
  now += 200ms;
  both_polled();
  EXPECT_TRUE(unlisted());
  for (int i = 0; i < 20; ++i) {
    now += 200ms;
    both_polled();
    EXPECT_TRUE(unlisted()) << i;
  }
}

TEST_F(ReplicationViewTest, TheSameTreesAreShownUntilSomethingIsNew) {
  both_polled();
  const auto first = view.forest(targets);
  EXPECT_EQ(view.forest(targets), first);
  polled("10.0.0.1:6379", master());
  const auto second = view.forest(targets);
  EXPECT_NE(second, first);
  const auto fewer = std::make_shared<const WatchedTargets>(WatchedTargets{targets->front()});
  EXPECT_NE(view.forest(fewer), second);
}

TEST_F(ReplicationViewTest, AServerThatIsDownKeepsItsPlaceUntilItIsNoTarget) {
  both_polled();
  view.polled("10.0.0.2:6379", redis::TargetState(), now);
  const auto forest = view.forest(targets);
  ASSERT_EQ(forest->trees.size(), 1U);
  EXPECT_EQ(forest->trees[0].rows.size(), 2U);
  EXPECT_EQ(forest->servers[1].state, "down");
  view.keep_only({"10.0.0.1:6379"});
  EXPECT_TRUE(view.forest(targets)->trees.empty());
}

TEST_F(ReplicationViewTest, AServerHasTheLabelsOfItsOtherSeries) {
  redis::Target target = config::target_from_url("10.0.0.1:6379").value();
  target.labels = {{"env", "prod"}, {"master_name", "cache"}};
  target.place.role = "replica";
  const auto labels_of = [&](const redis::Target& one) {
    const auto made = std::make_shared<WatchedTargets>();
    made->push_back(std::make_shared<WatchedTarget>(one));
    return view.forest(made)->servers.at(0).labels;
  };
  EXPECT_EQ(labels_of(target),
            (metrics::Labels{{"env", "prod"}, {"master_name", "cache"}, {"role", "replica"}}));
  target.place.role = "";
  EXPECT_EQ(labels_of(target), target.labels) << "nobody says what it is";
}

}  // namespace
}  // namespace hitwatch
