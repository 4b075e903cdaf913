// Servers that are watched twice, under different addresses.
#include "agent/same_servers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "agent/config/config.h"

namespace hitwatch {
namespace {

class SameServersTest : public testing::Test {
 protected:
  static redis::Target target(const std::string& url, const std::string& alias = "") {
    redis::Target made = config::target_from_url(url).value();
    made.alias = alias;
    return made;
  }
  // Of each that is named, the name of the server found that it is.
  std::vector<std::string> matched() {
    std::vector<const redis::Target*> those;
    for (const redis::Target& one : found) those.push_back(&one);
    std::vector<std::string> names;
    for (const redis::Target* one : servers.match(named, those)) {
      names.push_back(one == nullptr ? "" : one->name());
    }
    return names;
  }
  bool polled(const redis::Target& of, const std::string& run, const std::string& peer = "",
              int port = 6379) {
    auto replication = std::make_shared<redis::Replication>();
    replication->tcp_port = port;
    redis::TargetState state;
    state.up = !run.empty();
    state.run_id = run;
    state.peer = peer;
    state.replication = std::move(replication);
    return servers.polled(of, state);
  }
  // What is logged about a poll of one that is configured.
  std::string told(const std::string& url, const std::string& run, bool up = true) {
    const redis::Target of = target(url);
    if (std::ranges::find(named, of) == named.end()) named.push_back(of);
    matched();
    redis::TargetState state;
    state.up = up;
    state.run_id = run;
    testing::internal::CaptureStderr();
    EXPECT_FALSE(servers.polled(of, state));
    return testing::internal::GetCapturedStderr();
  }
  using Names = std::vector<std::string>;

