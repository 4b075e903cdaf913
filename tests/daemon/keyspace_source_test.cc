// Where the keys of a master are looked at, and who is told its password for that.
#include "agent/keyspace_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"

namespace hitwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

redis::Target target(const std::string& url, const std::string& alias = "") {
  redis::Target made = config::target_from_url(url).value();
  made.alias = alias;
  return made;
}

Replication master_of(std::vector<Replication::Replica> replicas) {
  Replication made;
  made.id = "id";
  made.replicas = std::move(replicas);
  return made;
}

Replication replica(const std::string& id = "id") {
  Replication made;
  made.id = id;
  made.replica = true;
  made.link_up = true;
  return made;
}

std::vector<std::string> instances(const std::vector<Source>& sources) {
  std::vector<std::string> names;
  for (const Source& source : sources) names.push_back(source.instance);
  return names;
}

ReplicaSources sources_at(const std::string& host, const redis::Target& master) {
  return replica_sources(master, master_of({{host, 7000}}), {});
}
std::vector<Source> announced_at(const std::string& host, const redis::Target& master) {
  return sources_at(host, master).usable;
}

TEST(ReplicationFacts, OfAMasterAreItsReplicasThatAreOnline) {
  const Replication read = read_replication(
      "# Server\r\nredis_mode:standalone\r\nrun_id:abc\r\n# Persistence\r\nloading:0\r\n"
      "# Replication\r\nrole:master\r\nconnected_slaves:4\r\n"
      "slave0:ip=10.0.0.2,port=6379,state=online,offset=870,lag=1\r\n"
      "slave1:ip=10.0.0.3,port=6379,state=wait_bgsave,offset=0,lag=0\r\n"
      "slave2:ip=::1,port=6380,state=online,offset=870,lag=1\r\n"
      "slave3:ip=10.0.0.4,port=99999,state=online,offset=870,lag=1\r\n"
      "slave_repl_offset:12\r\nmaster_replid:0123abc\r\nmaster_replid2:00000\r\n");
  EXPECT_FALSE(read.sentinel || read.loading || read.replica);
  EXPECT_EQ(read.id, "0123abc");
  EXPECT_THAT(read.replicas, ElementsAre(Replication::Replica{"10.0.0.2", 6379},
                                         Replication::Replica{"::1", 6380}));
}

TEST(ReplicationFacts, OfAReplicaAreItsLink) {
  const Replication up =
      read_replication("loading:1\r\nrole:slave\r\nmaster_link_status:up\r\nmaster_replid:7\r\n");
  EXPECT_TRUE(up.replica && up.link_up && up.loading);
  EXPECT_FALSE(read_replication("role:slave\r\nmaster_link_status:down\r\n").link_up);
}

TEST(ReplicationFacts, NothingIsKnownOfWhoSaysNothing) {
  EXPECT_EQ(read_replication("").id, "");
  EXPECT_EQ(read_replication("master_replid:0000000000\r\n").id, "");
  EXPECT_TRUE(read_replication("redis_mode:sentinel\r\n").sentinel);
}

TEST(CountedKeys, AreThoseOfTheMasterIfItIsATarget) {
  const redis::Target other = target("10.0.0.1:6379");
  const Replication master = master_of({});
  const Replication elsewhere = replica("another id");
  const Peer known{&other, &master, true};
  EXPECT_TRUE(is_counted_with_master(replica(), {{known}}));
  EXPECT_FALSE(is_counted_with_master(elsewhere, {{known}}));
  EXPECT_FALSE(is_counted_with_master(master, {{known}}));
  EXPECT_FALSE(is_counted_with_master(replica(), {{Peer{&other, nullptr, false}}}));
  const Replication sibling = replica();
  EXPECT_FALSE(is_counted_with_master(replica(), {{Peer{&other, &sibling, true}}}));
  const Replication nameless;
  Replication nameless_replica = replica("");
  EXPECT_FALSE(is_counted_with_master(nameless_replica, {{Peer{&other, &nameless, true}}}));
}

TEST(ReplicaSources, ATargetGoesBeforeAnAnnouncedAddress) {
  const redis::Target master = target("10.0.0.1:6379");
  const redis::Target configured = target("redis://me:mine@replica.example:6379", "copy");
  const Replication facts = replica();
  const auto sources =
      replica_sources(master, master_of({{"10.0.0.9", 6379}}), {{Peer{&configured, &facts, true}}})
          .usable;
  EXPECT_THAT(instances(sources), ElementsAre("copy", "10.0.0.9:6379"));
  EXPECT_EQ(sources[0].target.username, "me");
}

