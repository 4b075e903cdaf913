// What is asked of the keys of a page, and what becomes of the answers.
#include "collectors/keyspace/page_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/keyspace/replies.h"

namespace hitwatch::keyspace {
namespace {

using redis::Reply;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const auto kAll = [] { return true; };
const auto kNo = [] { return false; };

class PageLookTest : public testing::Test {
 protected:
  std::vector<Seen> read(const PageLook& look, const std::vector<Reply>& replies) {
    EXPECT_EQ(look.batch().size(), replies.size());
    return look.read(replies, refusals_, counts_);
  }

  PageLook look(std::vector<std::string> names, const std::function<bool()>& wants_ttl) {
    return {std::move(names), matcher_, refusals_, wants_ttl};
  }

  keys::Matcher matcher_{
      std::vector<keys::Rule>{{*keys::Pattern::parse("{type}:{tenant}:*"), "", false}}};
  Refusals refusals_;
  LookCounts counts_;
};

TEST_F(PageLookTest, AsksForMemoryAndForTheTtlOfSome) {
  int asked = 0;
  const PageLook some = look({"session:acme:1", "b"}, [&] { return ++asked == 2; });
  EXPECT_EQ(some.batch().bytes(),
            "*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n$14\r\nsession:acme:1\r\n"
            "*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n$1\r\nb\r\n"
            "*2\r\n$4\r\nPTTL\r\n$1\r\nb\r\n");
  EXPECT_EQ(some.ttls_asked(), 1U);
  const auto seen = read(some, {number_reply(100), number_reply(60), number_reply(1500)});
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].match.tenant, "acme");
  EXPECT_EQ(seen[0].bytes, 100);
  EXPECT_FALSE(seen[0].has_ttl_reading);
  EXPECT_FALSE(seen[1].match);
  EXPECT_EQ(seen[1].ttl_seconds, 1.5);
  EXPECT_EQ(counts_.ttls_read, 1U);
}

TEST_F(PageLookTest, KeysWithoutTtlHaveAReadingAndNoTtl) {
  const PageLook one = look({"a"}, kAll);
  const auto seen = read(one, {number_reply(60), number_reply(-1)});
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_TRUE(seen[0].has_ttl_reading);
  EXPECT_FALSE(seen[0].ttl_seconds);
  EXPECT_EQ(counts_.ttls_read, 1U);
  EXPECT_EQ(counts_.ttl_misses, 0U);
}

TEST_F(PageLookTest, VanishedKeysAreLeftOutAndCounted) {
  const PageLook two = look({"gone", "there"}, kAll);
  const auto seen = read(two, {Reply(), number_reply(-2), number_reply(60), number_reply(10)});
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].name, "there");
  EXPECT_EQ(counts_.vanished, 1U);
  EXPECT_EQ(counts_.ttl_misses, 1U);
  EXPECT_EQ(counts_.ttls_read, 1U);
}

TEST_F(PageLookTest, KeyThatVanishedBetweenTheTwoLooksWasThere) {
  const PageLook one = look({"a"}, kAll);
  const auto seen = read(one, {number_reply(60), number_reply(-2)});
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].bytes, 60);
  EXPECT_FALSE(seen[0].has_ttl_reading);
  EXPECT_EQ(counts_.ttl_misses, 1U);
  EXPECT_EQ(counts_.vanished, 0U);
}

TEST_F(PageLookTest, RefusedCommandsAreNotAskedAgain) {
  for (const char* refusal :
       {"NOPERM this user has no permissions to run the 'memory' command or its subcommand",
        "NOPERM this user has no permissions to run the 'memory|usage' command",
        "NOPERM User access has no permissions to run the 'memory|usage' command",
        "ERR unknown command `MEMORY`, with args beginning with: `USAGE`, `a`, "}) {
    refusals_ = {};
    const PageLook first = look({"a"}, kAll);
    const auto seen = read(first, {error_reply(refusal), number_reply(10)});
    EXPECT_TRUE(refusals_.memory_usage) << refusal;
    EXPECT_FALSE(refusals_.pttl);
    EXPECT_EQ(refusals_.refused_keys, 0U) << refusal;
    ASSERT_THAT(seen, SizeIs(1));
    EXPECT_FALSE(seen[0].bytes);
    EXPECT_EQ(seen[0].ttl_seconds, 0.01);
    EXPECT_THAT(look({"b"}, kAll).batch().bytes(), Not(HasSubstr("MEMORY")));
  }
  const PageLook second = look({"a"}, kAll);
  read(second, {error_reply("NOPERM User bob has no permissions to run the 'pttl' command")});
  EXPECT_TRUE(refusals_.pttl);
  EXPECT_EQ(counts_.ttls_refused, 1U);
  EXPECT_TRUE(look({"b"}, kAll).batch().empty());
}

TEST_F(PageLookTest, WithoutAnythingToAskEveryNameIsAKey) {
  refusals_.memory_usage = refusals_.pttl = true;
  const PageLook nothing = look({"a", "b"}, kAll);
  EXPECT_THAT(read(nothing, {}), SizeIs(2));
}

