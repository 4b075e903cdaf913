#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

const std::string kNames =
    "CONFIG GET databases client-output-buffer-limit maxclients maxmemory io-threads "
    "repl-backlog-size latency-monitor-threshold";

Reply recorded(const std::string& server) {
  std::vector<std::string> texts;
  std::istringstream lines(data_file(server + "/config.txt"));
  for (std::string line; std::getline(lines, line);) texts.push_back(line);
  return array_of(texts);
}

TEST(Config, AFewSettingsAreAlwaysExported) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\n");
  poll.answers[kNames] =
      array_of({"databases", "3", "maxclients", "10000", "maxmemory", "1048576", "io-threads", "4",
                "repl-backlog-size", "2048", "client-output-buffer-limit",
                "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 61"});
  poll.run();
  EXPECT_EQ(poll.value("redis_config_maxclients"), 10000);
  EXPECT_EQ(poll.value("redis_config_maxmemory"), 1048576);
  EXPECT_EQ(poll.value("redis_config_io_threads"), 4);
  EXPECT_EQ(poll.value("redis_config_repl_backlog_size"), 2048);
  const std::string bytes = "redis_config_client_output_buffer_limit_bytes";
  EXPECT_EQ(poll.value(bytes + "{class=\"slave\",limit=\"hard\"}"), 268435456);
  EXPECT_EQ(poll.value(bytes + "{class=\"slave\",limit=\"soft\"}"), 67108864);
  EXPECT_EQ(poll.value("redis_config_client_output_buffer_limit_overcome_seconds"
                       "{class=\"pubsub\",limit=\"soft\"}"),
            61);
  EXPECT_TRUE(poll.has("redis_db_keys{db=\"db2\"}"));
  EXPECT_FALSE(poll.has("redis_db_keys{db=\"db3\"}"));
  EXPECT_FALSE(poll.has("redis_config_value{key=\"maxclients\"}"));
}

TEST(Config, ServersBeforeSevenAreAskedNameByName) {
  ScriptedPoll poll;
  poll.info("redis_version:6.2.16\n");
  poll.answers["CONFIG GET maxclients"] = array_of({"maxclients", "10"});
  poll.run();
  EXPECT_EQ(poll.value("redis_config_maxclients"), 10);
  EXPECT_TRUE(poll.was_sent("CONFIG GET databases"));
  EXPECT_FALSE(poll.was_sent("CONFIG GET *"));
}

TEST(Config, CommandLogSettingsAreAskedOfValkeyThatHasThem) {
  ScriptedPoll poll;
  poll.info("redis_version:7.2.4\nvalkey_version:8.1.0\n");
  const std::string names =
      "CONFIG GET databases client-output-buffer-limit maxclients maxmemory io-threads "
      "repl-backlog-size commandlog-execution-slower-than commandlog-request-larger-than "
      "commandlog-reply-larger-than commandlog-slow-execution-max-len "
      "commandlog-large-request-max-len commandlog-large-reply-max-len latency-monitor-threshold";
  poll.answers[names] = array_of(
      {"commandlog-execution-slower-than", "10000", "commandlog-large-reply-max-len", "128"});
  poll.run();
  EXPECT_EQ(poll.value("redis_commandlog_execution_slower_than"), 10000);
  EXPECT_EQ(poll.value("redis_commandlog_large_reply_max_len"), 128);
}

TEST(Config, TheCommandMayHaveAnotherNameOrNone) {
  ScriptedPoll poll;
  poll.info("redis_version:6.2.16\n");
  poll.options.config_command = "hidden";
  poll.run();
  EXPECT_TRUE(poll.was_sent("hidden GET maxclients"));
  poll.options.config_command = "-";
  poll.run();
  EXPECT_FALSE(poll.was_sent_like("hidden"));
  EXPECT_FALSE(poll.was_sent_like("CONFIG"));
}

TEST(Config, AllSettingsOfARealServer) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\n");
  poll.options.config = true;
  poll.answers["CONFIG GET *"] = recorded("redis-7.0.15");
  poll.run();
  EXPECT_EQ(poll.value("redis_config_value{key=\"slowlog-max-len\"}"), 128);
  EXPECT_EQ(poll.value("redis_config_key_value{key=\"slowlog-max-len\",value=\"128\"}"), 1);
  EXPECT_EQ(poll.value("redis_config_key_value{key=\"maxmemory-policy\",value=\"noeviction\"}"), 1);
  EXPECT_FALSE(poll.has("redis_config_value{key=\"maxmemory-policy\"}"));
  EXPECT_EQ(poll.value("redis_config_maxclients"), 10000);
}

TEST(Config, SecretsAreLeftOutUnlessAskedFor) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\n");
  poll.options.config = true;
  poll.answers["CONFIG GET *"] =
      array_of({"masterauth", "s3cret-1", "requirepass", "s3cret-2", "tls-key-file-pass",
                "s3cret-3", "tls-client-key-file-pass", "s3cret-4", "maxclients", "5"});
  poll.run();
  for (const auto& [name, value] : poll.samples) {
    EXPECT_EQ(name.find("s3cret"), std::string::npos) << name;
  }
  poll.options.config_redact = false;
  poll.run();
  EXPECT_EQ(poll.value("redis_config_key_value{key=\"requirepass\",value=\"s3cret-2\"}"), 1);
}

TEST(Config, AnAbsurdNumberOfDatabasesIsBounded) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\ndb2000000000:keys=1,expires=0,avg_ttl=0\n");
  poll.answers[kNames] = array_of({"databases", "2147483647"});
  poll.run();
  EXPECT_LT(poll.samples.size(), 10'000U);
}

TEST(Config, TheDumpFileIsMeasuredOnThisHost) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\n");
  poll.options.rdb_file_size = true;
  const std::filesystem::path file =
      std::filesystem::path(HITWATCH_TEST_DATA) / "redis-7.0.15/config.txt";
  const std::string names =
      "CONFIG GET databases client-output-buffer-limit maxclients maxmemory io-threads "
      "repl-backlog-size dir dbfilename latency-monitor-threshold";
  poll.answers[names] = array_of({"dir", file.parent_path().string(), "dbfilename", "config.txt"});
  poll.run();
  EXPECT_EQ(poll.value("redis_rdb_current_size_bytes"),
            static_cast<double>(std::filesystem::file_size(file)));
  poll.answers[names] = array_of({"dir", "/does/not/exist", "dbfilename", "dump.rdb"});
  poll.run();
  EXPECT_FALSE(poll.has("redis_rdb_current_size_bytes"));
}

}  // namespace
}  // namespace hitwatch::redis