  std::vector<redis::Target> named;
  std::vector<redis::Target> found;
  log::Log log{log::Level::kWarn, log::Format::kLogfmt};
  SameServers servers{log};
};

TEST_F(SameServersTest, AreToldOfOnce) {
  EXPECT_EQ(told("redis://10.0.0.1", "a"), "");
  const std::string text = told("redis://cache.example", "a");
  EXPECT_NE(text.find("two targets are the same server"), std::string::npos) << text;
  EXPECT_NE(text.find("10.0.0.1:6379"), std::string::npos) << text;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(told("redis://10.0.0.1", "a"), "");
    EXPECT_EQ(told("redis://cache.example", "a"), "");
  }
  // After a restart it is the same pair.
  EXPECT_EQ(told("redis://10.0.0.1", "b"), "");
  EXPECT_EQ(told("redis://cache.example", "b"), "");
}

TEST_F(SameServersTest, AreMeantWhereTheAddressIsTheSame) {
  EXPECT_EQ(told("redis://10.0.0.1/0", "a"), "");
  EXPECT_EQ(told("redis://10.0.0.1/1", "a"), "");
}

TEST_F(SameServersTest, AreNotThoseThatDoNotSay) {
  EXPECT_EQ(told("redis://10.0.0.1", ""), "");
  EXPECT_EQ(told("redis://10.0.0.2", ""), "");
  EXPECT_EQ(told("redis://10.0.0.3", "a", false), "");
  EXPECT_EQ(told("redis://10.0.0.4", "a"), "");
}

TEST_F(SameServersTest, AreNotThoseOfWhichOneHasAnotherServerByNow) {
  EXPECT_EQ(told("redis://10.0.0.1", "a"), "");
  EXPECT_EQ(told("redis://10.0.0.1", "b"), "");
  EXPECT_EQ(told("redis://10.0.0.2", "a"), "");
}

TEST_F(SameServersTest, OneThatIsNoTargetAnyMoreIsForgotten) {
  EXPECT_EQ(told("redis://10.0.0.1", "a"), "");
  const redis::Target former = named.front();
  named.clear();
  EXPECT_EQ(told("redis://cache.example", "a"), "") << "it was renamed, or replaced";
  polled(former, "a");  // its last poll was under way
  EXPECT_EQ(told("redis://cache.other", "b"), "");
}

TEST_F(SameServersTest, OneFoundIsKnownByWhereTheConnectionLeads) {
  named = {target("redis://localhost:7001", "catalog"), target("redis://localhost:7002")};
  found = {target("redis://127.0.0.1:7001"), target("redis://127.0.0.1:7003")};
  EXPECT_EQ(matched(), (Names{"", ""}));
  polled(named[0], "a", "127.0.0.1");
  polled(named[1], "b", "127.0.0.1");
  EXPECT_EQ(matched(), (Names{"", ""})) << "not before it has been polled itself";
  EXPECT_TRUE(polled(found[0], "a", "127.0.0.1"));
  EXPECT_EQ(matched(), (Names{"127.0.0.1:7001", ""}));
  // It is polled no more under its other address; whoever listens there is still who is polled.
  EXPECT_FALSE(polled(named[0], "", ""));
  EXPECT_FALSE(polled(named[0], "after a restart", "127.0.0.1"));
  EXPECT_EQ(matched(), (Names{"127.0.0.1:7001", ""}));
  EXPECT_TRUE(polled(named[0], "after a restart", "10.0.0.7"));
  EXPECT_EQ(matched(), (Names{"", ""}));
}

TEST_F(SameServersTest, OneFoundThatDoesNotAnswerIsKnownSo) {
  named = {target("redis://localhost:7001", "catalog")};
  found = {target("redis://[::ffff:127.0.0.1]:7001")};
  matched();
  EXPECT_FALSE(polled(found[0], ""));
  EXPECT_TRUE(polled(named[0], "a", "127.0.0.1"));
  EXPECT_EQ(matched(), Names{found[0].name()});
}

// Who routes by the name that TLS asks for has many servers at one address.
TEST_F(SameServersTest, AnotherServerBehindTheSameAddressIsAnother) {
  named = {target("rediss://a.example:6380")};
  found = {target("rediss://10.0.0.1:6380")};
  matched();
  polled(named[0], "a", "10.0.0.1");
  polled(found[0], "b", "10.0.0.1");
  EXPECT_EQ(matched(), Names{""});
}

TEST_F(SameServersTest, BehindAnotherAddressOneIsKnownByItsRunId) {
  named = {target("redis://localhost:17001", "db0"), target("redis://localhost:17001", "db1")};
  found = {target("redis://10.0.0.1"), target("redis://10.0.0.2")};
  matched();
  EXPECT_FALSE(polled(named[0], "a", "127.0.0.1"));
  EXPECT_FALSE(polled(named[1], "a", "127.0.0.1"));
  EXPECT_TRUE(polled(found[0], "a", "10.0.0.1"));
  EXPECT_FALSE(polled(found[1], "b", "10.0.0.2"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(matched(), (Names{"10.0.0.1:6379", "10.0.0.1:6379"}));
  // After a restart both have to say so anew.
  EXPECT_TRUE(polled(named[0], "c", "127.0.0.1"));
  EXPECT_EQ(matched(), (Names{"", "10.0.0.1:6379"}));
  EXPECT_TRUE(polled(found[0], "c", "10.0.0.1"));
  EXPECT_EQ(matched(), (Names{"10.0.0.1:6379", ""}));
}

TEST_F(SameServersTest, ARunIdThatSeveralSayTellsNothing) {
  named = {target("redis://cache.example")};
  found = {target("redis://10.0.0.1"), target("redis://10.0.0.2")};
  matched();
  for (const redis::Target& one : found) polled(one, "constant");
  polled(named[0], "constant");
  EXPECT_EQ(matched(), Names{""});
  found.pop_back();
  EXPECT_EQ(matched(), Names{found[0].name()});
  polled(named[0], "constant", "", 6380);
  polled(found[0], "other");
  polled(found[0], "constant", "", 6379);
  EXPECT_EQ(matched(), Names{""}) << "nor where the servers' own ports differ";
}

TEST_F(SameServersTest, OneThatLeadsToSeveralIsNoneOfThem) {
  named = {target("redis://proxy.example")};
  found = {target("redis://10.0.0.1"), target("redis://10.0.0.2")};
  matched();
  polled(found[0], "a");
  polled(found[1], "b");
  polled(named[0], "a");
  EXPECT_EQ(matched(), Names{"10.0.0.1:6379"});
  for (const char* run : {"b", "a", "b", "a"}) {
    polled(named[0], run);
    EXPECT_EQ(matched(), Names{""});
  }
}

TEST_F(SameServersTest, WhatIsHeldForFailedIsNobodyElse) {
  named = {target("redis://localhost:7001")};
  found = {target("redis://127.0.0.1:7001")};
  matched();
  polled(found[0], "a", "127.0.0.1");
  polled(named[0], "a", "127.0.0.1");
  EXPECT_EQ(matched(), Names{found[0].name()});
  found[0].place.failed = "the cluster holds it for failed";
  EXPECT_EQ(matched(), Names{""});
  found[0].place.failed = "";
  EXPECT_EQ(matched(), Names{found[0].name()});
}

}  // namespace
}  // namespace hitwatch
