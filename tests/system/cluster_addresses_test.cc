// Nodes are reached where they announce themselves to be, or where the configuration leads.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/system/certificates.h"
#include "tests/system/cluster_set.h"
#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;

class ClusterAddresses : public DaemonTest {
 protected:
  // Joins two nodes, of which the first is asked to meet the second at its announced address.
  static void join(const RedisServer& one, const RedisServer& other, const std::string& host,
                   int port, int bus_port) {
    one.command({"CLUSTER", "ADDSLOTSRANGE", "0", "8191"});
    other.command({"CLUSTER", "ADDSLOTSRANGE", "8192", "16383"});
    one.command({"CLUSTER", "MEET", host, std::to_string(port), std::to_string(bus_port)});
    ASSERT_TRUE(eventually([&] {
      return one.command({"CLUSTER", "INFO"}).find("cluster_known_nodes:2") != std::string::npos &&
             one.command({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos &&
             one.command({"CLUSTER", "NODES"}).find("handshake") == std::string::npos;
    })) << one.command({"CLUSTER", "NODES"});
  }
  void expect_up(const std::string& instance) {
    EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + instance + "\",cluster=\"orders\""))
        << daemon_->metrics() << daemon_->process().output();
    EXPECT_TRUE(eventually([&] {
      const std::string text = daemon_->metrics();
      const std::size_t at = text.find("redis_up{instance=\"" + instance + "\"");
      return at != std::string::npos && text.substr(at, text.find('\n', at) - at).ends_with(" 1");
    })) << daemon_->process().output();
  }
};

TEST_F(ClusterAddresses, BehindNatNodesKeepTheNamesTheyAnnounce) {
  // Nobody listens at the ports that they announce.
  std::vector<std::unique_ptr<RedisServer>> nodes;
  std::vector<int> announced;
  std::vector<int> buses;
  for (int i = 0; i < 2; ++i) {
    announced.push_back(free_port());
    buses.push_back(free_port());
    nodes.push_back(
        cluster_node({"--cluster-port", std::to_string(buses.back()), "--cluster-announce-ip",
                      "127.0.0.1", "--cluster-announce-port", std::to_string(announced.back()),
                      "--cluster-announce-bus-port", std::to_string(buses.back())}));
  }
  join(*nodes[0], *nodes[1], "127.0.0.1", announced[1], buses[1]);
  start(fmt::format(
      "targets:\n"
      "  - cluster:\n"
      "      name: orders\n"
      "      urls: ['{}']\n"
      "      address_map:\n"
      "        '127.0.0.1:{}': '{}'\n"
      "        '127.0.0.1:{}': '{}'\n",
      nodes[0]->url(), announced[0], nodes[0]->address(), announced[1], nodes[1]->address()));
  for (const int port : announced) expect_up("127.0.0.1:" + std::to_string(port));
}

TEST_F(ClusterAddresses, HostNamesArePreferredWhereTheClusterDoes) {
  std::vector<std::unique_ptr<RedisServer>> nodes;
  std::vector<int> buses;
  for (int i = 0; i < 2; ++i) {
    buses.push_back(free_port());
    nodes.push_back(
        cluster_node({"--cluster-port", std::to_string(buses.back()), "--cluster-announce-hostname",
                      "localhost", "--cluster-preferred-endpoint-type", "hostname"}));
  }
  join(*nodes[0], *nodes[1], "127.0.0.1", nodes[1]->port(), buses[1]);
  start("targets: [{cluster: {name: orders, urls: ['" + nodes[0]->url() + "']}}]");
  for (const auto& node : nodes) expect_up("localhost:" + std::to_string(node->port()));
}

TEST_F(ClusterAddresses, WithTlsThePortForTlsIsUsed) {
  const Authority authority;
  const auto certificate = authority.issue("127.0.0.1");
  std::vector<std::unique_ptr<RedisServer>> nodes;
  std::vector<int> ports;
  std::vector<int> buses;
  for (int i = 0; i < 2; ++i) {
    ports.push_back(free_port());
    buses.push_back(free_port());
    nodes.push_back(cluster_node({"--cluster-port",
                                  std::to_string(buses.back()),
                                  "--tls-port",
                                  std::to_string(ports.back()),
                                  "--tls-cert-file",
                                  certificate.cert_file,
                                  "--tls-key-file",
                                  certificate.key_file,
                                  "--tls-ca-cert-file",
                                  authority.ca_file(),
                                  "--tls-auth-clients",
                                  "no",
                                  "--tls-cluster",
                                  "yes",
                                  "--user",
                                  "watcher",
                                  "on",
                                  ">sesame",
                                  "~*",
                                  "+@all"}));
  }
  join(*nodes[0], *nodes[1], "127.0.0.1", ports[1], buses[1]);
  start(
      fmt::format("targets:\n"
                  "  - cluster:\n"
                  "      name: orders\n"
                  "      urls: ['rediss://127.0.0.1:{}']\n"
                  "      username: watcher\n"
                  "      password: sesame\n"
                  "      tls: {{ca_file: {}}}\n",
                  ports[0], authority.ca_file()));
  for (const int port : ports) expect_up("127.0.0.1:" + std::to_string(port));
}

}  // namespace
}  // namespace hitwatch::test
