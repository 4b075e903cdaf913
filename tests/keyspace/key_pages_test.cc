// Which keys are asked for, and what is done when a server does not do as SCAN should.
#include "collectors/keyspace/key_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/keyspace/replies.h"

namespace hitwatch::keyspace {
namespace {

using redis::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Names = std::vector<std::string>;
constexpr const char* kInvalidCursor = "ERR invalid cursor";
constexpr const char* kNoScan = "NOPERM this user has no permissions to run the 'scan' command";
constexpr const char* kNoRandomKey =
    "NOPERM this user has no permissions to run the 'randomkey' command";

Reply page(const std::string& cursor, const Names& names) {
  std::vector<Reply> all;
  for (const std::string& name : names) all.push_back(text_reply(name));
  return array_reply({text_reply(cursor), array_reply(std::move(all))});
}

// The words of the commands that it asks for next.
std::vector<Names> asked(KeyPages& pages, std::size_t size = 100) {
  redis::Batch batch;
  pages.ask(batch, size);
  redis::ReplyReader reader;
  reader.feed(batch.bytes());
  std::vector<Names> commands;
  for (auto next = reader.next(); next && *next; next = reader.next()) {
    Names& words = commands.emplace_back();
    for (const Reply& word : (*next)->elements) words.push_back(word.text);
  }
  return commands;
}

// Asks and answers.
std::expected<Names, net::Error> take(KeyPages& pages, Reply reply) {
  redis::Batch batch;
  pages.ask(batch, 100);
  return pages.take(std::span(&reply, 1));
}

// Where what comes of it does not matter.
void tell(KeyPages& pages, Reply reply) {
  const auto names = take(pages, std::move(reply));
  EXPECT_TRUE(names);
}

KeyPages pages_of(Method method, const std::string& cursor = "", std::uint64_t keys = 100'000) {
  return {method, cursor, keys, 1};
}

TEST(KeyPages, FullScanGoesFromZeroToZero) {
  KeyPages pages = pages_of(Method::kFull);
  EXPECT_THAT(asked(pages), ElementsAre(ElementsAre("SCAN", "0", "COUNT", "100")));
  EXPECT_THAT(*take(pages, page("17", {"a", "b"})), ElementsAre("a", "b"));
  EXPECT_FALSE(pages.ended());
  EXPECT_THAT(asked(pages, 20), ElementsAre(ElementsAre("SCAN", "17", "COUNT", "20")));
  EXPECT_THAT(*take(pages, page("0", {"c"})), ElementsAre("c"));
  EXPECT_TRUE(pages.ended());
  EXPECT_EQ(pages.why(), "");
}

TEST(KeyPages, EmptyPagesDoNotEndAFullScan) {
  KeyPages pages = pages_of(Method::kFull);
  for (int i = 1; i < 200; ++i) EXPECT_THAT(*take(pages, page(std::to_string(i), {})), IsEmpty());
  EXPECT_FALSE(pages.ended());
  EXPECT_EQ(pages.method(), Method::kFull);
}

TEST(KeyPages, RandomCursorsDifferEachTime) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  std::set<std::string> cursors;
  for (int i = 0; i < 100; ++i) {
    const auto commands = asked(pages);
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0][0], "SCAN");
    EXPECT_LT(std::stoull(commands[0][1]), 1ULL << 62);
    cursors.insert(commands[0][1]);
  }
  EXPECT_EQ(cursors.size(), 100U);
}

TEST(KeyPages, EndOfTheTableDoesNotEndRandomCursors) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  EXPECT_THAT(*take(pages, page("0", {"a"})), ElementsAre("a"));
  EXPECT_FALSE(pages.ended());
  EXPECT_EQ(pages.method(), Method::kRandomCursors);
}

TEST(KeyPages, RefusedMadeUpCursorLeadsToARollingScan) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  EXPECT_THAT(*take(pages, error_reply(kInvalidCursor)), IsEmpty());
  EXPECT_EQ(pages.method(), Method::kRollingScan);
  EXPECT_EQ(pages.why(), "made-up cursors are refused (ERR invalid cursor)");
  EXPECT_TRUE(pages.refused().made_up_cursors);
  EXPECT_FALSE(pages.refused().scan);
  EXPECT_FALSE(pages.misled());
  EXPECT_THAT(asked(pages), ElementsAre(ElementsAre("SCAN", "0", "COUNT", "100")));
}

TEST(KeyPages, RollingScanGoesOnFromWhereTheLastRoundStopped) {
  KeyPages pages = pages_of(Method::kRollingScan, "4711");
  EXPECT_THAT(asked(pages), ElementsAre(ElementsAre("SCAN", "4711", "COUNT", "100")));
  tell(pages, page("815", {"a"}));
  EXPECT_EQ(pages.cursor(), "815");
}

