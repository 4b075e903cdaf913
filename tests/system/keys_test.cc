// `hitwatch keys` against real servers, on a terminal and off.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/pseudo_terminal.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;

constexpr int kInterrupted = 130;

Finished keys(std::vector<std::string> arguments, const Process::Environment& variables = {}) {
  arguments.insert(arguments.begin(), {hitwatch_binary(), "keys"});
  return run_to_end(std::move(arguments), variables);
}

// Without what goes to standard error.
json json_of(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Finished finished = keys(std::move(arguments));
  EXPECT_EQ(finished.code, 0) << finished.output;
  return json::parse(finished.output, nullptr, false);
}

void fill(const RedisServer& server, const std::string& pattern, int keys) {
  constexpr const char* kScript = R"(for i = 1, tonumber(ARGV[2]) do
    redis.call('SET', string.format(ARGV[1], i % 10, i), 'value')
  end)";
  server.command({"EVAL", kScript, "0", pattern, std::to_string(keys)});
}

TEST(Keys, AFullScanHasExactFigures) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 1000);
  fill(server, "session:%d%d", 500);
  const json all = json_of(
      {server.url(), "--full", "--pattern", "catalog:{tenant}:*", "--pattern", "session:*"});
  EXPECT_EQ(all["complete"], true);
  EXPECT_EQ(all["full"], true);
  EXPECT_EQ(all["totals"]["keys"], 1500);
  EXPECT_EQ(all["total_groups"], 11);
  for (const json& group : all["groups"]) {
    const double expected = group["type"] == "session" ? 500 : 100;
    EXPECT_EQ(group["keys"]["value"], expected) << group;
    EXPECT_EQ(group["keys"]["low"], expected) << group;
  }
}

TEST(Keys, ASampleHasIntervalsThatHoldTheTruth) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 20'000);
  const json all = json_of({server.url(), "--size", "2000", "--budget", "100%"});
  EXPECT_EQ(all["full"], false);
  EXPECT_EQ(all["totals"]["keys"], 20'000);
  EXPECT_LT(all["totals"]["sampled"], 20'000);
  EXPECT_EQ(all["groups"][0]["type"], "catalog");
  EXPECT_GE(all["groups"][0]["keys"]["high"], 20'000 * 0.99);
}

TEST(Keys, NothingIsWrittenAndEveryReadTtlIsTold) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 1000);
  server.command({"CONFIG", "RESETSTAT"});
  const json all = json_of({server.url(), "--full"});
  const std::string info = server.command({"INFO", "everything"});
  EXPECT_TRUE(info.contains("keyspace_hits:" + all["totals"]["ttls_read"].dump() + "\r\n"))
      << all["totals"];
  EXPECT_TRUE(info.contains("keyspace_misses:0\r\n"));
  for (const char* command : {"set", "get", "del", "expire", "keys", "type", "object|encoding"}) {
    EXPECT_FALSE(info.contains(std::string("cmdstat_") + command + ":")) << command;
  }
}

TEST(Keys, AnEmptyServerHasNoKeys) {
  const RedisServer server;
  const Finished finished = keys({server.url()});
  EXPECT_EQ(finished.code, 0) << finished.output;
  EXPECT_TRUE(finished.output.ends_with("\nThere are no keys.\n")) << finished.output;
  EXPECT_EQ(json_of({server.url()})["groups"], json::array());
}

TEST(Keys, OnlyTheDatabaseOfTheUrl) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 100);
  server.command({"EVAL", "redis.call('SELECT', 3) redis.call('SET', 'order:1', 'v')", "0"});
  EXPECT_EQ(json_of({server.url()})["totals"]["keys"], 101);
  EXPECT_EQ(json_of({server.url() + "/3"})["totals"]["keys"], 1);
  EXPECT_EQ(json_of({server.url() + "/0"})["totals"]["keys"], 100);
}

TEST(Keys, NamesAreRedactedUnlessAskedFor) {
  const RedisServer server;
  server.command({"SET", "alice", "v"});
  server.command({"SET", "user:bob", "v"});
  const std::vector<std::string> arguments = {server.url(), "--pattern", "order:*"};
  const Finished redacted = keys(arguments);
  EXPECT_TRUE(redacted.output.contains("Keys that match no pattern: 2 (100.0%)"))
      << redacted.output;
  EXPECT_TRUE(redacted.output.contains("xxxxx")) << redacted.output;
  EXPECT_FALSE(redacted.output.contains("alice")) << redacted.output;
  EXPECT_FALSE(redacted.output.contains("bob")) << redacted.output;
  const Finished shown = keys({server.url(), "--pattern", "order:*", "--show-keys"});
  EXPECT_TRUE(shown.output.contains("alice")) << shown.output;
  EXPECT_TRUE(shown.output.contains("user:bob")) << shown.output;
}

