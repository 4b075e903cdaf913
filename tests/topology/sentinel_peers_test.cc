// Which sentinels there are, by what they tell of each other.
#include "collectors/topology/sentinel_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace hitwatch::topology {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Census : public testing::Test {
 protected:
  KnownSentinel& add(const std::string& address, std::vector<ToldServer> peers,
                     bool configured = false) {
    ToldMaster master;
    master.address = "m:1";
    master.sentinels = std::move(peers);
    told_.push_back({{"cache", master}});
    known.push_back({address, "", "", configured, true, &told_.back()});
    return known.back();
  }

  std::vector<KnownSentinel> known;

 private:
  std::deque<ToldMasters> told_;
};

TEST_F(Census, FindsWhomTheConfiguredOnesName) {
  add("a:1", {{"b:1", "idb", false}, {"c:1", "idc", false}}, true);
  EXPECT_THAT(count_sentinels(known).found, ElementsAre("b:1", "c:1"));
}

TEST_F(Census, KeepsWhomOnlyALearntOneNames) {
  add("a:1", {{"b:1", "", false}}, true);
  add("b:1", {{"c:1", "", false}, {"d:1", "", false}});
  add("c:1", {});
  const SentinelCensus census = count_sentinels(known);
  EXPECT_THAT(census.named, ElementsAre(true, true, true));
  EXPECT_THAT(census.found, ElementsAre("d:1"));
}

TEST_F(Census, ForgetsWhomNobodyNames) {
  add("a:1", {}, true);
  add("b:1", {{"c:1", "", false}});
  add("c:1", {{"b:1", "", false}});
  EXPECT_THAT(count_sentinels(known).named, ElementsAre(true, false, false));
}

TEST_F(Census, WhatOneToldBeforeItStoppedAnsweringHolds) {
  add("a:1", {{"b:1", "", false}}, true).answers = false;
  add("b:1", {}).answers = false;
  EXPECT_THAT(count_sentinels(known).named, ElementsAre(true, true));
}

TEST_F(Census, TheSameIdAtAnotherAddressIsTheSameSentinel) {
  add("sentinel.example:26379", {{"10.0.0.2:26379", "idb", false}}, true).id = "ida";
  add("10.0.0.2:26379", {{"10.0.0.1:26379", "ida", false}}).id = "idb";
  EXPECT_THAT(count_sentinels(known).found, IsEmpty());
  add("10.0.0.1:26379", {}).id = "ida";  // learnt before the id was known
  EXPECT_THAT(count_sentinels(known).same, ElementsAre(false, false, true));
}

TEST_F(Census, SoIsTheAddressThatAConnectionHasLedTo) {
  add("sentinel.example:26379", {{"10.0.0.2:26379", "idb", false}}, true).connected =
      "10.0.0.1:26379";
  add("10.0.0.2:26379", {{"10.0.0.1:26379", "ida", false}});
  EXPECT_THAT(count_sentinels(known).found, IsEmpty());
}

TEST_F(Census, TwoOfTheConfigurationMayBeOne) {
  add("one.example:1", {}, true).id = "ida";
  add("two.example:1", {}, true).id = "ida";
  EXPECT_THAT(count_sentinels(known).same, ElementsAre(false, true));
}

TEST_F(Census, OneThatGivesItsIdToManyAddressesIsOne) {
  add("a:1", {{"x:1", "id", false}, {"x:2", "id", false}, {"x:3", "id", false}}, true);
  EXPECT_THAT(count_sentinels(known).found, SizeIs(1));
}

TEST_F(Census, DownIsWhoMostOfTheOthersHoldForDown) {
  add("a:1", {{"b:1", "", true}, {"c:1", "", true}}, true);
  add("b:1", {{"a:1", "", false}, {"c:1", "", true}});
  add("c:1", {{"a:1", "", true}, {"b:1", "", false}}).answers = false;
  EXPECT_THAT(count_sentinels(known).down, ElementsAre(false, true, true))
      << "b only by a, as c does not answer";
}

TEST_F(Census, ThereIsABoundThatALiarCannotPass) {
  std::vector<ToldServer> peers;
  for (int i = 0; i < 100; ++i) peers.push_back({"x:" + std::to_string(i + 1), "", false});
  add("a:1", {}, true);
  add("b:1", peers, true);
  const SentinelCensus census = count_sentinels(known);
  EXPECT_THAT(census.found, SizeIs(kMostSentinels - 2));
}

}  // namespace
}  // namespace hitwatch::topology
