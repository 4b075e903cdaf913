#include "agent/net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch::net {
namespace {

using testing::HasSubstr;
using testing::Not;

RedisUrl parse(std::string_view text) {
  auto url = parse_redis_url(text);
  EXPECT_TRUE(url.has_value()) << text << ": " << (url ? "" : url.error());
  return url.value_or(RedisUrl{});
}

std::string error_of(std::string_view text) {
  const auto url = parse_redis_url(text);
  return url ? "no error" : url.error();
}

TEST(RedisUrl, NamesHostPortAndDatabase) {
  const RedisUrl url = parse("redis://cache.example.org:6380/3");
  EXPECT_EQ(url.host, "cache.example.org");
  EXPECT_EQ(url.port, 6380);
  EXPECT_EQ(url.database, 3);
  EXPECT_FALSE(url.tls);
}

TEST(RedisUrl, DefaultsToPort6379DatabaseZeroAndThisHost) {
  EXPECT_EQ(parse("redis://cache").address(), "cache:6379");
  EXPECT_EQ(parse("redis://cache/").database, 0);
  EXPECT_EQ(parse("redis://").address(), "localhost:6379");
  EXPECT_EQ(parse("redis://:6380").address(), "localhost:6380");
}

TEST(RedisUrl, TakesEverySchemeInAnyCase) {
  EXPECT_FALSE(parse("valkey://h").tls);
  EXPECT_TRUE(parse("rediss://h").tls);
  EXPECT_TRUE(parse("valkeys://h").tls);
  EXPECT_TRUE(parse("REDISS://h").tls);
  EXPECT_EQ(parse("unix:///run/redis.sock").socket_path, "/run/redis.sock");
}

TEST(RedisUrl, TakesABareHostAndABarePath) {
  EXPECT_EQ(parse("cache:6380").address(), "cache:6380");
  EXPECT_EQ(parse("cache").address(), "cache:6379");
  EXPECT_EQ(parse("10.0.0.1").address(), "10.0.0.1:6379");
  EXPECT_EQ(parse("/run/redis.sock").address(), "/run/redis.sock");
}

TEST(RedisUrl, DecodesUserAndPassword) {
  const RedisUrl url = parse("redis://watch%40er:p%2Fa%3Ass@cache");
  EXPECT_EQ(url.username, "watch@er");
  EXPECT_EQ(url.password, "p/a:ss");
  EXPECT_EQ(parse("redis://:only@cache").password, "only");
  EXPECT_EQ(parse("redis://:only@cache").username, "");
  EXPECT_EQ(parse("redis://user@cache").username, "user");
}

TEST(RedisUrl, TakesTheLastAtSignAsTheEndOfThePassword) {
  EXPECT_EQ(parse("redis://u:p@ss@cache").password, "p@ss");
  EXPECT_EQ(parse("redis://u:p@ss@cache").host, "cache");
}

TEST(RedisUrl, TakesIpv6InBrackets) {
  const RedisUrl url = parse("redis://[::1]:6380/1");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.address(), "[::1]:6380");
  EXPECT_EQ(parse("redis://[::ffff:127.0.0.1]").address(), "[::ffff:127.0.0.1]:6379");
  EXPECT_THAT(error_of("redis://::1"), HasSubstr("[::1]:6379"));
  EXPECT_NE(error_of("redis://[::1"), "no error");
  EXPECT_NE(error_of("redis://[::1]6379"), "no error");
}

TEST(RedisUrl, TakesAZoneOfLinkLocalAddressesOnly) {
  EXPECT_EQ(parse("redis://[fe80::1%eth0]").address(), "[fe80::1%eth0]:6379");
  EXPECT_EQ(parse("redis://[febf::1%br-1_a.20]:1").host, "febf::1%br-1_a.20");
  for (const std::string text :
       {"redis://[::ffff:127.0.0.1%x.prod.example:1]:27010", "redis://[::1%lo]",
        "redis://[fec0::1%eth0]", "redis://[fe80::1%]", "redis://[fe80::1%a%b]",
        "redis://[fe80::1%a:1]", "redis://[fe80::1%a/b]", "redis://[%eth0]"}) {
    EXPECT_NE(error_of(text), "no error") << text;
  }
}

