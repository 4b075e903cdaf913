// Checks of servers that answer what the real one at hand cannot be made to.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "tests/keyspace/checks_driver.h"

namespace hitwatch::keyspace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string status(std::string_view text) { return fmt::format("+{}\r\n", text); }
std::string number(std::int64_t value) { return fmt::format(":{}\r\n", value); }
std::string page(std::string_view cursor, const std::vector<std::string>& names) {
  std::string text = "*2\r\n" + test::bulk(cursor) + fmt::format("*{}\r\n", names.size());
  for (const std::string& name : names) text += test::bulk(name);
  return text;
}
constexpr std::string_view kNil = "$-1\r\n";

// Replies by command. What is not there is an error.
class ScriptedKeys {
 public:
  explicit ScriptedKeys(std::string info) {
    on("CLIENT SETNAME hitwatch-keys", "+OK\r\n");
    on("INFO", test::bulk(info));
  }

  void on(const std::string& command, std::string_view reply) {
    const std::lock_guard lock(mutex_);
    replies_[command] = reply;
  }
  // Those that came, but for CLIENT SETNAME.
  std::vector<std::string> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }

  std::string url() const { return server_.url(); }

 private:
  // Cuts the first command from `received`; "" if it has not come in full. Arguments have no \r.
  static std::string cut_command(std::string& received) {
    const std::size_t count = std::strtoul(received.c_str() + 1, nullptr, 10);
    std::size_t at = received.find("\r\n");
    std::string words;
    for (std::size_t i = 0; i < count && at != std::string::npos; ++i) {
      const std::size_t begin = received.find("\r\n", at + 2);
      const std::size_t end = begin == std::string::npos ? begin : received.find("\r\n", begin + 2);
      if (end == std::string::npos) return "";
      words += (i == 0 ? "" : " ") + received.substr(begin + 2, end - begin - 2);
      at = end;
    }
    if (at == std::string::npos) return "";
    received.erase(0, at + 2);
    return words;
  }

  void serve(int socket) {
    std::string received;
    for (std::string more = test::receive(socket); !more.empty(); more = test::receive(socket)) {
      received += more;
      for (std::string command; !(command = cut_command(received)).empty();) {
        test::send_all(socket, answer(command));
      }
    }
  }

  std::string answer(const std::string& command) {
    const std::lock_guard lock(mutex_);
    if (command != "CLIENT SETNAME hitwatch-keys") commands_.push_back(command);
    const auto found = replies_.find(command);
    return found == replies_.end() ? "-ERR unexpected\r\n" : found->second;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> replies_;
  std::vector<std::string> commands_;
  test::ScriptedServer server_{[this](int socket) { serve(socket); }};
};

std::string info_of(std::string_view version, std::string_view more = "") {
  return fmt::format(
      "redis_version:{}\r\nrun_id:run\r\nrole:master\r\nmaxmemory_policy:allkeys-lfu\r\n{}"
      "# Keyspace\r\ndb0:keys=3,expires=0\r\n",
      version, more);
}

TEST(ScriptedChecks, SayNoTouchFirstWhereTheServerKnowsIt) {
  ScriptedKeys server(info_of("7.2.4"));
  server.on("CLIENT NO-TOUCH ON", status("OK"));
  server.on("TYPE a", status("string"));
  server.on("STRLEN a", number(5));
  server.on("MEMORY USAGE a", number(56));
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "a"}};
  driver.run();
  EXPECT_TRUE(driver.result.complete) << testing::PrintToString(driver.result.notes);
  EXPECT_EQ(driver.value("key_size", R"(db="db0",key="a")"), 5);
  EXPECT_THAT(server.commands(),
              ElementsAre("INFO", "CLIENT NO-TOUCH ON", "TYPE a", "STRLEN a", "MEMORY USAGE a"));
}

