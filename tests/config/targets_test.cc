// Patterns, globs, and which credentials a target gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/config/config.h"
#include "collectors/redis/login.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

bool slow_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return slow_match(pattern.substr(1), text) ||
           (!text.empty() && slow_match(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  return (pattern[0] == '?' || pattern[0] == text[0]) &&
         slow_match(pattern.substr(1), text.substr(1));
}

TEST(Pattern, StarIsAnyTextAndQuestionMarkAnyCharacter) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("*.prod.example:*", "a.b.prod.example:6379"));
  EXPECT_TRUE(matches_pattern("10.0.0.?:6379", "10.0.0.7:6379"));
  EXPECT_TRUE(matches_pattern("[::1]:6379", "[::1]:6379"));
  EXPECT_FALSE(matches_pattern("*.prod.example", "a.prod.example:6379"));
  EXPECT_FALSE(matches_pattern("", "a"));
  EXPECT_FALSE(matches_pattern("?", ""));
}

TEST(Pattern, AgreesWithItsDefinition) {
  std::mt19937 random(7);
  const auto word = [&](const std::string& letters, std::size_t most) {
    std::string text(random() % most, ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = word("ab*?", 8);
    const std::string text = word("ab", 10);
    EXPECT_EQ(matches_pattern(pattern, text), slow_match(pattern, text)) << pattern << " " << text;
  }
}

TEST(Pattern, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(2000, 'a')));
}

bool matches(std::string_view pattern, std::string_view url) {
  return matches_address(pattern, net::parse_redis_url(url).value());
}

TEST(Address, APatternWithoutASchemeIsForAll) {
  EXPECT_TRUE(matches("*.prod.example:*", "redis://a.prod.example"));
  EXPECT_TRUE(matches("*.prod.example:*", "rediss://a.prod.example:6380"));
  EXPECT_TRUE(matches("/run/*.sock", "unix:///run/redis.sock"));
  EXPECT_TRUE(matches("*", "a"));
  EXPECT_FALSE(matches("redis*", "redis://a")) << "the address is a:6379";
}

TEST(Address, ASchemeCounts) {
  EXPECT_TRUE(matches("rediss://a:*", "rediss://a"));
  EXPECT_FALSE(matches("rediss://a:*", "redis://a"));
  EXPECT_FALSE(matches("redis://a:*", "rediss://a"));
  EXPECT_TRUE(matches("valkeys://a:*", "rediss://a"));
  EXPECT_FALSE(matches("valkeys://a:*", "valkey://a"));
  EXPECT_TRUE(matches("valkey://a:*", "redis://a"));
  EXPECT_TRUE(matches("REDISS://a:*", "valkeys://a"));
  EXPECT_TRUE(matches("redis*://a:*", "rediss://a"));
  EXPECT_TRUE(matches("unix:///run/*", "/run/redis.sock"));
  EXPECT_FALSE(matches("redis://*", "/run/redis.sock"));
}

TEST(Address, APatternOfDigitsIsForIpv4AddressesOnly) {
  for (const std::string pattern :
       {"10.0.*:6379", "10.0.*", "10.0.?.?:*", "1*:6379", "redis://10.*:6379"}) {
    EXPECT_TRUE(matches(pattern, "10.0.0.1:6379")) << pattern;
    EXPECT_FALSE(matches(pattern, "10.0.0.1.evil.example:6379")) << pattern;
    EXPECT_FALSE(matches(pattern, "10.0.evil.example:6379")) << pattern;
    EXPECT_FALSE(matches(pattern, "10.0.0.0.1:6379")) << pattern;
  }
  EXPECT_FALSE(matches("*1:6379", "[::1]:6379"));
  EXPECT_TRUE(matches("*:6379", "cache1:6379"));
  EXPECT_TRUE(matches("cache-1?:6379", "cache-12:6379"));
}