TEST_F(PageLookTest, RefusedKeysAreOfGroupsThatAreNotAskedAboutAgain) {
  for (const char* refusal :
       {"NOPERM this user has no permissions to access one of the keys used as arguments",
        "NOPERM No permissions to access a key"}) {
    refusals_ = {};
    const PageLook first = look({"secret:acme:1", "open:acme:1"}, kNo);
    const auto seen = read(first, {error_reply(refusal), number_reply(60)});
    EXPECT_THAT(seen, SizeIs(2));
    EXPECT_FALSE(refusals_.memory_usage) << refusal;
    EXPECT_EQ(refusals_.refused_keys, 1U);
    const PageLook second = look({"secret:acme:2", "open:acme:2", "open:acme:3"}, kNo);
    EXPECT_EQ(second.batch().size(), 2U) << refusal;
    EXPECT_THAT(second.batch().bytes(), Not(HasSubstr("secret")));
  }
}

TEST_F(PageLookTest, OneKeyOfAnUnknownGroupIsTriedOnceKeysAreRefused) {
  refusals_.refused_keys = 1;
  PageLook first = look({"new:acme:1", "new:acme:2", "new:acme:3"}, kNo);
  EXPECT_THAT(read(first, {number_reply(60)}), SizeIs(1));
  PageLook second = look(first.take_put_off(), kNo);
  EXPECT_THAT(second.batch().bytes(), AllOf(HasSubstr("new:acme:2"), HasSubstr("new:acme:3")));
  EXPECT_THAT(read(second, {number_reply(60), number_reply(60)}), SizeIs(2));
  EXPECT_THAT(second.take_put_off(), IsEmpty());
}

TEST_F(PageLookTest, KeysThatWerePutOffAreCountedByNameOnceTheirGroupIsRefused) {
  refusals_.refused_keys = 1;
  PageLook first = look({"new:acme:1", "new:acme:2", "new:acme:3"}, kNo);
  read(first, {error_reply("NOPERM No permissions to access a key")});
  const PageLook second = look(first.take_put_off(), kNo);
  EXPECT_TRUE(second.batch().empty());
  EXPECT_THAT(read(second, {}), SizeIs(2));
}

TEST_F(PageLookTest, NothingIsPutOffWhereMemoryIsNotToldAnyway) {
  refusals_.refused_keys = 1;
  refusals_.memory_usage = true;
  PageLook one = look({"new:acme:1", "new:acme:2"}, kNo);
  EXPECT_THAT(one.take_put_off(), IsEmpty());
  EXPECT_THAT(read(one, {}), SizeIs(2));
}

TEST_F(PageLookTest, AfterManyRefusedKeysOnlyReadableGroupsAreAsked) {
  refusals_.refused_keys = Refusals::kMostRefusedKeys;
  refusals_.note_readable({"open", "acme"});
  EXPECT_EQ(look({"new:acme:1", "open:acme:1", "other"}, kNo).batch().size(), 1U);
}

TEST_F(PageLookTest, WhatIsKnownOfGroupsIsBounded) {
  refusals_.refused_keys = 1;
  for (std::size_t i = 0; i < Refusals::kMostReadableGroups + 10; ++i) {
    refusals_.note_readable({"type", std::to_string(i)});
  }
  EXPECT_EQ(refusals_.readable_groups.size(), Refusals::kMostReadableGroups);
  refusals_ = {};
  const PageLook one = look({"secret:" + std::string(50'000, 'x') + ":1"}, kNo);
  read(one, {error_reply("NOPERM No permissions to access a key")});
  EXPECT_LE(refusals_.groups.begin()->second.size(), 128U);
  EXPECT_TRUE(look({"secret:" + std::string(50'000, 'x') + ":2"}, kNo).batch().empty());
}

TEST_F(PageLookTest, NamesThatWereCutAreNotAskedAbout) {
  const PageLook cut =
      look({std::string(PageLook::kCutName, 'k'), std::string(PageLook::kCutName - 1, 'k')}, kAll);
  EXPECT_EQ(cut.batch().size(), 2U);
  EXPECT_EQ(cut.ttls_asked(), 1U);
  const auto seen = read(cut, {number_reply(70'000), number_reply(-1)});
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_FALSE(seen[0].bytes);
}

TEST_F(PageLookTest, OtherErrorsLeaveTheKeyUnmeasured) {
  const PageLook one = look({"a"}, kAll);
  const auto seen =
      read(one, {error_reply("BUSY Redis is busy"), error_reply("BUSY Redis is busy")});
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_FALSE(seen[0].bytes);
  EXPECT_FALSE(seen[0].has_ttl_reading);
  EXPECT_EQ(counts_.ttls_refused, 1U);
  EXPECT_FALSE(refusals_.memory_usage || refusals_.pttl);
}

}  // namespace
}  // namespace hitwatch::keyspace