TEST(ScriptedChecks, DoNotTouchWhereNoTouchIsRefused) {
  ScriptedKeys server(info_of("7.2.4"));
  server.on("CLIENT NO-TOUCH ON", "-NOPERM no permissions to run the command\r\n");
  server.on("TYPE a", status("string"));
  server.on("MEMORY USAGE a", number(56));
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "a"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), IsEmpty());
  EXPECT_EQ(driver.value("key_memory_usage_bytes", R"(db="db0",key="a")"), 56);
  EXPECT_TRUE(driver.has_note("refuses us CLIENT NO-TOUCH"));
}

TEST(ScriptedChecks, KeysThatGoWhileTheyAreLookedAtAreMisses) {
  ScriptedKeys server(info_of("7.0.0", "maxmemory_policy:noeviction\r\n"));
  server.on("TYPE list", status("list"));
  server.on("LLEN list", number(0));
  server.on("MEMORY USAGE list", kNil);
  server.on("SCAN 0 MATCH t* COUNT 1000", page("0", {"text"}));
  server.on("TYPE text", status("string"));
  server.on("STRLEN text", number(0));
  server.on("MEMORY USAGE text", kNil);
  ChecksDriver driver(server.url());
  driver.options.keys = {{0, "list"}, {0, "t*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db0",key="list" 0)"));
  EXPECT_THAT(driver.series("key_memory_usage_bytes"), IsEmpty());
  EXPECT_EQ(driver.ledger.of_run("run").hits, 2U);
  EXPECT_EQ(driver.ledger.of_run("run").misses, 2U);
}

TEST(ScriptedChecks, AModulesTypeHasMemoryButNoSize) {
  ScriptedKeys server(info_of("7.0.0", "maxmemory_policy:noeviction\r\n"));
  server.on("TYPE doc", status("ReJSON-RL"));
  server.on("MEMORY USAGE doc", number(99));
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "doc"}};
  driver.run();
  EXPECT_TRUE(driver.result.complete);
  EXPECT_THAT(driver.series("key_size"), IsEmpty());
  EXPECT_EQ(driver.value("key_memory_usage_bytes", R"(db="db0",key="doc")"), 99);
}

TEST(ScriptedChecks, KeysThatAScanGivesTwiceCountOnce) {
  ScriptedKeys server(info_of("7.0.0"));
  server.on("SCAN 0 MATCH * COUNT 1000", page("5", {"a", "b"}));
  server.on("SCAN 5 MATCH * COUNT 1000", page("0", {"b", "c", "c"}));
  ChecksDriver driver(server.url());
  driver.options.count = {{0, "*"}};
  driver.run();
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="*")"), 3);
}

TEST(ScriptedChecks, AScanThatWouldNeverEndIsEnded) {
  ScriptedKeys server(info_of("7.0.0"));
  server.on("SCAN 0 MATCH * COUNT 1000", page("5", {"a"}));
  server.on("SCAN 5 MATCH * COUNT 1000", page("5", {"a"}));
  ChecksDriver driver(server.url());
  driver.options.count = {{0, "*"}};
  driver.run();
  EXPECT_THAT(driver.series("keys_count"), IsEmpty());
  EXPECT_TRUE(driver.has_note("1 scans could not be ended"));
}

TEST(ScriptedChecks, AProxyThatRefusesCursorsGivesNoCounts) {
  ScriptedKeys server(info_of("7.0.0"));
  server.on("SCAN 0 MATCH * COUNT 1000", "-ERR invalid cursor\r\n");
  ChecksDriver driver(server.url());
  driver.options.count = {{0, "*"}};
  driver.run();
  EXPECT_THAT(driver.series("keys_count"), IsEmpty());
  EXPECT_TRUE(driver.has_note("1 commands failed, the last one SCAN: ERR"));
}

