// Which target a request means, which it may mean, and where a target may be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/system/daemon_fixture.h"
#include "tests/system/listener.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(DaemonTest, MetricsOfOneTargetByNameAddressOrUrl) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "', alias: a}, {url: '" + second.url() +
        "', alias: b}]");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"a\"} 1"));
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"b\"} 1"));
  for (const std::string& name : {std::string("b"), second.address(), second.url()}) {
    const HttpResponse response = daemon_->get("/metrics?target=" + name);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(sample(response.body, "redis_up{instance=\"b\"}"), 1);
    EXPECT_THAT(response.body, Not(HasSubstr("instance=\"a\"")));
    EXPECT_THAT(response.body, Not(HasSubstr("hitwatch_")));
  }
}

TEST_F(DaemonTest, MetricsOfAnUnknownTargetAreRefused) {
  const RedisServer server;
  const Listener stranger;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {scrape_allow: ['*']}");
  EXPECT_EQ(daemon_->get("/metrics?target=" + stranger.address()).status, 403);
  EXPECT_EQ(daemon_->get("/metrics?target=").status, 400);
  EXPECT_EQ(sample(daemon_->metrics(), "redis_target_scrape_request_errors_total"), 2);
  EXPECT_EQ(stranger.heard(), "");
}

TEST_F(DaemonTest, AScrapeOfATargetIsLikeThatOfTheExporter) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "', alias: a, labels: {env: prod}}, {url: '" +
        second.url() + "'}]");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"a\",env=\"prod\"} 1"));
  for (const std::string& name : {std::string("a"), first.address(), first.url()}) {
    const HttpResponse response = scrape(name);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(sample(response.body, "redis_up{env=\"prod\"}"), 1);
    EXPECT_THAT(response.body, Not(HasSubstr("instance=\"")));
    EXPECT_THAT(response.body, Not(HasSubstr("hitwatch_")));
  }
}

TEST_F(DaemonTest, AScrapeOfAnAddressThatIsNotAllowedIsRefused) {
  const RedisServer server;
  const Listener stranger;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {scrape_allow: ['10.*', '" +
        server.address() + "']}");
  const HttpResponse refused = scrape(stranger.address());
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("web.scrape_allow"));
  EXPECT_EQ(scrape("unix:///etc/passwd").status, 403);
  EXPECT_EQ(scrape("//" + stranger.address()).status, 403);
  EXPECT_EQ(stranger.heard(), "");
}

TEST_F(DaemonTest, AScrapeNeedsATarget) {
  const RedisServer server;
  watch(server);
  EXPECT_EQ(daemon_->get("/scrape").status, 400);
  EXPECT_EQ(scrape("").status, 400);
  EXPECT_EQ(scrape("redis://cache:port").status, 400);
}

TEST_F(DaemonTest, AConfiguredTargetIsKnownByEverySpellingOfItsUrl) {
  const RedisServer server;
  start("targets: [{alias: cache, url: '" + server.url() + "/3'}]\n");
  for (const std::string& name : {std::string("cache"), server.address(), server.url(),
                                  "valkey://" + server.address(), server.url() + "/3"}) {
    EXPECT_EQ(scrape(name).status, 200) << name;
  }
  EXPECT_EQ(scrape("rediss://" + server.address()).status, 403);
}

TEST_F(DaemonTest, AnAllowedAddressIsPolledWhenScraped) {
  const RedisServer configured;
  RedisServer other({"--requirepass", "right"});
  start("targets: [{url: '" + configured.url() + "'}]\ncredentials: [{match: '" + other.address() +
        "', password: right}]\nweb: {scrape_allow: ['127.0.0.1:*']}");
  for (int polls = 1; polls <= 3; ++polls) {
    // The first of its polls is the one that the first scrape asks for.
    const HttpResponse response = scrape(other.address());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(sample(response.body, "redis_up"), 1) << daemon_->process().output();
    EXPECT_EQ(sample(response.body, "redis_exporter_scrapes_total"), polls);
  }
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr(other.address())));
  EXPECT_THAT(daemon_->get("/sd").body, Not(HasSubstr(other.address())));
}

TEST_F(DaemonTest, AUnixSocketIsWatched) {
  const std::string socket = dir_.path("redis.sock");
  const RedisServer server({"--unixsocket", socket});
  start("targets: [{url: 'unix://" + socket + "', alias: a}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"a\"} 1")) << daemon_->process().output();
  EXPECT_EQ(get_json("/api/v1/targets")["data"]["targets"][0]["url"], "unix://" + socket);
}

TEST_F(DaemonTest, ADatabaseInTheUrlIsNoOtherServer) {
  const RedisServer server;
  Hitwatch daemon({"run", server.url() + "/3"});
  EXPECT_TRUE(daemon.shows("redis_up 1")) << daemon.process().output();
  EXPECT_EQ(daemon.get("/metrics?target=" + server.address()).status, 200);
}

TEST_F(DaemonTest, AnIpv6AddressIsWatched) {
  const RedisServer server({"--bind", "127.0.0.1", "-::1"});
  const std::string address = "[::1]:" + std::to_string(server.port());
  Hitwatch daemon({"run", "redis://" + address});
  // A machine may have no IPv6; then the error says so, and nothing else happens.
  const bool has_ipv6 = std::ifstream("/proc/net/if_inet6").peek() != EOF;
  EXPECT_TRUE(daemon.shows(has_ipv6 ? "redis_up 1" : "redis_up 0")) << daemon.process().output();
  EXPECT_THAT(daemon.get("/sd").body, HasSubstr("\"" + address + "\""));
}

}  // namespace
}  // namespace hitwatch::test