TEST(Address, AZoneNeedsAPatternWithBrackets) {
  EXPECT_FALSE(matches("*.prod.example:*", "[fe80::1%x.prod.example]:6379"));
  EXPECT_FALSE(matches("*", "[fe80::1%eth0]:6379"));
  EXPECT_TRUE(matches("[fe80::*]:6379", "[fe80::1%eth0]:6379"));
  EXPECT_TRUE(matches("rediss://[fe80::1%eth0]:*", "rediss://[fe80::1%eth0]:6379"));
  EXPECT_TRUE(matches("[::1]:6379", "[::1]:6379"));
}

TEST(Address, ASocketNeedsAPatternOfPaths) {
  EXPECT_FALSE(matches("*.prod.example:*", "/tmp/x.prod.example:1"));
  EXPECT_FALSE(matches("*.sock", "/run/redis.sock"));
  EXPECT_TRUE(matches("*", "/run/redis.sock"));
  EXPECT_TRUE(matches("/run/*", "/run/redis.sock"));
}

class Glob : public TestFolder {};

TEST_F(Glob, AnswersWhatMatchesInOrder) {
  const std::string b = write("b.yaml", "");
  const std::string a = write("a.yaml", "");
  write("c.json", "");
  EXPECT_THAT(expand_glob(path("*.yaml")), ElementsAre(a, b));
  EXPECT_THAT(expand_glob(a), ElementsAre(a));
  EXPECT_THAT(expand_glob(path("*.txt")), IsEmpty());
}

Credentials credentials(const std::string& match, const std::string& username,
                        const std::string& password) {
  Credentials entry;
  entry.match = match;
  entry.username = username;
  entry.password.literal = password;
  return entry;
}

TEST(ApplyCredentials, TheFirstMatchCounts) {
  auto target = target_from_url("rediss://a.prod.example:6380").value();
  Credentials second = credentials("*.prod.example:*", "prod", "hunter2");
  second.tls.ca_file = "/ca.pem";
  apply_credentials(target, {credentials("*:6379", "x", "y"), second, credentials("*", "z", "z")});
  EXPECT_EQ(target.username, "prod");
  EXPECT_EQ(target.password.literal, "hunter2");
  EXPECT_EQ(target.tls.ca_file, "/ca.pem");
}

TEST(ApplyCredentials, APasswordForTlsIsNotSentWithout) {
  auto plain = target_from_url("redis://a").value();
  apply_credentials(plain, {credentials("rediss://a:6379", "u", "p")});
  EXPECT_TRUE(plain.password.empty());
  auto tls = target_from_url("rediss://a").value();
  apply_credentials(tls, {credentials("rediss://a:6379", "u", "p")});
  EXPECT_EQ(tls.password.literal, "p");
}

TEST(ApplyCredentials, ATargetsOwnAreKept) {
  auto target = target_from_url("redis://own:secret@a").value();
  apply_credentials(target, {credentials("*", "other", "x")});
  EXPECT_EQ(target.username, "own");
  auto with_user = target_from_url("redis://own@a").value();
  apply_credentials(with_user, {credentials("*", "other", "x")});
  EXPECT_EQ(with_user.username, "own");
  EXPECT_TRUE(with_user.password.empty()) << "a password is never sent for another user";
}

class MappedCredentials : public TestFolder {
 protected:
  Credentials map(const std::string& name, const std::string& json,
                  const std::string& username = "",
                  std::chrono::milliseconds patience = net::PasswordMap::kPatience) const {
    Credentials entry;
    entry.username = username;
    entry.password_map.emplace(write(name, json), patience);
    return entry;
  }
  // How a target of that URL is introduced to its server.
  static std::vector<std::string> said_to(const std::string& url,
                                          const std::vector<Credentials>& credentials) {
    auto target = target_from_url(url).value();
    apply_credentials(target, credentials);
    return redis::auth_command(target).value();
  }
};

TEST_F(MappedCredentials, TheFirstMatchCountsAmongMapsAndPatterns) {
  const auto first = map("1.json", R"({"a": "first", "b": ""})");
  const auto second = map("2.json", R"({"a": "second", "c": "third"})");
  const std::vector<Credentials> all = {first, second, credentials("*", "u", "any"),
                                        map("3.json", R"({"d": "late"})")};
  EXPECT_THAT(said_to("a", all), ElementsAre("AUTH", "first"));
  EXPECT_THAT(said_to("b", all), IsEmpty()) << "it has no password";
  EXPECT_THAT(said_to("c", all), ElementsAre("AUTH", "third"));
  EXPECT_THAT(said_to("d", all), ElementsAre("AUTH", "u", "any"));
}