TEST(Keys, NeitherTypesNorSpellingsSayWhatIsRedacted) {
  const RedisServer server;
  server.command({"MSET", "alice@example.com:1", "a", "Alice@Example.com:2", "b",
                  "4111111111111111:x", "1", "4111-1111-1111-1111:y", "1"});
  const auto is_told = [](const Finished& finished) {
    EXPECT_EQ(finished.code, 0) << finished.output;
    return finished.output.contains("4111") || finished.output.contains("lice@");
  };
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{}, {"--json"}, {"--pattern", "zz:{x}"}}) {
    std::vector<std::string> all = {server.url()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    EXPECT_FALSE(is_told(keys(all))) << keys(all).output;
    all.emplace_back("--show-keys");
    EXPECT_TRUE(is_told(keys(all)));
  }
}

TEST(Keys, ADatabaseThatDoesNotExistIsNamed) {
  const RedisServer server;
  server.command({"SET", "a:1", "v"});
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {server.url(), "--database", "99"}, {server.url() + "/99"}}) {
    const Finished finished = keys(arguments);
    EXPECT_EQ(finished.code, 0) << finished.output;
    EXPECT_TRUE(finished.output.ends_with("\nDatabase 99 is empty or does not exist.\n"))
        << finished.output;
  }
}

TEST(Keys, SizesOfTheKeysThatMayBeReadAreCalledThat) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 200);
  fill(server, "session:t%d:%d", 100);
  server.command({"ACL", "SETUSER", "limited", "on", ">geheim", "~catalog:*", "+@all"});
  const Finished finished =
      keys({"redis://limited:geheim@127.0.0.1:" + std::to_string(server.port())});
  EXPECT_EQ(finished.code, 0) << finished.output;
  EXPECT_TRUE(finished.output.contains(
      "\nMEMORY and SHARE go by the keys that may be read: 100 of the 300 seen may not.\n"))
      << finished.output;
}

TEST(Keys, NamesOfAnyBytesDoNoHarm) {
  const RedisServer server;
  server.command({"EVAL",
                  "redis.call('SET', '', 'v') redis.call('SET', 'a:\\27[2J\\0\\255', 'v')"
                  " redis.call('SET', string.rep('n', 3000000), 'v')",
                  "0"});
  const Finished shown = keys({server.url(), "--show-keys"});
  EXPECT_EQ(shown.code, 0) << shown.output.substr(0, 2000);
  EXPECT_TRUE(shown.output.contains("(the empty name)")) << shown.output.substr(0, 2000);
  EXPECT_TRUE(shown.output.contains("a:?[2J??")) << shown.output.substr(0, 2000);
  EXPECT_FALSE(shown.output.contains('\x1b'));
  EXPECT_EQ(json_of({server.url(), "--show-keys"})["totals"]["keys"], 3);
}

TEST(Keys, AWrongPasswordIsSaidWithoutIt) {
  const RedisServer server({"--requirepass", "right"});
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  const Finished finished = keys({"redis://:geheim@" + host});
  EXPECT_EQ(finished.code, 1);
  EXPECT_TRUE(finished.output.contains("WRONGPASS")) << finished.output;
  EXPECT_FALSE(finished.output.contains("geheim")) << finished.output;
  EXPECT_EQ(keys({server.url()}).code, 1);
  EXPECT_EQ(keys({server.url()}, {{"REDISCLI_AUTH", "right"}}).code, 0);
  EXPECT_EQ(keys({"redis://:right@" + host}).code, 0);
  const TempDir folder;
  EXPECT_EQ(keys({server.url(), "--password-file", folder.write("password", "right\n")}).code, 0);
}

TEST(Keys, TheConfigurationSaysPatternsAndPassword) {
  const RedisServer server({"--requirepass", "right"});
  const TempDir folder;
  const std::string file = folder.write(
      "hitwatch.yaml", "targets: [{url: '" + server.url() +
                           "', alias: cache, password: right}]\n"
                           "keys: {patterns: [{match: 'order:{tenant}:*', type: purchase}]}\n");
  for (const std::string& name : {server.url(), std::string("cache"), server.address()}) {
    const Finished finished = keys({name, "--config", file});
    EXPECT_EQ(finished.code, 0) << finished.output;
  }
  EXPECT_EQ(keys({"--config", file}).code, 0);
}

