#include "collectors/redis/server_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch::redis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const PolledServer kDown{.up = false, .reason = "timeout", .run_id = "", .role = "", .master = ""};

PolledServer up(std::string run, std::string role, std::string master = "") {
  return {.up = true,
          .reason = "none",
          .run_id = std::move(run),
          .role = std::move(role),
          .master = std::move(master)};
}

// "kind from > to" of each.
std::vector<std::string> after(std::vector<PolledServer> polls) {
  static constexpr const char* kWords[] = {"down",        "up",   "restarted",
                                           "reconnected", "role", "master"};
  ServerChanges changes;
  std::vector<ServerChange> latest;
  for (const PolledServer& poll : polls) latest = changes.next(poll);
  std::vector<std::string> texts;
  for (const ServerChange& change : latest) {
    texts.push_back(std::string(kWords[static_cast<int>(change.kind)]) + " " + change.from + " > " +
                    change.to);
  }
  return texts;
}

TEST(ServerChanges, TheFirstPollChangesNothing) {
  EXPECT_THAT(after({up("a", "master")}), IsEmpty());
  EXPECT_THAT(after({kDown}), IsEmpty());
}

TEST(ServerChanges, AServerGoesAndComes) {
  EXPECT_THAT(after({up("a", "master"), kDown}), ElementsAre("down  > timeout"));
  EXPECT_THAT(after({up("a", "master"), kDown, kDown}), IsEmpty());
  EXPECT_THAT(after({up("a", "master"), kDown, up("a", "master")}), ElementsAre("up  > "));
  EXPECT_THAT(after({kDown, up("a", "master")}), ElementsAre("up  > "));
}

TEST(ServerChanges, ARestartIsSeenAlsoIfItWasDownBetween) {
  EXPECT_THAT(after({up("a", "master"), kDown, up("b", "master")}),
              ElementsAre("up  > ", "restarted a > b"));
}

TEST(ServerChanges, AConnectionThatWasLostIsNoRestart) {
  PolledServer again = up("a", "master");
  again.reconnected = true;
  EXPECT_THAT(after({up("a", "master"), again}), ElementsAre("reconnected  > "));
}

TEST(ServerChanges, RoleAndMasterAreComparedWithTheLastThatWereKnown) {
  EXPECT_THAT(after({up("a", "slave", "m:1"), up("a", "slave", "m:2")}),
              ElementsAre("master m:1 > m:2"));
  EXPECT_THAT(after({up("a", "slave", "m:1"), up("a", "master")}),
              ElementsAre("role slave > master"));
  EXPECT_THAT(after({up("a", "slave", "m:1"), up("a", "master"), up("a", "slave", "m:2")}),
              ElementsAre("role master > slave", "master m:1 > m:2"));
  EXPECT_THAT(after({up("a", "slave", "m:1"), kDown, up("", "", "")}), ElementsAre("up  > "));
}

}  // namespace
}  // namespace hitwatch::redis
