// What a right configuration means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "agent/config/config.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

class Load : public TestFolder {
 protected:
  Config load(const std::string& text) const {
    auto config = load_text(text, path("hitwatch.yaml"));
    if (!config) {
      for (const Fault& fault : config.error()) ADD_FAILURE() << to_string(fault);
      return {};
    }
    return *std::move(config);
  }
};

TEST_F(Load, AnEmptyDocumentMeansTheDefaults) {
  for (const std::string text :
       {"", "\n", "# nothing\n", "---\n", "{}", "poll:\nlog: ~\n", "..."}) {
    const Config config = load(text);
    EXPECT_TRUE(config.targets.empty()) << text;
    EXPECT_EQ(config.poll, redis::PollOptions{}) << text;
    EXPECT_EQ(config.web, Web{}) << text;
    EXPECT_EQ(config.log, Log{}) << text;
    EXPECT_EQ(config.storage, Storage{}) << text;
    EXPECT_EQ(config.name_space, "redis");
    EXPECT_TRUE(config.own_metrics);
  }
}

TEST_F(Load, AListOfNoTargetsIsNotTheAbsenceOfAList) {
  EXPECT_TRUE(load("targets: []").targets_given);
  EXPECT_TRUE(load("targets: [{url: 'redis://cache'}]").targets_given);
  EXPECT_FALSE(load("{}").targets_given);
  EXPECT_FALSE(load("targets:\n").targets_given) << "all of its entries may be comments";
}