TEST(Keys, WhereNobodyListensItSaysSo) {
  const Finished finished = keys({"redis://127.0.0.1:" + std::to_string(free_port())});
  EXPECT_EQ(finished.code, 1);
  EXPECT_TRUE(finished.output.starts_with("hitwatch keys: ")) << finished.output;
  EXPECT_TRUE(finished.output.contains("refused")) << finished.output;
}

TEST(Keys, WhatIsNotUnderstoodIsAUsageError) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--budget", "10"},
                                             {"--budget", "0%"},
                                             {"--budget", "101%"},
                                             {"--size", "0"},
                                             {"--sort", "colour"},
                                             {"--watch=soon"},
                                             {"--database", "x"},
                                             {"redis://a", "redis://b"}}) {
    EXPECT_EQ(keys(arguments).code, 2) << arguments.front();
  }
  EXPECT_EQ(keys({"--help"}).code, 0);
}

TEST(Keys, WhatTheUserMayNotReadIsLeftOutAndSaid) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 200);
  server.command(
      {"ACL", "SETUSER", "limited", "on", ">geheim", "~*", "-@all", "+info", "+select", "+scan"});
  const Finished finished =
      keys({"redis://limited:geheim@127.0.0.1:" + std::to_string(server.port())});
  EXPECT_TRUE(finished.output.contains("catalog ")) << finished.output;
  EXPECT_TRUE(finished.output.contains("\nNote: ")) << finished.output;
  EXPECT_FALSE(finished.output.contains("MEMORY SHARE")) << finished.output;
}

TEST(Keys, AnInterruptedFullScanPrintsWhatIsKnown) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 50'000);
  PseudoTerminal terminal({hitwatch_binary(), "keys", server.url(), "--full", "--budget", "0.1%"});
  ASSERT_TRUE(terminal.shows(" of 50,000 keys")) << terminal.raw();
  ASSERT_TRUE(terminal.shows(" keys/s ")) << terminal.raw();
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait(), kInterrupted);
  EXPECT_TRUE(terminal.raw().contains("PARTIAL: ended by hand")) << terminal.raw();
  EXPECT_TRUE(terminal.raw().contains("catalog ")) << terminal.raw();
  EXPECT_FALSE(terminal.screen().has_wrapped());
}

TEST(Keys, SigtermEndsItLikewise) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 50'000);
  Process process(
      {hitwatch_binary(), "keys", server.url(), "--full", "--budget", "0.1%", "--json"});
  ASSERT_TRUE(eventually(
      [&] { return server.command({"INFO", "commandstats"}).contains("cmdstat_memory|usage"); }));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), kInterrupted);
  EXPECT_EQ(json::parse(process.output(), nullptr, false)["complete"], false) << process.output();
}

TEST(Keys, ManyKeysAreOnlyScannedAfterAYes) {
  const RedisServer server({"--enable-debug-command", "local"});
  server.command({"DEBUG", "POPULATE", "1000001", "item", "1"});
  const Finished refused = keys({server.url(), "--full", "--json"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.output.contains("all 1,000,001 keys of ")) << refused.output;
  EXPECT_TRUE(refused.output.contains("--yes")) << refused.output;

  PseudoTerminal terminal({hitwatch_binary(), "keys", server.url(), "--full", "--budget", "100%"});
  ASSERT_TRUE(terminal.shows("Scan all keys? [y/N]")) << terminal.raw();
  terminal.type("n\r");
  EXPECT_EQ(terminal.wait(), 1);
  EXPECT_FALSE(server.command({"INFO", "commandstats"}).contains("cmdstat_scan"));
}

TEST(Keys, WatchingPrintsALineForEachRound) {
  const RedisServer server;
  fill(server, "catalog:t%d:%d", 100);
  Process process({hitwatch_binary(), "keys", "--json", "--watch=1s", server.url()});
  ASSERT_TRUE(eventually([&] { return occurrences(process.output(), "\n") >= 2; }));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), kInterrupted);
  std::istringstream lines(process.output());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(json::parse(line, nullptr, false)["totals"]["keys"], 100) << line;
  }
}

TEST(Keys, AServerThatGoesAwayInTheMiddleLeavesAPartialReport) {
  RedisServer server;
  fill(server, "catalog:t%d:%d", 50'000);
  Process process({hitwatch_binary(), "keys", server.url(), "--full", "--budget", "0.1%"});
  ASSERT_TRUE(eventually(
      [&] { return server.command({"INFO", "commandstats"}).contains("cmdstat_memory|usage"); }));
  server.kill();
  EXPECT_EQ(process.wait(), 1);
  EXPECT_TRUE(process.output().contains("PARTIAL: ")) << process.output();
}

}  // namespace
}  // namespace hitwatch::test