TEST(KeyPages, RollingScanGoesOverTheEndToTheBeginning) {
  KeyPages pages = pages_of(Method::kRollingScan, "4711");
  tell(pages, page("0", {"a"}));
  EXPECT_FALSE(pages.ended());
  EXPECT_EQ(pages.method(), Method::kRollingScan);
  EXPECT_THAT(asked(pages), ElementsAre(ElementsAre("SCAN", "0", "COUNT", "100")));
}

TEST(KeyPages, KeptCursorThatIsRefusedIsForgotten) {
  KeyPages pages = pages_of(Method::kRollingScan, "4711");
  EXPECT_THAT(*take(pages, error_reply(kInvalidCursor)), IsEmpty());
  EXPECT_EQ(pages.method(), Method::kRollingScan);
  EXPECT_EQ(pages.cursor(), "0");
  EXPECT_EQ(pages.why(), "");
  EXPECT_FALSE(pages.refused().scan);
  // Refused from 0 too: nothing can be wrong with that cursor.
  tell(pages, error_reply(kInvalidCursor));
  EXPECT_EQ(pages.method(), Method::kRandomKey);
  EXPECT_TRUE(pages.refused().scan);
}

TEST(KeyPages, RefusedScanLeadsToRandomKeysOfWhichOneIsAskedFirst) {
  for (const Method method : {Method::kFull, Method::kRandomCursors, Method::kRollingScan}) {
    KeyPages pages = pages_of(method);
    EXPECT_THAT(*take(pages, error_reply(kNoScan)), IsEmpty());
    EXPECT_EQ(pages.method(), Method::kRandomKey);
    EXPECT_THAT(pages.why(), StartsWith("SCAN is refused (NOPERM"));
    EXPECT_TRUE(pages.refused().scan);
    EXPECT_THAT(asked(pages), ElementsAre(ElementsAre("RANDOMKEY")));
    EXPECT_THAT(*take(pages, text_reply("a")), ElementsAre("a"));
    EXPECT_EQ(asked(pages).size(), 100U);
    EXPECT_FALSE(pages.ended());
  }
}

TEST(KeyPages, RefusedRandomKeyLeavesNothing) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  tell(pages, error_reply(kNoScan));
  EXPECT_THAT(*take(pages, error_reply(kNoRandomKey)), IsEmpty());
  EXPECT_EQ(pages.method(), Method::kNone);
  EXPECT_TRUE(pages.ended());
  EXPECT_THAT(pages.why(), StartsWith("SCAN is refused ("));
  EXPECT_THAT(pages.why(), HasSubstr("; so is RANDOMKEY ("));
  EXPECT_TRUE(pages.refused().random_key);
}

TEST(KeyPages, NoneIsEndedFromTheStart) {
  const KeyPages pages = pages_of(Method::kNone);
  EXPECT_TRUE(pages.ended());
  EXPECT_EQ(pages.why(), "SCAN is refused; so is RANDOMKEY");
}

TEST(KeyPages, CursorsThatAllLeadToTheSameKeysAreNoSample) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(*take(pages, page("7", {"a", "b"})), ElementsAre("a", "b"));
    EXPECT_FALSE(pages.misled());
  }
  EXPECT_THAT(*take(pages, page("7", {"a", "b"})), IsEmpty());
  EXPECT_TRUE(pages.misled());
  EXPECT_EQ(pages.method(), Method::kRollingScan);
  EXPECT_EQ(pages.why(), "made-up cursors all lead to the same keys");
  EXPECT_FALSE(pages.refused().made_up_cursors);
  tell(pages, page("7", {"a"}));
  EXPECT_FALSE(pages.misled());
}

TEST(KeyPages, FewKeysMayWellComeAgain) {
  KeyPages pages = pages_of(Method::kRandomCursors, "", 999);
  for (int i = 0; i < 50; ++i) tell(pages, page("7", {"a"}));
  EXPECT_EQ(pages.method(), Method::kRandomCursors);
}

TEST(KeyPages, CursorsThatLeadNowhereAreGivenUpOneWayAfterTheOther) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  for (int i = 0; i < 20; ++i) tell(pages, page("7", {}));
  EXPECT_EQ(pages.method(), Method::kRollingScan);
  EXPECT_EQ(pages.why(), "made-up cursors lead to no keys");
  for (int i = 0; i < 20; ++i) tell(pages, page(std::to_string(i + 1), {}));
  EXPECT_EQ(pages.method(), Method::kRandomKey);
  EXPECT_EQ(pages.why(), "SCAN answers no keys");
  for (int i = 0; i < 20; ++i) tell(pages, Reply());
  EXPECT_EQ(pages.method(), Method::kNone);
  EXPECT_EQ(pages.why(), "RANDOMKEY answers no keys");
  EXPECT_TRUE(pages.ended());
  // A database without keys refuses nothing.
  EXPECT_FALSE(pages.refused().made_up_cursors);
  EXPECT_FALSE(pages.refused().scan);
  EXPECT_FALSE(pages.refused().random_key);
}

