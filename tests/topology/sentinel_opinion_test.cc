// Who is master, and who belongs to it, when sentinels agree, contradict, forget and lie.
#include "collectors/topology/sentinel_opinion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

ToldServer replica(const std::string& address, bool down = false, const std::string& run_id = "") {
  return {address, run_id, down};
}

ToldMaster master_at(const std::string& address, std::uint64_t epoch,
                     std::vector<ToldServer> replicas = {}) {
  ToldMaster told;
  told.address = address;
  told.epoch = epoch;
  told.replicas = std::move(replicas);
  return told;
}

class Opinion : public testing::Test {
 protected:
  // What each sentinel says; they are called s1, s2, …
  void told(const std::vector<ToldMaster>& by, std::chrono::seconds later = 0s) {
    now_ += later;
    std::vector<Testimony> testimonies;
    for (std::size_t i = 0; i < by.size(); ++i) {
      testimonies.push_back({"s" + std::to_string(i + 1), &by[i]});
    }
    events.clear();
    for (const Event& event :
         group.consider(testimonies, {now_, std::chrono::system_clock::now()})) {
      events.push_back(event.kind + " " + event.instance + " " + event.from + ">" + event.to + " " +
                       event.told_by);
      EXPECT_EQ(event.group, "cache");
    }
  }
  std::vector<std::string> members() const {
    std::vector<std::string> addresses;
    for (const auto& [address, member] : group.members) {
      addresses.push_back(address + (member.down ? " down" : ""));
    }
    return addresses;
  }

  SentinelGroup group{"cache"};
  std::vector<std::string> events;

 private:
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
};

TEST_F(Opinion, AMasterUnderTwoNamesIsOneAndKeepsTheOneItHad) {
  const auto called = [](const std::string& address, std::vector<ToldServer> replicas) {
    ToldMaster told = master_at(address, 1, std::move(replicas));
    told.run_id = "run-a";
    return told;
  };
  const ToldMaster by_address = called("10.0.0.1:6379", {replica("10.0.0.2:6379")});
  const ToldMaster by_name = called("cache-1:6379", {replica("10.0.0.3:6379")});
  told({by_address, by_name});
  const std::string first = group.master;
  for (const auto& later : {std::vector{by_name, by_address}, std::vector{by_name, by_name}}) {
    told(later, SentinelGroup::kDisagreementHolds);
    EXPECT_EQ(group.master, first);
    EXPECT_EQ(group.dissent, 0U);
    EXPECT_EQ(group.failovers, 0U);
    EXPECT_THAT(events, IsEmpty());
  }
  EXPECT_THAT(members(), ElementsAre("10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"))
      << "both speak of its replicas";
}

TEST_F(Opinion, IsThatOfMost) {
  told({master_at("a:1", 1), master_at("b:1", 9), master_at("a:1", 1)});
  EXPECT_EQ(group.master, "a:1");
  EXPECT_EQ(group.dissent, 1U);
  EXPECT_EQ(group.told_by, "s1");
  EXPECT_EQ(group.failovers, 0U) << "the first is no failover";
}

TEST_F(Opinion, OfAsManyIsThatOfTheHigherEpoch) {
  told({master_at("a:1", 1), master_at("b:1", 2)});
  EXPECT_EQ(group.master, "b:1");
  told({master_at("a:1", 3), master_at("b:1", 2)});
  EXPECT_EQ(group.master, "a:1");
  EXPECT_EQ(group.failovers, 1U);
}

TEST_F(Opinion, OfAsManyWithTheSameEpochStays) {
  told({master_at("b:1", 1)});
  told({master_at("a:1", 1), master_at("b:1", 1), master_at("c:1", 1)});
  EXPECT_EQ(group.master, "b:1");
  told({master_at("b:1", 1)});
  told({master_at("z:1", 1), master_at("b:1", 1)});
  EXPECT_EQ(group.master, "b:1");
}