TEST_F(Load, EveryKeyReachesItsPlace) {
  const std::string ca = write("ca.pem", "ca");
  const std::string cert = write("cert.pem", "cert");
  const std::string key = write("key.pem", "key");
  const std::string web = write("web.yaml", "{}");
  write("password", "hunter2\n");
  const std::string file = write("hitwatch.yaml", R"(
targets:
  - url: rediss://cache.example.org:6380/2
    alias: catalog
    labels: {zone: b, env: prod, empty: ""}
    username: watcher
    password_file: password
    tls:
      ca_file: ca.pem
      cert_file: cert.pem
      key_file: key.pem
      server_name: cache
      insecure_skip_verify: true
  - {url: "unix:///run/redis.sock", password: direct}
  - file: targets/*.yaml
credentials:
  - match: "*.prod.example:*"
    username: all
    password: hunter3
    tls: {ca_file: ca.pem}
poll:
  interval: 1m
  timeout: 2s
  mode: background
  collect:
    client_list: true
    client_port: true
    client_groups: true
    config: true
    config_redact: false
    modules: true
    system: true
    instance_role: true
    rdb_file_size: true
    cluster_slot_stats: true
    sentinel_peers: true
    search_indexes: true
    search_index_match: "^idx:"
    latency: false
    slowlog: false
    acl_log: false
    empty_databases: false
    ping: true
    set_client_name: false
    config_command: "-"
web:
  listen_address: "[::1]:9000"
  config_file: web.yaml
  telemetry_path: /redis/metrics
  query_api: false
  admin_api: true
  scrape_allow: ["*.example.org:6379", "10.0.0.?:*"]
log: {level: debug, format: json}
storage: {path: state, max_size: 1GiB}
)");
  const auto loaded = load_file(file);
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  const Config& config = *loaded;

  ASSERT_EQ(config.targets.size(), 2U);
  const redis::Target& first = config.targets[0];
  EXPECT_EQ(first.url.redacted(), "rediss://cache.example.org:6380");
  EXPECT_EQ(first.url.database, 2);
  EXPECT_EQ(first.name(), "catalog");
  EXPECT_EQ(first.labels, (metrics::Labels{{"env", "prod"}, {"zone", "b"}}));
  EXPECT_EQ(first.username, "watcher");
  EXPECT_EQ(first.password.file, path("password"));
  EXPECT_EQ(first.tls.ca_file, ca);
  EXPECT_EQ(first.tls.cert_file, cert);
  EXPECT_EQ(first.tls.key_file, key);
  EXPECT_EQ(first.tls.server_name, "cache");
  EXPECT_TRUE(first.tls.insecure_skip_verify);
  EXPECT_EQ(first.origin, file + ":3:5");
  EXPECT_EQ(config.targets[1].name(), "/run/redis.sock");
  EXPECT_EQ(config.targets[1].password.literal, "direct");
  EXPECT_THAT(config.target_files,
              ElementsAre(TargetFiles{path("targets/*.yaml"), file + ":15:5"}));

  ASSERT_EQ(config.credentials.size(), 1U);
  EXPECT_EQ(config.credentials[0].match, "*.prod.example:*");
  EXPECT_EQ(config.credentials[0].username, "all");
  EXPECT_EQ(config.credentials[0].password.literal, "hunter3");
  EXPECT_EQ(config.credentials[0].tls.ca_file, ca);

  redis::PollOptions poll;
  poll.interval = seconds(60);
  poll.timeout = seconds(2);
  redis::CollectOptions& collect = poll.collect;
  collect.client_list = collect.client_port = collect.client_groups = collect.config = true;
  collect.modules = collect.system = collect.instance_role = collect.rdb_file_size = true;
  collect.cluster_slot_stats = collect.sentinel_peers = collect.search_indexes = true;
  collect.ping = true;
  collect.config_redact = collect.latency = collect.slowlog = collect.acl_log = false;
  collect.empty_databases = collect.set_client_name = false;
  collect.search_index_match = "^idx:";
  collect.config_command = "-";
  EXPECT_EQ(config.poll, poll);

  EXPECT_EQ(config.web.listen_address, "[::1]:9000");
  EXPECT_EQ(config.web.config_file, web);
  EXPECT_EQ(config.web.telemetry_path, "/redis/metrics");
  EXPECT_FALSE(config.web.query_api);
  EXPECT_TRUE(config.web.admin_api);
  EXPECT_THAT(config.web.scrape_allow, ElementsAre("*.example.org:6379", "10.0.0.?:*"));
  EXPECT_EQ(config.log, (Log{LogLevel::kDebug, LogFormat::kJson}));
  EXPECT_EQ(config.storage, (Storage{path("state"), 1ULL << 30}));
}

TEST_F(Load, UserAndPasswordMoveOutOfTheUrl) {
  const Config config = load("targets: [{url: 'redis://watcher:hunter2@cache'}]");
  ASSERT_EQ(config.targets.size(), 1U);
  EXPECT_EQ(config.targets[0].username, "watcher");
  EXPECT_EQ(config.targets[0].password.literal, "hunter2");
  EXPECT_EQ(config.targets[0].url.username, "");
  EXPECT_EQ(config.targets[0].url.password, "");
}

TEST_F(Load, TheTimeoutIsTheSmallerOfFiveSecondsAndTheInterval) {
  EXPECT_EQ(load("poll: {interval: 1s}").poll.timeout, seconds(1));
  EXPECT_EQ(load("poll: {interval: 1m}").poll.timeout, seconds(5));
  EXPECT_EQ(load("poll: {interval: 1s, mode: on_scrape}").poll.timeout, seconds(5));
}

TEST_F(Load, WithoutBackgroundPollsTheTimeoutMayExceedTheInterval) {
  EXPECT_EQ(load("poll: {interval: 1s, timeout: 20s, mode: on_scrape}").poll.timeout, seconds(20));
}

TEST_F(Load, VariablesAreReplacedInTexts) {
  ::setenv("HITWATCH_TEST_HOST", "cache$$${X}", 1);
  ::setenv("HITWATCH_TEST_MS", "250", 1);
  const Config config = load(
      "poll: {timeout: '${HITWATCH_TEST_MS}ms'}\n"
      "targets:\n"
      "  - {url: 'redis://h', labels: {a: 'a$$b$c$', h: '${HITWATCH_TEST_HOST}', d: '$${X}'}}\n");
  EXPECT_EQ(config.poll.timeout, milliseconds(250));
  ASSERT_EQ(config.targets.size(), 1U);
  EXPECT_EQ(config.targets[0].labels,
            (metrics::Labels{{"a", "a$b$c$"}, {"d", "${X}"}, {"h", "cache$$${X}"}}))
      << "what a variable holds is not replaced again";
}

TEST_F(Load, APasswordCanComeFromTheEnvironment) {
  ::setenv("HITWATCH_TEST_PASSWORD", "hunter2", 1);
  const Config config =
      load("targets: [{url: 'redis://cache', password_env: HITWATCH_TEST_PASSWORD}]");
  ASSERT_EQ(config.targets.size(), 1U);
  EXPECT_EQ(config.targets[0].password.environment, "HITWATCH_TEST_PASSWORD");
  EXPECT_EQ(config.targets[0].password.literal, "");
}

TEST_F(Load, SeveralDatabasesOfOneServerNeedOneAliasEach) {
  const Config config = load(
      "targets:\n"
      "  - {url: redis://h/0, alias: zero}\n"
      "  - {url: redis://h/1, alias: one}\n");
  EXPECT_EQ(config.targets.size(), 2U);
}

TEST_F(Load, AliasesAndAnchorsRepeatAValue) {
  const Config config = load(
      "targets:\n"
      "  - {url: redis://a, labels: &l {env: prod}}\n"
      "  - {url: redis://b, labels: *l}\n");
  ASSERT_EQ(config.targets.size(), 2U);
  EXPECT_EQ(config.targets[0].labels, config.targets[1].labels);
}

TEST_F(Load, AByteOrderMarkAndWindowsLineEndsAreFine) {
  const Config config = load("\xEF\xBB\xBFpoll:\r\n  interval: 30s\r\n");
  EXPECT_EQ(config.poll.interval, seconds(30));
}

}  // namespace
}  // namespace hitwatch::config
