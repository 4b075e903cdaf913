// What /metrics says in which format, and what labels the targets have there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(DaemonTest, MetricsAreTextForWhoDoesNotAsk) {
  const RedisServer server;
  watch(server);
  const HttpResponse response = daemon_->get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("# TYPE redis_up gauge\nredis_up 1\n"));
  EXPECT_THAT(response.body, HasSubstr("\nhitwatch_build_info{"));
  EXPECT_THAT(response.body, HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(response.body, Not(HasSubstr("# EOF")));
}

TEST_F(DaemonTest, MetricsAreOpenMetricsForWhoAsks) {
  const RedisServer server;
  watch(server);
  const HttpResponse response =
      daemon_->get("/metrics", {{"Accept",
                                 "application/openmetrics-text;version=1.0.0;q=0.5,"
                                 "text/plain;version=0.0.4;q=0.3"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers.at("content-type"),
              StartsWith("application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(response.body.ends_with("\n# EOF\n"));
  EXPECT_THAT(response.body, HasSubstr("redis_commands_processed_total "));
}

TEST_F(DaemonTest, MetricsAreCompressedForWhoAsks) {
  const RedisServer server;
  watch(server);
  const HttpResponse plain = daemon_->get("/metrics", {{"Accept-Encoding", "identity"}});
  const HttpResponse packed = daemon_->get("/metrics", {{"Accept-Encoding", "gzip"}});
  EXPECT_FALSE(plain.headers.contains("content-encoding"));
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_THAT(packed.body, StartsWith("\x1f\x8b"));
  EXPECT_LT(packed.body.size() * 3, plain.body.size());
}

TEST_F(DaemonTest, OneUnnamedTargetHasNoInstanceLabel) {
  const RedisServer server;
  watch(server);
  // Thresholds have an empty one.
  EXPECT_THAT(daemon_->metrics(), Not(testing::ContainsRegex("instance=\"[^\"]")));
}

TEST_F(DaemonTest, AnAliasIsTheInstanceLabel) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() + "', alias: catalog, labels: {env: prod, zone: a}}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"catalog\",env=\"prod\",zone=\"a\"} 1"));
}

TEST_F(DaemonTest, SeveralTargetsHaveInstanceLabels) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "'}, {url: '" + second.url() + "', alias: b}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + first.address() + "\"} 1"));
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"b\"} 1"));
}

TEST_F(DaemonTest, LabelsAreEscaped) {
  const RedisServer server;
  start("targets:\n  - url: " + server.url() +
        "\n    labels: {note: \"a\\\"b\\\\c\\nd\"}\n    alias: 'x\"y'");
  EXPECT_TRUE(daemon_->shows(R"(redis_up{instance="x\"y",note="a\"b\\c\nd"} 1)"));
}

}  // namespace
}  // namespace hitwatch::test
