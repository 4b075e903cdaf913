// `targets: - sentinel:` and `- cluster:`: what servers are found with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class SourceEntry : public TestFolder {
 protected:
  static topology::SentinelOptions sentinel(const std::string& keys) {
    const auto config = load_text("targets: [{sentinel: {" + keys + "}}]", "h.yaml");
    if (!config) {
      for (const Fault& fault : config.error()) ADD_FAILURE() << to_string(fault);
      return {};
    }
    return config->sentinels.at(0);
  }
  static topology::ClusterOptions cluster(const std::string& keys) {
    const auto config = load_text("targets: [{cluster: {" + keys + "}}]", "h.yaml");
    if (!config) {
      for (const Fault& fault : config.error()) ADD_FAILURE() << to_string(fault);
      return {};
    }
    return config->clusters.at(0);
  }
  static std::vector<std::string> sentinel_faults(const std::string& keys) {
    return faults_of("targets: [{sentinel: {" + keys + "}}]");
  }
  static std::vector<std::string> cluster_faults(const std::string& keys) {
    return faults_of("targets: [{cluster: {" + keys + "}}]");
  }
};

TEST_F(SourceEntry, ASentinelNeedsAnAddressOnly) {
  const auto options = sentinel("urls: ['redis://s1', 's2:5000']");
  ASSERT_EQ(options.urls.size(), 2U);
  EXPECT_EQ(options.urls[0].address(), "s1:26379");
  EXPECT_EQ(options.urls[1].address(), "s2:5000");
  EXPECT_THAT(options.masters, ElementsAre("*"));
  EXPECT_TRUE(options.sentinel.empty());
  EXPECT_TRUE(options.server.empty());
  EXPECT_FALSE(options.server_tls);
  EXPECT_EQ(options.origin, "h.yaml:1:22");
}

TEST_F(SourceEntry, ASentinelHasTwoLogins) {
  const std::string file = write("secret", "hunter2\n");
  const auto options = sentinel(
      "urls: ['redis://watcher:opensesame@s1', s2], masters: [catalog, 'sess*'], "
      "server_username: reader, server_password_file: " +
      file + ", databases: [3, 0], labels: {env: prod}");
  EXPECT_EQ(options.urls[0].username, "");
  EXPECT_EQ(options.urls[0].password, "");
  EXPECT_EQ(options.sentinel.username, "watcher");
  EXPECT_EQ(options.sentinel.password.literal, "opensesame");
  EXPECT_EQ(options.server.username, "reader");
  EXPECT_EQ(options.server.password.file, file);
  EXPECT_THAT(options.masters, ElementsAre("catalog", "sess*"));
  EXPECT_THAT(options.databases, ElementsAre(0, 3));
  EXPECT_EQ(options.labels, (metrics::Labels{{"env", "prod"}}));
}

TEST_F(SourceEntry, ServersHaveTlsAsTheirSentinelsUnlessToldOtherwise) {
  EXPECT_TRUE(sentinel("urls: ['rediss://s1']").server_tls);
  EXPECT_FALSE(sentinel("urls: ['rediss://s1'], server_tls: false").server_tls);
  const auto servers_only =
      sentinel("urls: ['redis://s1'], server_tls: true, tls: {insecure_skip_verify: true}");
  EXPECT_TRUE(servers_only.server_tls);
  EXPECT_TRUE(servers_only.tls.insecure_skip_verify);
  EXPECT_THAT(sentinel_faults("urls: ['redis://s1'], tls: {insecure_skip_verify: true}"),
              ElementsAre("h.yaml:1:50: targets[0].sentinel.tls: has no effect on these URLs; TLS "
                          "needs rediss:// or valkeys://, or server_tls: true"));
}

TEST_F(SourceEntry, AClusterNeedsAnAddressOnlyAndIsCalledByIt) {
  const auto options = cluster("urls: [n1, 'n2:7000']");
  EXPECT_EQ(options.urls[0].address(), "n1:6379");
  EXPECT_EQ(options.urls[1].address(), "n2:7000");
  EXPECT_EQ(options.name, "n1:6379");
  EXPECT_EQ(cluster("urls: [n1], name: shop").name, "shop");
}

TEST_F(SourceEntry, AClusterHasALoginAndTls) {
  const auto options = cluster(
      "urls: ['rediss://n1'], username: u, password: p, tls: {server_name: cache.example}, "
      "labels: {env: prod, az: ''}");
  EXPECT_EQ(options.login.username, "u");
  EXPECT_EQ(options.login.password.literal, "p");
  EXPECT_EQ(options.tls.server_name, "cache.example");
  EXPECT_EQ(options.labels, (metrics::Labels{{"env", "prod"}}));
  EXPECT_THAT(cluster_faults("urls: [n1], tls: {}"), ElementsAre(HasSubstr("has no effect")));
}

