// What silences promise: who is silenced when, what an edit does, and what outlives a restart.
#include "agent/notify/silences.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/notify/times.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

Matcher matcher(const std::string& name, const std::string& value,
                Matcher::Kind kind = Matcher::Kind::kEqual) {
  return *Matcher::make(kind, name, value);
}

Silence silence(Matchers matchers, std::int64_t starts_at = kNow,
                std::int64_t ends_at = kNow + kHour) {
  return {.id = "",
          .matchers = std::move(matchers),
          .starts_at = starts_at,
          .ends_at = ends_at,
          .updated_at = 0,
          .created_by = "ada",
          .comment = "maintenance"};
}

const metrics::Labels kAlert = {{"alertname", "RedisDown"}, {"instance", "r1:6379"}};

class SilencesTest : public testing::Test {
 protected:
  SilencesTest() { EXPECT_TRUE(map.open(kNow)); }

  std::string set(Silence wanted, std::int64_t now = kNow) {
    auto id = silences.set(std::move(wanted), now);
    EXPECT_TRUE(id) << id.error();
    return id ? *id : "";
  }
  std::string error(Silence wanted, std::int64_t now = kNow) {
    auto id = silences.set(std::move(wanted), now);
    EXPECT_FALSE(id);
    return id ? "" : id.error();
  }

  web::TemporaryFolder folder;
  DurableMap map{folder.path("state"), {}};
  Silences silences{map};
};

TEST_F(SilencesTest, SilencesWhatMatchesWhileItIsActive) {
  const std::string id = set(silence({matcher("alertname", "RedisDown")}));
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                               "[0-9a-f]{12}"));
  EXPECT_THAT(silences.silencing(kAlert, kNow), ElementsAre(id));
  EXPECT_THAT(silences.silencing(kAlert, kNow + kHour - 1), ElementsAre(id));
  EXPECT_THAT(silences.silencing(kAlert, kNow + kHour), IsEmpty());
  EXPECT_THAT(silences.silencing({{"alertname", "Other"}}, kNow), IsEmpty());
}

TEST_F(SilencesTest, OneThatBeginsLaterWaits) {
  const std::string id =
      set(silence({matcher("alertname", "RedisDown")}, kNow + kMinute, kNow + kHour));
  EXPECT_EQ(silences.find(id)->state(kNow), Silence::State::kPending);
  EXPECT_THAT(silences.silencing(kAlert, kNow), IsEmpty());
  EXPECT_THAT(silences.silencing(kAlert, kNow + kMinute), ElementsAre(id));
}

TEST_F(SilencesTest, AllMatchersMustHold) {
  set(silence({matcher("alertname", "RedisDown"), matcher("instance", "r2:6379")}));
  set(silence({matcher("instance", "r2.*", Matcher::Kind::kMatches)}));
  const std::string both = set(silence(
      {matcher("instance", "r1.*", Matcher::Kind::kMatches), matcher("alertname", "RedisDown")}));
  const std::string negative =
      set(silence({matcher("instance", "r2:6379", Matcher::Kind::kNotEqual),
                   matcher("alertname", ".+", Matcher::Kind::kMatches)}));
  // A missing label is one with an empty value.
  const std::string missing = set(silence({matcher("alertname", "RedisDown"), matcher("dc", "")}));
  EXPECT_THAT(silences.silencing(kAlert, kNow),
              testing::UnorderedElementsAre(both, negative, missing));
  EXPECT_TRUE(std::ranges::is_sorted(silences.silencing(kAlert, kNow)));
}

TEST_F(SilencesTest, ANewOneCannotBeginInThePast) {
  const std::string id = set(silence({matcher("a", "b")}, kNow - kHour));
  EXPECT_EQ(silences.find(id)->starts_at, kNow);
  EXPECT_EQ(silences.find(id)->updated_at, kNow);
}