TEST(ReplicaSources, ThoseOfNoUseAreLeftOut) {
  const redis::Target master = target("10.0.0.1:6379");
  const redis::Target other = target("10.0.0.2:6379");
  const Replication facts = master_of({{"10.0.0.2", 6379}});
  Replication down = replica();
  down.link_up = false;
  Replication loading = replica();
  loading.loading = true;
  Replication stranger = replica("another id");
  for (const Replication* unusable : {&down, &loading, &stranger}) {
    EXPECT_THAT(replica_sources(master, facts, {{Peer{&other, unusable, true}}}).usable, IsEmpty())
        << "neither as a target nor by its address";
  }
  const Replication usable = replica();
  EXPECT_THAT(replica_sources(master, facts, {{Peer{&other, &usable, false}}}).usable, IsEmpty());
  EXPECT_THAT(instances(replica_sources(master, facts, {{Peer{&other, &usable, true}}}).usable),
              ElementsAre("10.0.0.2:6379"));
}

TEST(ReplicaSources, AnAnnouncedTargetKeepsItsOwnPassword) {
  const redis::Target master = target("redis://:secret@10.0.0.1:6379");
  const redis::Target other = target("redis://:other@10.0.0.2:6379", "copy");
  const auto sources =
      replica_sources(master, master_of({{"10.0.0.2", 6379}}), {{Peer{&other, nullptr, false}}})
          .usable;
  ASSERT_THAT(instances(sources), ElementsAre("copy"));
  EXPECT_EQ(sources[0].target.password.literal, "other");
}

TEST(ReplicaSources, AReplicaHasNone) {
  Replication chained = replica();
  chained.replicas = {{"10.0.0.9", 6379}};
  EXPECT_THAT(replica_sources(target("10.0.0.1:6379"), chained, {}).usable, IsEmpty());
}

TEST(AnnouncedAddress, IsNotToldAPasswordOnItsWord) {
  const ReplicaSources sources = sources_at("10.0.0.66", target("redis://:secret@10.0.0.1:6379"));
  EXPECT_THAT(sources.usable, IsEmpty());
  EXPECT_THAT(sources.untold, ElementsAre("10.0.0.66:7000"));
  EXPECT_THAT(announced_at("10.0.0.66", target("redis://user@10.0.0.1:6379")), IsEmpty());
  redis::Target local = target("unix:///run/redis.sock");
  local.password.literal = "secret";
  EXPECT_THAT(announced_at("10.0.0.66", local), IsEmpty());
}

// Whoever has a certificate of some authority for an address of its own would get the password.
TEST(AnnouncedAddress, IsNotToldAPasswordBecauseASystemsAuthorityVouchesForIt) {
  EXPECT_THAT(announced_at("10.0.0.66", target("rediss://:secret@10.0.0.1:6379")), IsEmpty());
}

TEST(AnnouncedAddress, IsToldThePasswordOnTheMastersHost) {
  const auto sources = announced_at("10.0.0.1", target("redis://:secret@10.0.0.1:6379"));
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].target.password.literal, "secret");
  EXPECT_EQ(sources[0].target.url.port, 7000);
}

TEST(AnnouncedAddress, IsToldThePasswordIfAnAuthorityOfTheTargetVerifiesIt) {
  redis::Target master = target("rediss://:secret@10.0.0.1:6379");
  master.tls.ca_file = "ca.crt";
  const auto sources = announced_at("10.0.0.66", master);
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_TRUE(sources[0].target.url.tls);
  EXPECT_EQ(sources[0].target.tls.ca_file, "ca.crt");
  EXPECT_EQ(sources[0].target.password.literal, "secret");
  master.tls.insecure_skip_verify = true;
  EXPECT_THAT(announced_at("10.0.0.66", master), IsEmpty());
}

TEST(AnnouncedAddress, MayBeAnyWhereThereIsNothingToTell) {
  const ReplicaSources sources = sources_at("10.0.0.66", target("10.0.0.1:6379"));
  EXPECT_THAT(instances(sources.usable), ElementsAre("10.0.0.66:7000"));
  EXPECT_THAT(sources.untold, IsEmpty());
}

}  // namespace
}  // namespace hitwatch