TEST_F(SourceEntry, AllUrlsHaveTlsOrNone) {
  EXPECT_THAT(cluster_faults("urls: ['redis://a', 'rediss://b', 'valkeys://c', d]"),
              ElementsAre(HasSubstr("h.yaml:1:42: targets[0].cluster.urls[1]: some URLs here have "
                                    "TLS (rediss://) and some have none"),
                          HasSubstr("urls[2]: some URLs")));
}

TEST_F(SourceEntry, OneLoginIsForAllUrls) {
  EXPECT_EQ(cluster("urls: ['redis://u:p@a', 'redis://u:p@b', c]").login.username, "u");
  const auto faults = cluster_faults("urls: ['redis://u:hunter2@a', 'redis://u:hunter3@b']");
  EXPECT_THAT(faults, ElementsAre(HasSubstr("urls[1]: another user or password than in a URL")));
  EXPECT_THAT(faults[0], Not(HasSubstr("hunter")));
  EXPECT_THAT(cluster_faults("urls: ['redis://u:p@a'], username: v, password: q"),
              ElementsAre(HasSubstr("cluster.username: the URL has a user already"),
                          HasSubstr("cluster.password: a second password")));
}

TEST_F(SourceEntry, UrlsAreHostsWithoutADatabase) {
  EXPECT_THAT(sentinel_faults("urls: ['unix:///run/s.sock', '/run/s.sock', 'redis://a/3']"),
              ElementsAre(HasSubstr("urls[0]: a socket leads to one server of this machine only"),
                          HasSubstr("urls[1]: a socket"), HasSubstr("urls[2]: a database means")));
  EXPECT_THAT(sentinel_faults("urls: ['http://a']"), ElementsAre(HasSubstr("not a scheme")));
  EXPECT_THAT(sentinel_faults("urls: ['redis://u:hunter2@a:port']"),
              ElementsAre(Not(HasSubstr("hunter2"))));
}

TEST_F(SourceEntry, UrlsAreNeeded) {
  EXPECT_THAT(sentinel_faults(""), ElementsAre("h.yaml:1:22: targets[0].sentinel: needs urls, like "
                                               "[redis://host:26379]"));
  EXPECT_THAT(faults_of("targets: [{cluster: }]"),
              ElementsAre(HasSubstr("targets[0].cluster: needs urls, like [redis://host:6379]")));
  EXPECT_THAT(cluster_faults("urls: []"), ElementsAre(HasSubstr("needs urls")));
  EXPECT_THAT(cluster_faults("urls: redis://a"), ElementsAre(HasSubstr("must be a list")));
  EXPECT_THAT(faults_of("targets: [{cluster: 'redis://u:hunter2@a'}]"),
              ElementsAre("h.yaml:1:21: targets[0].cluster: must be a mapping of keys to values, "
                          "not a single value"));
  EXPECT_THAT(faults_of("targets:\n- sentinel:\n  urls: [redis://a]\n"),
              Contains(HasSubstr("targets[0].urls: unknown key")));
}

TEST_F(SourceEntry, NothingElseStandsBesideIt) {
  EXPECT_THAT(faults_of("targets: [{sentinel: {urls: [a]}, url: b, labels: {}}]"),
              ElementsAre(HasSubstr("targets[0].url: not allowed beside 'sentinel'"),
                          HasSubstr("targets[0].labels: not allowed beside 'sentinel'")));
  EXPECT_THAT(faults_of("targets: [{sentinel: {urls: [a]}, cluster: {urls: [b]}}]"),
              ElementsAre(HasSubstr("targets[0].cluster: not allowed beside 'sentinel'")));
  EXPECT_THAT(faults_of("targets: [{cluster: {urls: [a]}, file: 'x/*.yaml'}]"),
              ElementsAre(HasSubstr("targets[0].file: not allowed beside 'cluster'")));
}

TEST_F(SourceEntry, NamesHaveBounds) {
  const std::string name(257, 'x');
  EXPECT_THAT(
      sentinel_faults("urls: [a], masters: ['', " + name + ", \"a\\nb\", m, m]"),
      ElementsAre(HasSubstr("masters[0]: is empty"), HasSubstr("masters[1]: longer than 256 bytes"),
                  HasSubstr("masters[2]: contains a control character"),
                  HasSubstr("masters[4]: stands already in the list")));
  EXPECT_THAT(sentinel_faults("urls: [a], masters: []"),
              ElementsAre(HasSubstr("masters: needs a name; write ['*'] for all masters")));
  EXPECT_THAT(cluster_faults("urls: [a], name: ''"), ElementsAre(HasSubstr("name: is empty")));
  EXPECT_THAT(cluster_faults("urls: [a], name: " + name), ElementsAre(HasSubstr("name: longer")));
}

