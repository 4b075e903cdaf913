// Denials in the ACL log are counted once, though entries merge, grow and age out.
#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

Reply entry(std::int64_t count, const std::string& reason, const std::string& object,
            std::optional<std::int64_t> id = {}) {
  std::vector<Reply> pairs = {text_reply("count"),  integer_reply(count),  text_reply("reason"),
                              text_reply(reason),   text_reply("context"), text_reply("toplevel"),
                              text_reply("object"), text_reply(object),    text_reply("username"),
                              text_reply("alice")};
  if (id) {
    pairs.push_back(text_reply("entry-id"));
    pairs.push_back(integer_reply(*id));
  }
  return array_reply(std::move(pairs));
}

class AclLog : public testing::Test {
 protected:
  void poll_seven(int denials, std::vector<Reply> log, const std::string& run_id = "run-1",
                  int uptime = 1000) {
    poll.info(
        "redis_version:7.2.4\nrun_id:" + run_id + "\nuptime_in_seconds:" + std::to_string(uptime) +
        "\nacl_access_denied_auth:" + std::to_string(denials) + "\nacl_access_denied_cmd:0\n");
    poll.answers["ACL LOG 1024"] = array_reply(std::move(log));
    poll.now += std::chrono::seconds(15);
    poll.run();
  }
  void poll_six(std::vector<Reply> log) {
    poll.info("redis_version:6.2.16\nrun_id:run-1\nuptime_in_seconds:1000\n");
    poll.answers["ACL LOG 128"] = array_reply(std::move(log));
    poll.now += std::chrono::seconds(15);
    poll.run();
  }
  // `other_errors`: those that are no denials; `others_calls`: ACL LOG of other clients.
  void poll_without_denials(int denials, std::vector<Reply> log, int other_errors = 0,
                            int others_calls = 0) {
    poll.info(fmt::format(
        "redis_version:7.0.15\nrun_id:run-1\nuptime_in_seconds:1000\ntotal_error_replies:{}\n"
        "{}cmdstat_acl|log:calls={},usec=1\nerrorstat_NOPERM:count={}\nerrorstat_MOVED:count={}\n",
        denials + other_errors, modules, calls + others_calls, denials, other_errors));
    poll.answers["ACL LOG 1024"] = array_reply(log);
    poll.answers["ACL LOG 128"] = array_reply(std::move(log));
    poll.now += std::chrono::seconds(5);
    poll.run();
    if (poll.was_sent_like("ACL LOG")) ++calls;
  }
  double denied(const std::string& reason) {
    return poll.value("redis_acl_log_entries_total{reason=\"" + reason + "\"}");
  }

  ScriptedPoll poll;
  int calls = 0;  // of ours
  std::string modules;
};

TEST_F(AclLog, StartsAtZeroWhateverTheLogHolds) {
  poll_seven(5, {entry(5, "auth", "AUTH", 1)});
  EXPECT_EQ(denied("auth"), 0);
  EXPECT_EQ(denied("command"), 0);
  EXPECT_EQ(denied("key"), 0);
  EXPECT_EQ(denied("channel"), 0);
}

TEST_F(AclLog, IsAskedOnlyWhenInfoCountedADenial) {
  poll_seven(0, {});
  EXPECT_TRUE(poll.was_sent("ACL LOG 1024")) << "what is there already must be known";
  poll_seven(0, {});
  EXPECT_FALSE(poll.was_sent_like("ACL LOG"));
  poll_seven(1, {entry(1, "auth", "AUTH", 1)});
  EXPECT_TRUE(poll.was_sent("ACL LOG 1024"));
  EXPECT_EQ(denied("auth"), 1);
}

TEST_F(AclLog, AnEntryThatGrowsCountsByItsGrowth) {
  poll_seven(1, {entry(1, "auth", "AUTH", 1)});
  poll_seven(4, {entry(4, "auth", "AUTH", 1)});
  EXPECT_EQ(denied("auth"), 3);
  poll_seven(6, {entry(2, "command", "get", 2), entry(4, "auth", "AUTH", 1)});
  EXPECT_EQ(denied("auth"), 3);
  EXPECT_EQ(denied("command"), 2);
}

TEST_F(AclLog, EntriesThatAgeOutTakeNothingBack) {
  poll_seven(1, {entry(1, "auth", "AUTH", 1)});
  poll_seven(3, {entry(2, "auth", "AUTH", 2)});
  EXPECT_EQ(denied("auth"), 2);
}