TEST_F(SilencesTest, WhatCannotBeASilenceIsRefused) {
  EXPECT_THAT(error(silence({})), HasSubstr("at least one matcher"));
  EXPECT_THAT(error(silence({matcher("a", "")})), HasSubstr("empty string"));
  EXPECT_THAT(error(silence({matcher("a", ".*", Matcher::Kind::kMatches),
                             matcher("b", "x", Matcher::Kind::kDoesNotMatch)})),
              HasSubstr("empty string"));
  EXPECT_THAT(error(silence({matcher("a-b", "c")})), HasSubstr("invalid label name \"a-b\""));
  EXPECT_THAT(error(silence({matcher("", "c")})), HasSubstr("invalid label name"));
  EXPECT_THAT(error(silence({matcher("a", "\xff")})), HasSubstr("UTF-8"));
  EXPECT_THAT(error(silence({matcher("a", "b")}, kNow - kHour, kNow)), HasSubstr("in the past"));
  EXPECT_THAT(error(silence({matcher("a", "b")}, kNow + kHour, kNow + kHour)),
              HasSubstr("start time must be before end time"));
  Silence unknown = silence({matcher("a", "b")});
  unknown.id = "7b2f4e3c-0000-4000-8000-000000000000";
  EXPECT_EQ(error(unknown), "silence not found");
  EXPECT_THAT(silences.all(kNow), IsEmpty());
}

TEST_F(SilencesTest, ACommentIsNotNeeded) {
  Silence wanted = silence({matcher("a", "b")});
  wanted.comment.clear();
  wanted.created_by.clear();
  set(wanted);
}

TEST_F(SilencesTest, AnEditOfTheEndOrTheCommentKeepsTheId) {
  const std::string id = set(silence({matcher("a", "b"), matcher("c", "d")}));
  Silence edited = *silences.find(id);
  std::ranges::reverse(edited.matchers);
  edited.ends_at = kNow + 3 * kHour;
  edited.comment = "takes longer";
  edited.starts_at -= edited.starts_at % 1000;  // as a client shows it that knows no milliseconds
  EXPECT_EQ(set(edited, kNow + kMinute), id);
  EXPECT_EQ(silences.all(kNow).size(), 1U);
  EXPECT_EQ(silences.find(id)->starts_at, kNow);
  EXPECT_EQ(silences.find(id)->ends_at, kNow + 3 * kHour);
  EXPECT_EQ(silences.find(id)->comment, "takes longer");
  EXPECT_EQ(silences.find(id)->updated_at, kNow + kMinute);
}

TEST_F(SilencesTest, AnEditOfTheMatchersEndsTheOldOne) {
  const std::string id = set(silence({matcher("alertname", "RedisDown")}));
  Silence edited = *silences.find(id);
  edited.matchers.push_back(matcher("instance", "r2:6379"));
  const std::string changed = set(edited, kNow + kMinute);
  EXPECT_NE(changed, id);
  EXPECT_EQ(silences.find(id)->ends_at, kNow + kMinute);
  EXPECT_EQ(silences.find(changed)->starts_at, kNow + kMinute);
  EXPECT_THAT(silences.silencing(kAlert, kNow + kMinute), IsEmpty());
}

TEST_F(SilencesTest, TheBeginningOfAnActiveOneIsHistory) {
  const std::string id = set(silence({matcher("a", "b")}));
  Silence edited = *silences.find(id);
  edited.starts_at = kNow + 10 * kMinute;
  const std::string later = set(edited, kNow + kMinute);
  EXPECT_NE(later, id);
  EXPECT_EQ(silences.find(id)->state(kNow + kMinute), Silence::State::kExpired);
  EXPECT_EQ(silences.find(later)->state(kNow + kMinute), Silence::State::kPending);
}

TEST_F(SilencesTest, TheBeginningOfAPendingOneMayMove) {
  const std::string id = set(silence({matcher("a", "b")}, kNow + kMinute));
  Silence edited = *silences.find(id);
  edited.starts_at = kNow + 2 * kMinute;
  EXPECT_EQ(set(edited, kNow), id);
  EXPECT_EQ(silences.find(id)->starts_at, kNow + 2 * kMinute);
  edited.starts_at = kNow - kMinute;  // not to the past
  const std::string other = set(edited, kNow);
  EXPECT_NE(other, id);
  EXPECT_EQ(silences.find(other)->starts_at, kNow);
  EXPECT_EQ(silences.find(id)->state(kNow), Silence::State::kExpired);
}