TEST_F(MappedCredentials, AUserHasNoOtherUsersPassword) {
  const std::vector<Credentials> all = {
      map("1.json", R"({"redis://own@a": "mine", "redis://other@a": "theirs", "redis://x@b": "y"})",
          "watcher"),
      credentials("*", "u", "any")};
  EXPECT_THAT(said_to("redis://own@a", all), ElementsAre("AUTH", "own", "mine"));
  EXPECT_THAT(said_to("redis://own@b", all), ElementsAre("AUTH", "own", ""));
  EXPECT_THAT(said_to("redis://own:secret@a", all), ElementsAre("AUTH", "own", "secret"));
  EXPECT_THAT(said_to("b", all), ElementsAre("AUTH", "x", "y"));
}

TEST_F(MappedCredentials, EntriesWithoutAUserAreForTheOneThatIsGiven) {
  const auto entry = map("1.json", R"({"a": "p"})", "watcher");
  EXPECT_THAT(said_to("a", {entry}), ElementsAre("AUTH", "watcher", "p"));
  EXPECT_THAT(said_to("redis://own@a", {entry}), ElementsAre("AUTH", "own", "p"));
}

TEST_F(MappedCredentials, ABadFileKeepsAwayThoseWhomItNamed) {
  const auto entry = map("1.json", R"({"a": "p"})", "", std::chrono::milliseconds(0));
  EXPECT_TRUE(entry.password_map->check());
  write("1.json", R"({"a": "p", )");
  auto named = target_from_url("a").value();
  apply_credentials(named, {entry});
  const auto failed = redis::auth_command(named);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason, net::Reason::kSecret);
  EXPECT_THAT(failed.error().text, HasSubstr("password map " + path("1.json") + " is not a JSON"));
  EXPECT_THAT(said_to("b", {entry, credentials("*", "", "q")}), ElementsAre("AUTH", "q"));
}

TEST_F(MappedCredentials, StandInTheConfiguration) {
  write("map.json", R"({"a": "p"})");
  const auto config =
      load_text("credentials: [{password_map: map.json, username: u}]", path("h.yaml"));
  ASSERT_TRUE(config);
  EXPECT_THAT(said_to("a", config->credentials), ElementsAre("AUTH", "u", "p"));
}

TEST_F(MappedCredentials, AreCheckedWithTheConfiguration) {
  write("map.json", R"({"redis://h": {"hunter2": 1}})");
  EXPECT_THAT(
      faults_of("credentials: [{password_map: map.json, match: a, tls: {}}]", path("h.yaml")),
      ElementsAre(HasSubstr(":1:30: credentials[0].password_map: password map " + path("map.json") +
                            ": entry 1, in the order of their names: the password is not "
                            "a string; put it right"),
                  HasSubstr("credentials[0].match: not allowed beside 'password_map'"),
                  HasSubstr("credentials[0].tls: not allowed beside 'password_map'")));
  EXPECT_THAT(faults_of("credentials: [{password_map: gone.json}]", path("h.yaml")),
              ElementsAre(HasSubstr("gone.json: No such file or directory; put it right")));
}

TEST(TargetFromUrl, NeverRepeatsThePassword) {
  const auto target = target_from_url("redis://u:hunter2@h:port");
  ASSERT_FALSE(target);
  EXPECT_THAT(target.error(), Not(HasSubstr("hunter2")));
}

TEST(LogLevelWord, IsTakenInAnyCase) {
  EXPECT_EQ(parse_log_level("DEBUG"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::kWarn);
  EXPECT_THAT(parse_log_level("loud").error(), HasSubstr("debug, info, warn, error"));
}

}  // namespace
}  // namespace hitwatch::config
