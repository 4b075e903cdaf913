#include "agent/cli/keys_subject.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "tests/config/test_folder.h"

namespace hitwatch::cli {
namespace {

using Variables = std::map<std::string, std::string>;
using Found = std::expected<KeysSubject, std::string>;

class KeysSubjectTest : public config::TestFolder {
 protected:
  static Found find(const KeysArguments& arguments, const Variables& variables = {}) {
    return find_subject(arguments, [&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    });
  }

  KeysArguments with_config(const std::string& text, const std::string& url = "") const {
    KeysArguments arguments;
    arguments.config_file = write("hitwatch.yaml", text);
    arguments.url = url;
    return arguments;
  }
};

KeysArguments of_url(const std::string& url) {
  KeysArguments arguments;
  arguments.url = url;
  return arguments;
}

TEST_F(KeysSubjectTest, WithoutAnythingItIsTheServerOfThisMachine) {
  EXPECT_EQ(find({})->target.url.address(), "localhost:6379");
  EXPECT_EQ(find({}, {{"REDIS_URL", "redis://a:1"}})->target.url.address(), "a:1");
  EXPECT_EQ(find({}, {{"REDIS_URL", ""}, {"REDIS_CONNECTION_STRING", "redis://b:2"}})
                ->target.url.address(),
            "b:2");
}

TEST_F(KeysSubjectTest, ServersThatAreToBeFoundMustBeNamed) {
  for (const std::string& entry : {std::string("- cluster: {urls: ['redis://a']}\n"),
                                   std::string("- sentinel: {urls: ['redis://a:26379']}\n")}) {
    const Found found = find(with_config("targets:\n" + entry));
    ASSERT_FALSE(found) << found->target.name();
    EXPECT_TRUE(found.error().contains("name the address of one")) << found.error();
    EXPECT_EQ(find(with_config("targets:\n" + entry, "redis://b:1"))->target.name(), "b:1");
  }
}

TEST_F(KeysSubjectTest, ABadVariableIsNamedWithoutItsPassword) {
  const Found found = find({}, {{"REDIS_URL", "redis://me:geheim@cache:port"}});
  ASSERT_FALSE(found);
  EXPECT_TRUE(found.error().starts_with("REDIS_URL: ")) << found.error();
  EXPECT_FALSE(found.error().contains("geheim")) << found.error();
}

TEST_F(KeysSubjectTest, AUrlWithADatabaseMeansThatDatabase) {
  EXPECT_TRUE(find(of_url("redis://cache"))->databases.empty());
  EXPECT_TRUE(find(of_url("redis://cache/"))->databases.empty());
  EXPECT_EQ(find(of_url("redis://cache/3"))->databases, std::vector{3});
  EXPECT_EQ(find(of_url("redis://cache/0"))->databases, std::vector{0});
  EXPECT_EQ(find(of_url("unix:///run/redis.sock?db=0"))->databases, std::vector{0});
  EXPECT_TRUE(find(of_url("/run/redis/0"))->databases.empty());
  KeysArguments arguments = of_url("redis://cache/3");
  arguments.database = 5;
  EXPECT_EQ(find(arguments)->databases, std::vector{5});
}

TEST_F(KeysSubjectTest, WithoutPatternsTheFirstSegmentIsTheType) {
  const Found found = find({});
  EXPECT_TRUE(found->by_first_segment);
  keys::Matcher matcher(found->rules);
  EXPECT_EQ(matcher.match("session:a.b/c").type, "session");
  EXPECT_EQ(matcher.match("session/a.b").type, "session");
  EXPECT_EQ(matcher.match("session.a").type, "session");
  EXPECT_EQ(matcher.match("session:").type, "session");
  EXPECT_FALSE(matcher.match("session"));
  EXPECT_FALSE(matcher.match(":session"));
  EXPECT_FALSE(matcher.match(""));
}

TEST_F(KeysSubjectTest, PatternsOfTheCommandLineComeFirst) {
  KeysArguments arguments =
      with_config("keys: {patterns: [{match: 'a:{tenant}:*', type: second}]}\n");
  arguments.patterns = {"{type}:{tenant}:*", "user:*"};
  const Found found = find(arguments);
  ASSERT_TRUE(found) << found.error();
  EXPECT_FALSE(found->by_first_segment);
  ASSERT_EQ(found->rules.size(), 3U);
  EXPECT_EQ(found->rules[0].type, "");
  EXPECT_EQ(found->rules[1].type, "user");
  EXPECT_EQ(found->rules[2].type, "second");
}

TEST_F(KeysSubjectTest, APatternWithAFaultIsExplained) {
  KeysArguments arguments;
  arguments.patterns = {"catalog:{tenant"};
  EXPECT_EQ(find(arguments).error(),
            "the pattern 'catalog:{tenant' has a '{' without a '}'; a brace of the key itself is "
            "written \\{ (at byte 9)");
  arguments.patterns = {"{tenant}:*"};
  EXPECT_TRUE(find(arguments).error().contains("says no type")) << find(arguments).error();
}

TEST_F(KeysSubjectTest, TheConfigurationsOnlyTargetIsTheOne) {
  const Found found =
      find(with_config("targets: [{url: 'redis://cache:1/2', username: me, password: geheim}]\n"),
           {{"REDIS_URL", "redis://other"}});
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->target.url.address(), "cache:1");
  EXPECT_EQ(found->target.username, "me");
  EXPECT_EQ(found->databases, std::vector{2});
}

TEST_F(KeysSubjectTest, OfSeveralTargetsOneMustBeNamed) {
  const std::string two =
      "targets: [{url: 'redis://a', alias: first, password: one}, {url: 'redis://b', password: "
      "two}]\n";
  EXPECT_EQ(find(with_config(two)).error(),
            "the configuration has several targets; name one of first, b:6379");
  EXPECT_EQ(find(with_config(two, "first"))->target.password.literal, "one");
  EXPECT_EQ(find(with_config(two, "b:6379"))->target.password.literal, "two");
  EXPECT_EQ(find(with_config(two, "redis://b/4"))->target.password.literal, "two");
  EXPECT_EQ(find(with_config(two, "redis://b/4"))->databases, std::vector{4});
  EXPECT_EQ(find(with_config(two, "redis://:own@b"))->target.password.literal, "own");
  EXPECT_TRUE(find(with_config(two, "redis://c"))->target.password.empty());
}

TEST_F(KeysSubjectTest, APasswordForTlsIsNotSentWithout) {
  const std::string text = "targets: [{url: 'rediss://a', password: one}]\n";
  EXPECT_TRUE(find(with_config(text, "redis://a"))->target.password.empty());
  EXPECT_EQ(find(with_config(text, "rediss://a"))->target.password.literal, "one");
  const Found bare = find(with_config(text, "a:6379"));
  EXPECT_TRUE(bare->target.url.tls);
  EXPECT_EQ(bare->target.password.literal, "one");
}

TEST_F(KeysSubjectTest, CredentialsOfTheConfigurationAreForAddressesThatMatch) {
  const std::string text = "credentials: [{match: '*.example:*', username: me, password: one}]\n";
  EXPECT_EQ(find(with_config(text, "redis://cache.example"))->target.username, "me");
  EXPECT_TRUE(find(with_config(text, "redis://cache.elsewhere"))->target.username.empty());
}

TEST_F(KeysSubjectTest, ThePasswordFileComesBeforeTheUrl) {
  KeysArguments arguments = of_url("redis://me:one@cache");
  arguments.password_file = write("password", "two\n");
  arguments.username = "you";
  const Found found = find(arguments);
  EXPECT_EQ(found->target.username, "you");
  EXPECT_EQ(found->target.password.file, arguments.password_file);
  EXPECT_EQ(found->target.password.literal, "");
  arguments.password_file = path("none");
  EXPECT_TRUE(find(arguments).error().contains("none")) << find(arguments).error();
}

TEST_F(KeysSubjectTest, TheVariableOfRedisCliIsTheLastResort) {
  ::setenv("REDISCLI_AUTH", "geheim", 1);
  const Variables variables = {{"REDISCLI_AUTH", "geheim"}};
  EXPECT_EQ(find(of_url("redis://cache"), variables)->target.password.environment, "REDISCLI_AUTH");
  EXPECT_EQ(find(of_url("redis://:own@cache"), variables)->target.password.environment, "");
  EXPECT_EQ(find(of_url("redis://cache"), {{"REDISCLI_AUTH", ""}})->target.password.environment,
            "");
  ::unsetenv("REDISCLI_AUTH");
}

TEST_F(KeysSubjectTest, TlsOptionsNeedTls) {
  KeysArguments arguments = of_url("redis://cache");
  arguments.insecure = true;
  EXPECT_TRUE(find(arguments).error().contains("rediss://")) << find(arguments).error();
  arguments.url = "rediss://cache";
  arguments.ca_file = "/etc/ca.pem";
  EXPECT_TRUE(find(arguments)->target.tls.insecure_skip_verify);
  EXPECT_EQ(find(arguments)->target.tls.ca_file, "/etc/ca.pem");
}

TEST_F(KeysSubjectTest, AFaultyConfigurationIsExplained) {
  EXPECT_TRUE(find(with_config("targts: []\n")).error().contains("hitwatch.yaml:1:1"));
}

}  // namespace
}  // namespace hitwatch::cli