TEST_F(SilencesTest, AnExpiredOneIsCopied) {
  const std::string id = set(silence({matcher("a", "b")}));
  Silence edited = *silences.find(id);
  edited.ends_at = kNow + 9 * kHour;
  const std::string again = set(edited, kNow + 2 * kHour);
  EXPECT_NE(again, id);
  EXPECT_EQ(silences.find(id)->ends_at, kNow + kHour);
  EXPECT_EQ(silences.find(again)->starts_at, kNow + 2 * kHour);
}

TEST_F(SilencesTest, AnEditThatIsRefusedChangesNothing) {
  const std::string id = set(silence({matcher("alertname", "RedisDown")}));
  Silence edited = *silences.find(id);
  edited.matchers = {matcher("alertname", "")};
  error(edited);
  edited.matchers = {matcher("other", "x")};
  edited.ends_at = kNow - 1;
  error(edited);
  EXPECT_THAT(silences.silencing(kAlert, kNow), ElementsAre(id));
}

TEST_F(SilencesTest, ExpireEndsItNow) {
  const std::string active = set(silence({matcher("alertname", "RedisDown")}));
  const std::string pending = set(silence({matcher("a", "b")}, kNow + 30 * kMinute));
  EXPECT_TRUE(silences.expire(active, kNow + kMinute));
  EXPECT_TRUE(silences.expire(pending, kNow + kMinute));
  for (const std::string& id : {active, pending}) {
    EXPECT_EQ(silences.find(id)->state(kNow + kMinute), Silence::State::kExpired);
    EXPECT_EQ(silences.find(id)->ends_at, kNow + kMinute);
    EXPECT_LE(silences.find(id)->starts_at, kNow + kMinute);
  }
  EXPECT_THAT(silences.silencing(kAlert, kNow + kMinute), IsEmpty());
  EXPECT_TRUE(silences.expire(active, kNow + 2 * kMinute));
  EXPECT_EQ(silences.find(active)->ends_at, kNow + kMinute);
  EXPECT_EQ(silences.expire("nobody", kNow).error(), "silence not found");
}

TEST_F(SilencesTest, AreListedByWhatHappensNext) {
  const std::string second = set(silence({matcher("a", "1")}, kNow, kNow + 2 * kHour));
  const std::string first = set(silence({matcher("a", "2")}, kNow, kNow + kHour));
  const std::string fourth = set(silence({matcher("a", "3")}, kNow + 9 * kMinute));
  const std::string third = set(silence({matcher("a", "4")}, kNow + 8 * kMinute));
  const std::string sixth = set(silence({matcher("a", "5")}));
  const std::string fifth = set(silence({matcher("a", "6")}));
  ASSERT_TRUE(silences.expire(sixth, kNow + 1));
  ASSERT_TRUE(silences.expire(fifth, kNow + 2));
  std::vector<std::string> ids;
  for (const Silence* listed : silences.all(kNow + 2)) ids.push_back(listed->id);
  EXPECT_THAT(ids, ElementsAre(first, second, third, fourth, fifth, sixth));
}

TEST_F(SilencesTest, TellsWhenTheNextOneBeginsOrEnds) {
  EXPECT_EQ(silences.next_change(kNow), 0);
  set(silence({matcher("a", "b")}, kNow + kMinute, kNow + kHour));
  EXPECT_EQ(silences.next_change(kNow), kNow + kMinute);
  EXPECT_EQ(silences.next_change(kNow + kMinute), kNow + kHour);
  EXPECT_EQ(silences.next_change(kNow + kHour), 0);
}

TEST_F(SilencesTest, ExpiredOnesAreForgottenAfterFiveDays) {
  const std::string id = set(silence({matcher("a", "b")}));
  silences.trim(kNow + kHour + Silences::kRetention - 1);
  EXPECT_NE(silences.find(id), nullptr);
  silences.trim(kNow + kHour + Silences::kRetention);
  EXPECT_EQ(silences.find(id), nullptr);
  EXPECT_EQ(map.size("silence"), 0U);
}