TEST(ScriptedChecks, AReplicaWithoutItsMasterEndsTheRound) {
  ScriptedKeys server(info_of("7.0.0"));
  server.on("TYPE a", "-MASTERDOWN Link with MASTER is down\r\n");
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "a"}, {0, "b"}};
  driver.run();
  EXPECT_THAT(server.commands(), ElementsAre("INFO", "TYPE a"));
  EXPECT_TRUE(driver.has_note("MASTERDOWN"));
  EXPECT_EQ(driver.lookups(), 0U);
}

TEST(ScriptedChecks, AServerThatLoadsIsNotAskedAboutKeys) {
  ScriptedKeys server(info_of("7.0.0", "loading:1\r\n"));
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "a"}};
  driver.run();
  EXPECT_EQ(driver.result.snapshot, nullptr);
  EXPECT_THAT(server.commands(), ElementsAre("INFO"));
}

TEST(ScriptedChecks, ASentinelIsNotAskedAboutKeys) {
  ScriptedKeys server("redis_version:7.0.0\r\nredis_mode:sentinel\r\n");
  ChecksDriver driver(server.url());
  driver.options.count = {{0, "*"}};
  driver.run();
  EXPECT_EQ(driver.result.snapshot, nullptr);
  EXPECT_THAT(server.commands(), ElementsAre("INFO"));
}

TEST(ScriptedChecks, AReplicaInAClusterMayBeReadAndMovedKeysAreSaid) {
  ScriptedKeys server(
      "redis_version:7.0.0\r\nrun_id:run\r\nrole:slave\r\ncluster_enabled:1\r\n"
      "# Keyspace\r\ndb0:keys=3,expires=0\r\n");
  server.on("READONLY", status("OK"));
  server.on("CLUSTER MYID", test::bulk("me"));
  server.on("CLUSTER SLOTS",
            "*1\r\n*4\r\n:0\r\n:16383\r\n*3\r\n$1\r\nh\r\n:1\r\n$5\r\nother"
            "\r\n*3\r\n$1\r\nh\r\n:2\r\n$2\r\nme\r\n");
  server.on("TYPE a", status("hash"));
  server.on("HLEN a", "-MOVED 15495 127.0.0.1:7001\r\n");
  server.on("MEMORY USAGE a", "-MOVED 15495 127.0.0.1:7001\r\n");
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "a"}};
  driver.run();
  EXPECT_THAT(server.commands(), Contains("READONLY"));
  EXPECT_THAT(driver.series("key_size"), IsEmpty());
  EXPECT_TRUE(driver.has_note("2 commands were redirected"));
  EXPECT_EQ(driver.lookups(), 1U);
}

TEST(ScriptedChecks, ANodeThatDoesNotSayItsSlotsIsNotAskedAboutNamedKeys) {
  ScriptedKeys server(info_of("7.0.0", "cluster_enabled:1\r\n"));
  server.on("CLUSTER MYID", "-NOPERM no permissions to run the command\r\n");
  server.on("CLUSTER SLOTS", "*0\r\n");
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "a"}};
  driver.run();
  EXPECT_THAT(server.commands(), Not(Contains(StartsWith("TYPE"))));
  EXPECT_TRUE(driver.has_note("does not say which slots it has"));
}

TEST(ScriptedChecks, NotesHoldNoNamesOfKeys) {
  ScriptedKeys server(info_of("7.0.0", "maxmemory_policy:noeviction\r\n"));
  server.on("TYPE private", "-ERR unknown command 'TYPE', with args: 'private'\r\n");
  server.on("MEMORY USAGE private", "-ERR no luck with private\r\n");
  ChecksDriver driver(server.url());
  driver.options.single_keys = {{0, "private"}};
  driver.run();
  EXPECT_FALSE(driver.has_note("private"));
  EXPECT_TRUE(driver.has_note("refuses us TYPE"));
  EXPECT_TRUE(driver.has_note("1 commands failed, the last one MEMORY USAGE: ERR"));
}

}  // namespace
}  // namespace hitwatch::keyspace