TEST(RedisUrl, TakesNothingButIpv6InBrackets) {
  for (const std::string text :
       {"redis://[]", "redis://[127.0.0.1]", "redis://[cache]", "redis://[cache:x]",
        "redis://[1:2]", "redis://[::g]", "redis://[1::2::3]", "redis://[::1.2.3.256]"}) {
    EXPECT_NE(error_of(text), "no error") << text;
  }
}

TEST(RedisUrl, TakesDatabaseAndPasswordOfAUnixSocket) {
  const RedisUrl url = parse("unix://user:secret@/run/redis.sock?db=2");
  EXPECT_EQ(url.socket_path, "/run/redis.sock");
  EXPECT_EQ(url.database, 2);
  EXPECT_EQ(url.password, "secret");
  EXPECT_EQ(url.redacted(), "unix:///run/redis.sock");
}

TEST(RedisUrl, ShowsNoSecretInAddressAndRedactedForm) {
  const RedisUrl url = parse("rediss://user:secret@cache:6380/5");
  EXPECT_EQ(url.address(), "cache:6380");
  EXPECT_EQ(url.redacted(), "rediss://cache:6380");
}

TEST(RedisUrl, RefusesWhatIsNoAddress) {
  for (const std::string text : {"",
                                 " ",
                                 "http://cache",
                                 "://cache",
                                 "redis://cache:0",
                                 "redis://cache:65536",
                                 "redis://cache:-1",
                                 "redis://cache:port",
                                 "redis://cache:",
                                 "redis://cache/x",
                                 "redis://cache/-1",
                                 "redis://cache/1/2",
                                 "redis://cache/99999999999",
                                 "redis://ca che",
                                 "redis://cache\n",
                                 "redis://cache?ssl=1",
                                 "redis://cache#1",
                                 "unix://run/redis.sock",
                                 "unix://",
                                 "unix:///run/s?timeout=1",
                                 "unix:///run/%zz",
                                 "redis://u:%4@cache",
                                 "redis://u:%00@cache",
                                 "redis://cac\xc3\xa9"}) {
    EXPECT_NE(error_of(text), "no error") << text;
  }
  EXPECT_NE(error_of("redis://" + std::string(254, 'h')), "no error");
  EXPECT_NE(error_of("redis://" + std::string(5000, 'h')), "no error");
  EXPECT_NE(error_of("/" + std::string(108, 's')), "no error");
}

TEST(RedisUrl, NeverRepeatsAPasswordWhoseSpecialCharactersWereNotEscaped) {
  for (const std::string text :
       {"redis://u:hunter2/x@cache", "redis://u:hun/hunter2@cache", "redis://u:hunter2?@cache",
        "redis://u:a?hunter2@cache", "redis://u:hunter2#@cache", "redis://:hunter2",
        "redis://u:hunter2", "redis://u:hunter2%zz@cache", "redis://u:p@hunter2/y@cache",
        "unix://u:hunter2/run/x", "redis://u:[hunter2@[cache", "u:hunter2:x",
        "redis://[hunter2]@x:y", "redis://cache/hunter2", "u@hunter2://x"}) {
    EXPECT_NE(error_of(text), "no error") << text;
    EXPECT_THAT(error_of(text), Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(RedisUrl, SaysWhichSchemesThereAre) {
  EXPECT_THAT(error_of("http://cache"), HasSubstr("'http' is not a scheme of Redis"));
  EXPECT_THAT(error_of("http://cache"), HasSubstr("rediss"));
}

}  // namespace
}  // namespace hitwatch::net