TEST(KeyPages, EmptyPagesNowAndThenAreNothing) {
  KeyPages pages = pages_of(Method::kRandomCursors);
  for (int i = 0; i < 200; ++i) {
    tell(pages, page("7", i % 20 == 19 ? Names{std::to_string(i)} : Names{}));
  }
  EXPECT_EQ(pages.method(), Method::kRandomCursors);
}

TEST(KeyPages, ScanThatRunsInCirclesIsFoundOut) {
  for (const Method method : {Method::kFull, Method::kRollingScan}) {
    for (const std::uint64_t circle : {1U, 2U, 7U, 100U}) {
      KeyPages pages = pages_of(method, method == Method::kFull ? "0" : "4711");
      std::uint64_t steps = 0;
      while (pages.method() == method && steps < 1000) {
        tell(pages, page(std::to_string(1 + steps++ % circle), {"a"}));
      }
      EXPECT_EQ(pages.method(), Method::kRandomKey) << circle;
      EXPECT_TRUE(pages.misled());
      EXPECT_EQ(pages.why(), "SCAN runs in circles");
      EXPECT_LE(steps, 4 * circle + 2);
    }
  }
}

TEST(KeyPages, CursorsOfARealTableAreNoCircle) {
  // Backwards through the bits, as servers count.
  KeyPages pages = pages_of(Method::kFull);
  for (std::uint64_t i = 1; i < 1 << 12; ++i) {
    std::uint64_t reversed = 0;
    for (int bit = 0; bit < 12; ++bit) reversed |= ((i >> bit) & 1) << (11 - bit);
    tell(pages, page(std::to_string(reversed), {"a"}));
  }
  tell(pages, page("0", {"a"}));
  EXPECT_TRUE(pages.ended());
  EXPECT_EQ(pages.method(), Method::kFull);
}

TEST(KeyPages, RollingScanThatEndsAtOnceIsNone) {
  KeyPages pages = pages_of(Method::kRollingScan);
  EXPECT_THAT(*take(pages, page("0", {"a", "b"})), IsEmpty());
  EXPECT_TRUE(pages.misled());
  EXPECT_EQ(pages.method(), Method::kRandomKey);
  EXPECT_EQ(pages.why(), "SCAN ends before it has been everywhere");
}

TEST(KeyPages, StatesOfTheServerAreErrors) {
  const std::map<std::string, net::Reason> states = {
      {"LOADING Redis is loading the dataset in memory", net::Reason::kLoading},
      {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
       net::Reason::kMasterDown},
      {"NOAUTH Authentication required.", net::Reason::kAuth},
      {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
       net::Reason::kError},
      {"CLUSTERDOWN The cluster is down", net::Reason::kError}};
  for (const auto& [said, reason] : states) {
    for (const Method method :
         {Method::kFull, Method::kRandomCursors, Method::kRollingScan, Method::kRandomKey}) {
      KeyPages pages = pages_of(method);
      const auto names = take(pages, error_reply(said));
      ASSERT_FALSE(names) << said;
      EXPECT_EQ(names.error().reason, reason);
      EXPECT_EQ(names.error().text, said);
      EXPECT_EQ(pages.method(), method);
    }
  }
}

TEST(KeyPages, NonsenseIsARefusal) {
  const std::vector<Reply> nonsense = {
      Reply(),
      text_reply("OK"),
      array_reply({}),
      array_reply({text_reply("7")}),
      array_reply({Reply(), array_reply({})}),
      array_reply({text_reply(""), array_reply({})}),
      array_reply({text_reply("7"), text_reply("a")}),
      array_reply({text_reply("7"), array_reply({}), array_reply({})}),
      {.kind = Reply::Kind::kInteger, .integer = 7, .text = {}, .elements = {}}};
  for (const Reply& reply : nonsense) {
    KeyPages pages = pages_of(Method::kRandomCursors);
    EXPECT_THAT(*take(pages, reply), IsEmpty());
    EXPECT_EQ(pages.method(), Method::kRollingScan);
    EXPECT_THAT(pages.why(), HasSubstr("an answer to SCAN that is none"));
    tell(pages, reply);
    EXPECT_EQ(pages.method(), Method::kRandomKey);
  }
}

TEST(KeyPages, NamesThatAreNoTextAreSkipped) {
  KeyPages pages = pages_of(Method::kFull);
  EXPECT_THAT(
      *take(pages, array_reply({text_reply("7"), array_reply({text_reply("a"), Reply(),
                                                              array_reply({}), text_reply("")})})),
      ElementsAre("a", ""));
}

TEST(KeyPages, ErrorAmongRandomKeysKeepsTheNamesBeforeIt) {
  KeyPages pages = pages_of(Method::kRandomKey);
  std::vector<Reply> replies = {text_reply("a"), text_reply("b"), error_reply("ERR enough"),
                                text_reply("c")};
  EXPECT_THAT(*pages.take(replies), ElementsAre("a", "b"));
  EXPECT_EQ(pages.method(), Method::kNone);
  EXPECT_EQ(pages.why(), "RANDOMKEY is refused (ERR enough)");
}

}  // namespace
}  // namespace hitwatch::keyspace