TEST_F(SourceEntry, AnAddressMapLeadsFromHostsAndPortsToHostsAndPorts) {
  const auto options = cluster(
      "urls: [a], address_map: {'10.0.0.1:6379': 'nat.example:7001', 10.0.0.2: nat2.example, "
      "'[fd00::1]:6379': 'a:1', 'fd00::2': '::1', '[fd00::3]': '[::1]'}");
  EXPECT_THAT(options.address_map,
              ElementsAre(Pair("10.0.0.1:6379", "nat.example:7001"),
                          Pair("10.0.0.2", "nat2.example"), Pair("[fd00::1]:6379", "a:1"),
                          Pair("fd00::2", "[::1]"), Pair("fd00::3", "[::1]")));
}

TEST_F(SourceEntry, AddressesOfTheMapAreChecked) {
  const auto faults = cluster_faults(
      "urls: [a], address_map: {'a:b': c, d: 'redis://u:hunter2@e', 'f:0': g, h: '', ':1': i, "
      "'[::1]': j, '::1': k, l: /run/m}");
  EXPECT_THAT(
      faults,
      ElementsAre("h.yaml:1:47: targets[0].cluster.address_map.'a:b': must be "
                  "'host' or 'host:port'",
                  HasSubstr("address_map.d: must be"), HasSubstr("address_map.'f:0': must be"),
                  HasSubstr("address_map.h: must be"), HasSubstr("address_map.':1': must be"),
                  HasSubstr("address_map.'::1': the same address as another"),
                  HasSubstr("address_map.l: must be")));
  EXPECT_THAT(faults, Each(Not(HasSubstr("hunter2"))));
}

TEST_F(SourceEntry, LabelsThatDiscoverySetsAreItsOwn) {
  for (const std::string kind : {"sentinel", "cluster"}) {
    EXPECT_THAT(
        faults_of("targets: [{" + kind +
                  ": {urls: [a], labels: {cluster: a, master_name: b, role: c, shard: d, "
                  "slots: e, instance: f}}}]"),
        ElementsAre(HasSubstr("labels.cluster: what is found has a label of this name"),
                    HasSubstr("labels.master_name: our metrics use this label"),
                    HasSubstr("labels.role: our metrics use this label"),
                    HasSubstr("labels.shard: what is found"),
                    HasSubstr("labels.slots: what is found"), HasSubstr("labels.instance: ")));
  }
  EXPECT_THAT(faults_of("targets: [{url: a, labels: {cluster: a, shard: b}}]"), IsEmpty())
      << "a target that is named may say itself where it belongs";
}

TEST_F(SourceEntry, NoTwoAskTheSameServer) {
  EXPECT_THAT(faults_of("targets:\n"
                        "- cluster: {urls: [a, b, 'a:6379']}\n"
                        "- cluster: {urls: [c, b], name: x}\n"
                        "- sentinel: {urls: ['c:6379', d]}\n"),
              ElementsAre("h.yaml:2:26: targets[0].cluster.urls[2]: the same server as "
                          "targets[0].cluster.urls[0]",
                          "h.yaml:3:23: targets[1].cluster.urls[1]: the same server as "
                          "targets[0].cluster.urls[1]",
                          "h.yaml:4:21: targets[2].sentinel.urls[0]: the same server as "
                          "targets[1].cluster.urls[0]"));
  EXPECT_THAT(faults_of("targets: [{url: a}, {cluster: {urls: [a]}}]"), IsEmpty())
      << "what is named and found is watched once";
}

TEST_F(SourceEntry, NoTwoClustersHaveOneName) {
  EXPECT_THAT(faults_of("targets:\n"
                        "- cluster: {urls: [a], name: x}\n"
                        "- cluster: {urls: [b], name: x}\n"
                        "- cluster: {urls: [c], name: 'd:6379'}\n"
                        "- cluster: {urls: [d]}\n"),
              ElementsAre("h.yaml:3:30: targets[1].cluster.name: a cluster has the same name, as "
                          "targets[0].cluster.name says; give each a 'name' of its own",
                          HasSubstr("h.yaml:5:20: targets[3].cluster.urls[0]: a cluster has")));
}

TEST_F(SourceEntry, ThereAreBounds) {
  std::string urls;
  for (int i = 0; i <= 100; ++i) urls += "h" + std::to_string(i) + ",";
  EXPECT_THAT(cluster_faults("urls: [" + urls + "]"),
              ElementsAre(HasSubstr("cluster.urls: more than 100 URLs")));
  std::string sources = "targets:\n";
  for (int i = 0; i <= 1001; ++i) {
    sources += "- cluster: {urls: [h" + std::to_string(i) + "]}\n";
  }
  EXPECT_THAT(faults_of(sources), ElementsAre("h.yaml:1002:12: targets[1000].cluster: more than "
                                              "1000 entries with sentinel or cluster"));
}

TEST_F(SourceEntry, SecretsMustBeThere) {
  EXPECT_THAT(
      sentinel_faults("urls: [a], password_file: /nowhere, server_password_env: NOT_SET_HERE"),
      ElementsAre(HasSubstr("sentinel.password_file: secret file /nowhere: No such file"),
                  HasSubstr("sentinel.server_password_env: the environment variable")));
}

}  // namespace
}  // namespace hitwatch::config