TEST_F(AclLog, ARestartEmptiesTheLogAndTotalsStay) {
  poll_seven(0, {});
  poll_seven(2, {entry(2, "auth", "AUTH", 1)});
  poll_seven(3, {entry(3, "auth", "AUTH", 1)}, "run-2", 3);
  EXPECT_EQ(denied("auth"), 5);
}

TEST_F(AclLog, OlderServersAreAskedEachTimeAndEntriesKnownByWhatTheySay) {
  poll_six({entry(1, "auth", "AUTH")});
  poll_six({entry(1, "auth", "AUTH"), entry(1, "auth", "AUTH")});
  EXPECT_EQ(denied("auth"), 1);
  poll_six({entry(3, "key", "secret"), entry(1, "auth", "AUTH"), entry(1, "auth", "AUTH")});
  EXPECT_EQ(denied("auth"), 1);
  EXPECT_EQ(denied("key"), 3);
  poll_six({});
  poll_six({entry(1, "auth", "AUTH")});
  EXPECT_EQ(denied("auth"), 2) << "after ACL LOG RESET";
}

TEST_F(AclLog, WhereInfoDoesNotCountDenialsErrorsTellOfThem) {
  poll_without_denials(3, {entry(3, "command", "get")});
  poll_without_denials(3, {entry(3, "command", "get")});
  EXPECT_FALSE(poll.was_sent_like("ACL LOG"));
  poll_without_denials(3, {entry(3, "command", "get")}, 17);
  EXPECT_FALSE(poll.was_sent_like("ACL LOG")) << "a redirection is no denial";
  poll_without_denials(4, {entry(4, "command", "get")}, 17);
  EXPECT_EQ(denied("command"), 1);
}

TEST_F(AclLog, AResetIsSeenBeforeTheNextDenials) {
  poll_without_denials(2, {entry(2, "command", "get")});
  poll_without_denials(2, {}, 0, 1);
  poll_without_denials(5, {entry(3, "command", "get")}, 0, 1);
  EXPECT_EQ(denied("command"), 3);
}

TEST_F(AclLog, AnotherDaemonThatReadsItIsNotAnsweredEachTime) {
  for (int i = 0; i < 120; ++i) poll_without_denials(2, {entry(2, "command", "get")}, 0, calls + i);
  EXPECT_LE(calls, 25) << "in ten minutes: one each for its calls, one for the minute";
}

TEST_F(AclLog, WhatErrorsDoNotTellIsKnownWithinAMinute) {
  poll_without_denials(2, {entry(2, "command", "get")});
  const auto denial = poll.now;
  do poll_without_denials(2, {entry(3, "command", "get")});
  while (denied("command") == 0 && poll.now < denial + std::chrono::hours(1));
  EXPECT_LE(poll.now - denial, std::chrono::minutes(1));
}

TEST_F(AclLog, AServerWithModulesIsAskedEachTime) {
  modules = "module:name=search,ver=1,api=1,filters=0,usedby=[],using=[],options=[]\n";
  for (int i = 0; i < 3; ++i) poll_without_denials(0, {});
  EXPECT_EQ(calls, 3) << "which may deny without an error";
}

TEST_F(AclLog, DoesNotExistBeforeRedisSix) {
  poll.info("redis_version:5.0.14\nrun_id:r\n");
  poll.run();
  EXPECT_FALSE(poll.was_sent_like("ACL"));
  EXPECT_FALSE(poll.has("redis_acl_log_entries_total{reason=\"auth\"}"));
}

TEST_F(AclLog, CanBeLeftOut) {
  poll.options.acl_log = false;
  poll_seven(3, {});
  EXPECT_FALSE(poll.was_sent_like("ACL"));
}

TEST_F(AclLog, ReasonsAreBounded) {
  poll_seven(0, {});
  std::vector<Reply> log;
  for (int i = 0; i < 50; ++i) log.push_back(entry(1, "reason" + std::to_string(i), "x", i));
  log.push_back(entry(1, "", "x", 100));
  log.push_back(entry(1, std::string(500, 'r'), "x", 101));
  poll_seven(52, std::move(log));
  EXPECT_LE(poll.remembered.acl_log.size(), 21U);
  EXPECT_GE(denied("other"), 30);
}

}  // namespace
}  // namespace hitwatch::redis
