// What is read of a sentinel's answers, and what is not believed.
#include "collectors/topology/sentinel_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/topology/told.h"

namespace hitwatch::topology {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string master_of(std::string_view channel, std::string_view text) {
  const auto message = read_message(channel, text);
  return message ? message->master + " " + message->address : "none";
}

TEST(SentinelReplies, MastersAreThoseThatAreWanted) {
  const auto masters = told_array({told_fields({"name", "cache"}), told_fields({"name", "queue"}),
                                   told_fields({"name", "cache-eu"})});
  EXPECT_THAT(read_master_names(masters, {"*"}), ElementsAre("cache", "queue", "cache-eu"));
  EXPECT_THAT(read_master_names(masters, {"cache*"}), ElementsAre("cache", "cache-eu"));
  EXPECT_THAT(read_master_names(masters, {"queue", "cache"}), ElementsAre("cache", "queue"));
  EXPECT_THAT(read_master_names(masters, {"none"}), IsEmpty());
}

TEST(SentinelReplies, NamesThatCannotBeShownAreNoMasters) {
  const auto masters =
      told_array({told_fields({"name", ""}), told_fields({"name", std::string(129, 'a')}),
                  told_fields({"name", "a\nb"}), told_fields({"name", std::string("a\0b", 3)}),
                  told_fields({"ip", "10.0.0.1"}), told_fields({"name"}), told_text("cache"),
                  told_fields({"name", "twice"}), told_fields({"name", "twice"}),
                  told_fields({"name", std::string(128, 'a')})});
  EXPECT_THAT(read_master_names(masters, {"*"}), ElementsAre("twice", std::string(128, 'a')));
}

TEST(SentinelReplies, NoMoreMastersAreReadThanTheBound) {
  std::vector<redis::Reply> masters;
  for (int i = 0; i < 600; ++i) masters.push_back(told_fields({"name", std::to_string(i)}));
  EXPECT_THAT(read_master_names(told_array(masters), {"*"}), SizeIs(kMostSentinelMasters));
}

TEST(SentinelReplies, AMasterHasAnAddressAnEpochAndFlags) {
  const auto master =
      read_master(told_fields({"name", "cache", "ip", "10.0.0.1", "port", "6379", "runid", "abc123",
                               "flags", "master", "config-epoch", "7", "num-slaves", "2"}));
  ASSERT_TRUE(master);
  EXPECT_EQ(master->address, "10.0.0.1:6379");
  EXPECT_EQ(master->run_id, "abc123");
  EXPECT_EQ(master->epoch, 7);
  EXPECT_FALSE(master->down);
  EXPECT_FALSE(master->replicas) << "nothing was said of them";
}

TEST(SentinelReplies, DownIsAFlagAndNoPartOfOne) {
  const auto is_down = [](const std::string& flags) {
    const auto servers = read_servers(told_array({told_server("10.0.0.1", 1, flags)}), 10);
    return servers.at(0).down;
  };
  EXPECT_TRUE(is_down("s_down"));
  EXPECT_TRUE(is_down("s_down,slave,disconnected"));
  EXPECT_TRUE(is_down("master,o_down"));
  EXPECT_FALSE(is_down(""));
  EXPECT_FALSE(is_down("slave,disconnected"));
  EXPECT_FALSE(is_down("slave,nos_down,s_downs"));
}

TEST(SentinelReplies, AddressesMayBeNamesAndIpv6) {
  EXPECT_EQ(read_master_address(told_fields({"cache-1.example", "6379"})), "cache-1.example:6379");
  EXPECT_EQ(read_master_address(told_fields({"fd00::1", "6379"})), "[fd00::1]:6379");
}

TEST(SentinelReplies, WhatIsNoAddressIsPassedOver) {
  for (const auto& [ip, port] :
       std::vector<std::pair<std::string, std::string>>{{"", "6379"},
                                                        {"10.0.0.1", ""},
                                                        {"10.0.0.1", "0"},
                                                        {"10.0.0.1", "65536"},
                                                        {"10.0.0.1", "-1"},
                                                        {"10.0.0.1", "6379x"},
                                                        {"user@host", "6379"},
                                                        {"host/1", "6379"},
                                                        {"a\r\nb", "6379"},
                                                        {"?", "6379"},
                                                        {"10.0.0.1", "1e3"},
                                                        {"10.0.0.1", "99999999999999999999"}}) {
    EXPECT_FALSE(read_master_address(told_fields({ip, port}))) << ip << " " << port;
    EXPECT_FALSE(read_master(told_fields({"ip", ip, "port", port}))) << ip << " " << port;
  }
  EXPECT_FALSE(read_master_address(redis::Reply{}));
  EXPECT_FALSE(read_master_address(told_fields({"10.0.0.1"})));
  EXPECT_FALSE(read_master_address(told_fields({"10.0.0.1", "1", "2"})));
  EXPECT_FALSE(read_master(told_text("cache")));
}

TEST(SentinelReplies, ServersAreEachThereOnceAndNoMoreThanTheBound) {
  const auto twice = told_array({told_server("10.0.0.1", 1), told_server("10.0.0.1", 1, "s_down"),
                                 told_server("", 2), told_server("10.0.0.2", 1)});
  const auto servers = read_servers(twice, 10);
  ASSERT_THAT(servers, SizeIs(2));
  EXPECT_EQ(servers[0].address, "10.0.0.1:1");
  EXPECT_FALSE(servers[0].down);
  EXPECT_EQ(servers[1].address, "10.0.0.2:1");

  std::vector<redis::Reply> many;
  for (int i = 1; i <= 2000; ++i) many.push_back(told_server("10.0.0.1", i));
  EXPECT_THAT(read_servers(told_array(many), kMostReplicasOfMaster), SizeIs(1000));
}

TEST(SentinelReplies, ARunIdIsAWordOrNone) {
  const auto id = [](const std::string& run_id) {
    return read_servers(told_array({told_server("h", 1, "", run_id)}), 1).at(0).run_id;
  };
  EXPECT_EQ(id("0123abcXYZ"), "0123abcXYZ");
  EXPECT_EQ(id(std::string(65, 'a')), "");
  EXPECT_EQ(id("a b"), "");
}

TEST(SentinelMessages, SayWhichMasterAndWhichServerTheyAreAbout) {
  EXPECT_EQ(master_of("+switch-master", "cache 10.0.0.1 6379 10.0.0.2 6380"),
            "cache 10.0.0.2:6380");
  EXPECT_EQ(master_of("+sdown", "slave 10.0.0.2:6380 10.0.0.2 6380 @ cache 10.0.0.1 6379"),
            "cache 10.0.0.2:6380");
  EXPECT_EQ(master_of("+sdown", "master cache 10.0.0.1 6379"), "cache 10.0.0.1:6379");
  EXPECT_EQ(master_of("+odown", "master cache 10.0.0.1 6379 #quorum 2/2"), "cache 10.0.0.1:6379");
  EXPECT_EQ(master_of("+monitor", "master cache fd00::1 6379 quorum 2"), "cache [fd00::1]:6379");
  EXPECT_EQ(master_of("+sentinel", "sentinel 0a1b 10.0.0.9 26379 @ cache 10.0.0.1 6379"),
            "cache 10.0.0.9:26379");
}

TEST(SentinelMessages, ThatCannotBeReadAreAboutEverything) {
  for (const char* text :
       {"", " ", "master", "slave a b c d e f g", "master cache 10.0.0.1 x",
        "slave 10.0.0.2:6380 10.0.0.2 6380 @", "slave x y 1 # cache z 1", "@ @ @ @ @ @ @ @ @"}) {
    EXPECT_EQ(master_of("+sdown", text), " ") << text;
  }
  EXPECT_EQ(master_of("+switch-master", "my cache 10.0.0.1 6379 10.0.0.2 6380"), " ");
  EXPECT_EQ(master_of("+switch-master", "cache 10.0.0.1 6379 10.0.0.2 0"), " ");
  EXPECT_EQ(master_of("+sdown", std::string(100'000, ' ') + std::string(100'000, 'a')), " ");
}

TEST(SentinelMessages, OnOtherChannelsAreNone) {
  EXPECT_EQ(master_of("+new-epoch", "7"), "none");
  EXPECT_EQ(master_of("", ""), "none");
}

}  // namespace
}  // namespace hitwatch::topology