TEST_F(SilencesTest, OutliveARestart) {
  Silence wanted = silence({matcher("alertname", "RedisDown"),
                            matcher("instance", "r[0-9]:.*", Matcher::Kind::kMatches),
                            matcher("dc", "eu", Matcher::Kind::kNotEqual),
                            matcher("team", "a|b", Matcher::Kind::kDoesNotMatch)});
  wanted.comment = "\"quoted\"\n<ünïcode>";
  std::string id;
  {
    DurableMap first(folder.path("other"), {});
    ASSERT_TRUE(first.open(kNow));
    id = *Silences(first).set(wanted, kNow);
    ASSERT_TRUE(first.commit());
  }
  DurableMap reopened(folder.path("other"), {});
  ASSERT_TRUE(reopened.open(kNow));
  const Silences again(reopened);
  const Silence* found = again.find(id);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->matchers, wanted.matchers);
  EXPECT_EQ(found->starts_at, kNow);
  EXPECT_EQ(found->ends_at, kNow + kHour);
  EXPECT_EQ(found->updated_at, kNow);
  EXPECT_EQ(found->created_by, "ada");
  EXPECT_EQ(found->comment, wanted.comment);
  EXPECT_THAT(again.silencing(kAlert, kNow), ElementsAre(id));
  EXPECT_EQ(again.unreadable(), 0U);
}

TEST_F(SilencesTest, EntriesThatCannotBeReadAreDropped) {
  const std::string id = set(silence({matcher("alertname", "RedisDown")}));
  map.put("silence", "broken", "{");
  map.put("silence", "hides-everything",
          R"({"matchers":[],"startsAt":1,"endsAt":2,"updatedAt":1,"createdBy":"","comment":""})");
  map.put("silence", "bad-expression",
          R"({"matchers":[{"name":"a","value":"(","isRegex":true,"isEqual":true}],"startsAt":1,)"
          R"("endsAt":2,"updatedAt":1,"createdBy":"","comment":""})");
  map.put("silence", "text-for-time",
          R"({"matchers":[],"startsAt":"x","endsAt":2,"updatedAt":1,"createdBy":"","comment":""})");
  const Silences again(map);
  EXPECT_EQ(again.unreadable(), 4U);
  EXPECT_EQ(map.size("silence"), 1U);
  EXPECT_NE(again.find(id), nullptr);
}

TEST_F(SilencesTest, TooLargeOnesAreRefused) {
  Silence wanted = silence({matcher("a", "b")});
  wanted.comment = std::string(Silences::kMostBytes, 'x');
  EXPECT_THAT(error(wanted), HasSubstr("65536 bytes"));
}

TEST_F(SilencesTest, WhenThereAreTooManyExpiredOnesMakeRoom) {
  const std::string oldest = set(silence({matcher("a", "b")}, kNow, kNow + kMinute));
  const std::string old = set(silence({matcher("a", "b")}, kNow, kNow + 2 * kMinute));
  for (std::size_t i = 2; i < Silences::kMost; ++i) {
    set(silence({matcher("alertname", fmt::format("A{}", i))}));
  }
  EXPECT_THAT(error(silence({matcher("a", "c")})), HasSubstr("10000 silences"));
  set(silence({matcher("a", "c")}), kNow + 3 * kMinute);
  EXPECT_EQ(silences.find(oldest), nullptr);
  EXPECT_NE(silences.find(old), nullptr);
  set(silence({matcher("a", "d")}), kNow + 3 * kMinute);
  EXPECT_THAT(error(silence({matcher("a", "e")}), kNow + 3 * kMinute), HasSubstr("10000"));
  EXPECT_EQ(silences.all(kNow).size(), Silences::kMost);
  EXPECT_EQ(map.size("silence"), Silences::kMost);
  EXPECT_EQ(silences.silencing({{"alertname", "A77"}}, kNow).size(), 1U);
}

TEST_F(SilencesTest, ManyLargeOnesAreBoundTogether) {
  Silence wanted = silence({matcher("a", "b")});
  wanted.comment = std::string(60'000, 'x');
  std::size_t made = 0;
  while (made < Silences::kMost && silences.set(wanted, kNow)) ++made;
  EXPECT_EQ(made, Silences::kMostTotal / silence_to_json(*silences.all(kNow).front()).size());
  EXPECT_EQ(error(wanted), fmt::format("there are {} silences already, as many as are kept", made));
}

}  // namespace
}  // namespace hitwatch::notify