TEST_F(Opinion, StaysWhileNobodyAnswers) {
  told({master_at("a:1", 1, {replica("b:1"), replica("c:1", true)})});
  told({}, 1h);
  EXPECT_EQ(group.master, "a:1");
  EXPECT_THAT(members(), ElementsAre("a:1", "b:1", "c:1 down"));
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(Opinion, AFailoverIsOneEventAndKeepsTheOldMasterAsReplica) {
  const ToldMaster before = master_at("a:1", 1, {replica("b:1"), replica("c:1")});
  const ToldMaster after = master_at("b:1", 2, {replica("a:1", true), replica("c:1")});
  told({before, before, before});
  EXPECT_THAT(events, ElementsAre("node_added a:1 >master s1", "node_added b:1 >replica s1",
                                  "node_added c:1 >replica s1"));
  told({before, after, before});
  EXPECT_THAT(events, IsEmpty()) << "one of three is not most of them";
  told({before, after, after});
  EXPECT_THAT(events, ElementsAre("failover b:1 a:1>b:1 s2", "node_failed a:1 > s2"));
  EXPECT_EQ(group.dissent, 1U);
  told({after, after, after});
  EXPECT_THAT(events, IsEmpty());
  EXPECT_THAT(members(), ElementsAre("a:1 down", "b:1", "c:1"));
  EXPECT_EQ(group.failovers, 1U);
}

TEST_F(Opinion, AServerThatNobodyListsLingersAndGoes) {
  told({master_at("a:1", 1, {replica("b:1")})});
  told({master_at("a:1", 1)}, 1s);
  EXPECT_THAT(members(), ElementsAre("a:1", "b:1"));
  EXPECT_TRUE(group.waits());
  told({master_at("a:1", 1, {replica("b:1")})}, 18s);
  EXPECT_FALSE(group.waits());
  told({master_at("a:1", 1)}, 19s);
  EXPECT_THAT(events, IsEmpty());
  told({master_at("a:1", 1)}, 1s);
  EXPECT_THAT(events, ElementsAre("node_removed b:1 > s1"));
  EXPECT_THAT(members(), ElementsAre("a:1"));
}

TEST_F(Opinion, WhereReplicasAreNotToldTheyStay) {
  told({master_at("a:1", 1, {replica("b:1")})});
  ToldMaster silent = master_at("a:1", 1);
  silent.replicas.reset();
  told({silent}, 1h);
  EXPECT_THAT(members(), ElementsAre("a:1", "b:1"));
  told({silent, master_at("a:1", 1)}, 1h);
  EXPECT_THAT(members(), ElementsAre("a:1"));
}

TEST_F(Opinion, ReplicasOfALiarAreNotBelieved) {
  const ToldMaster honest = master_at("a:1", 1, {replica("b:1")});
  told({honest, master_at("x:1", 1'000'000, {replica("y:1"), replica("a:1")}), honest});
  EXPECT_THAT(members(), ElementsAre("a:1", "b:1"));
  EXPECT_EQ(group.master, "a:1");
}

TEST_F(Opinion, DownIsWhoMostHoldForDown) {
  const ToldMaster up = master_at("a:1", 1, {replica("b:1", false, "idb")});
  ToldMaster down = master_at("a:1", 1, {replica("b:1", true, "idb")});
  told({up, up, up});
  told({down, up, up});
  EXPECT_THAT(events, IsEmpty());
  told({down, down, up});
  EXPECT_THAT(events, ElementsAre("node_failed b:1 > s1"));
  EXPECT_THAT(members(), ElementsAre("a:1", "b:1 down"));
  told({up, down});
  EXPECT_THAT(events, ElementsAre("node_recovered b:1 > s1")) << "a half is not most";
  down.down = true;
  told({down, down});
  EXPECT_THAT(members(), ElementsAre("a:1 down", "b:1 down"));
}

// So do they all after a failover, before they have tried to reach the old master where it is now.
TEST_F(Opinion, WhoListsAServerAnewDoesNotSayThatItHasRecovered) {
  ToldMaster dead = master_at("a:1", 1, {replica("b:1", false, "idb")});
  dead.run_id = "ida";
  dead.down = true;
  told({dead, dead, dead});
  EXPECT_THAT(events, testing::Contains("node_failed a:1 > s1"));
  const ToldMaster anew = master_at("b:1", 2, {replica("a:1")});
  told({anew});
  EXPECT_THAT(events, ElementsAre("failover b:1 a:1>b:1 s1"));
  told({anew, anew, master_at("b:1", 2, {replica("a:1", true)})});
  told({anew, anew, anew});
  EXPECT_THAT(events, IsEmpty());
  EXPECT_THAT(members(), ElementsAre("a:1 down", "b:1"));
  const ToldMaster back = master_at("b:1", 2, {replica("a:1", false, "ida2")});
  told({back, back, anew});
  EXPECT_THAT(events, ElementsAre("node_recovered a:1 > s1"));
}

TEST_F(Opinion, ADeadMasterStaysMasterUntilThereIsAnother) {
  ToldMaster dead = master_at("a:1", 1);
  dead.down = true;
  told({dead, dead}, 1h);
  told({dead, dead}, 1h);
  EXPECT_EQ(group.master, "a:1");
  EXPECT_THAT(members(), ElementsAre("a:1 down"));
}

TEST_F(Opinion, OneServerUnderTwoNamesKeepsTheFirst) {
  told({master_at("a:1", 1, {replica("b:1", false, "idb")})});
  ToldMaster told_twice = master_at(
      "a:1", 1,
      {replica("10.0.0.2:1", false, "idb"), replica("b:1", false, "idb"),
       replica("10.0.0.1:1", false, "ida"), replica("10.0.0.3:1"), replica("10.0.0.4:1")});
  told_twice.run_id = "ida";
  told({told_twice});
  EXPECT_THAT(members(), ElementsAre("10.0.0.3:1", "10.0.0.4:1", "a:1", "b:1"))
      << "the master's own other name is no replica; unknown ids are no evidence";
}

TEST_F(Opinion, OneServerThatWasTakenForTwoIsOneAsSoonAsItsIdIsKnown) {
  told({master_at("a:1", 1, {replica("b.example:1"), replica("10.0.0.2:1", false, "idb")})});
  ASSERT_EQ(group.members.size(), 3);
  const std::vector<ToldMaster> known = {master_at(
      "a:1", 1, {replica("b.example:1", false, "idb"), replica("10.0.0.2:1", false, "idb")})};
  told(known, 1s);
  EXPECT_THAT(members(), ElementsAre("a:1", "b.example:1"));
  EXPECT_THAT(events, ElementsAre("node_removed 10.0.0.2:1 > s1"));
  told(known, 1s);
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(Opinion, ThereIsABoundOnWhatBelongsToOneMaster) {
  const auto batch = [](int from) {
    std::vector<ToldServer> replicas;
    for (int i = from; i < from + 1000; ++i) replicas.push_back(replica("r:" + std::to_string(i)));
    return replicas;
  };
  told({master_at("a:1", 1, batch(1)), master_at("a:1", 1, batch(1001)),
        master_at("a:1", 1, batch(2001))});
  EXPECT_EQ(group.members.size(), 1 + kMostReplicasOfMaster);
  told({master_at("b:1", 2, batch(5001))});
  EXPECT_TRUE(group.members.contains("b:1")) << "there is always room for the master";
}

TEST_F(Opinion, DisagreementThatLastsIsAnEvent) {
  const std::vector<ToldMaster> divided = {master_at("a:1", 1), master_at("b:1", 1),
                                           master_at("a:1", 1)};
  told({master_at("a:1", 1)});
  told(divided, 1s);
  EXPECT_THAT(events, IsEmpty()) << "in a failover they contradict for a moment";
  EXPECT_TRUE(group.waits());
  told(divided, 5s);
  EXPECT_THAT(events, ElementsAre("disagreement  a:1>b:1 s2"));
  told(divided, 5s);
  EXPECT_THAT(events, IsEmpty());
  told({master_at("a:1", 1), master_at("a:1", 1)}, 1s);
  EXPECT_THAT(events, ElementsAre("agreement  >a:1 s1"));
}

TEST_F(Opinion, AServerThatSaysItIsMasterBesideTheMasterIsAnEvent) {
  const ToldMaster as_told = master_at("a:1", 1, {replica("b:1")});
  told({as_told});
  EXPECT_FALSE(group.hear("a:1", "master"));
  EXPECT_FALSE(group.hear("b:1", "slave"));
  EXPECT_TRUE(group.hear("b:1", "master"));
  EXPECT_FALSE(group.hear("b:1", "master")) << "that is no news";
  told({as_told}, 1s);
  EXPECT_THAT(events, IsEmpty());
  told({as_told}, 20s);
  EXPECT_THAT(events, ElementsAre("disagreement b:1 replica>master "));
  EXPECT_EQ(group.master, "a:1");
  EXPECT_FALSE(group.hear("b:1", "slave"));
  EXPECT_TRUE(group.waits());
  told({as_told}, 1s);
  EXPECT_THAT(events, ElementsAre("agreement b:1 replica>replica "));
}

TEST_F(Opinion, ClaimsOfStrangersAndOfTheDeadAreNone) {
  told({master_at("a:1", 1, {replica("b:1")})});
  EXPECT_FALSE(group.hear("x:1", "master"));
  EXPECT_TRUE(group.hear("b:1", "master"));
  EXPECT_FALSE(group.hear("b:1", "")) << "it does not answer any more";
  told({master_at("a:1", 1, {replica("b:1")})}, 1h);
  EXPECT_THAT(events, IsEmpty());
}

}  // namespace
}  // namespace hitwatch::topology
