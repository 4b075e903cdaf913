// Passwords by server, as redis_exporter's file has them.
#include "agent/net/password_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "tests/web/temporary_folder.h"

namespace hitwatch::net {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class PasswordMapFile : public testing::Test {
 protected:
  PasswordMap map(const std::string& json,
                  std::chrono::milliseconds patience = std::chrono::milliseconds::zero()) {
    return PasswordMap(write(json), patience);
  }
  std::string write(const std::string& json) { return folder_.write("map.json", json); }

  // "user:password", or "none", or the error.
  static std::string login(const PasswordMap& map, const std::string& url,
                           const std::string& username = "", bool any_user = true) {
    const auto found = map.find(parse_redis_url(url).value(), username, any_user);
    if (!found) return found.error().text;
    if (!*found) return "none";
    return (*found)->username + ":" + (*found)->password;
  }
  static std::string error_of(const PasswordMap& map) {
    const auto ok = map.check();
    if (ok) return "no error";
    EXPECT_EQ(ok.error().reason, Reason::kSecret);
    return ok.error().text;
  }

  web::TemporaryFolder folder_;
};

TEST_F(PasswordMapFile, NamesServersInEverySpelling) {
  const auto file = map(R"({"redis://a:6379": "1", "rediss://u%40x@b:6380/3": "2", "c:7000": "",
                            "[::1]": "4", "unix:///run/r.sock": "5", "valkeys://d": "6"})");
  EXPECT_EQ(login(file, "redis://a"), ":1");
  EXPECT_EQ(login(file, "a:6379"), ":1");
  EXPECT_EQ(login(file, "rediss://b:6380"), "u@x:2");
  EXPECT_EQ(login(file, "c:7000"), ":");
  EXPECT_EQ(login(file, "redis://[::1]:6379/2"), ":4");
  EXPECT_EQ(login(file, "/run/r.sock"), ":5");
  EXPECT_EQ(login(file, "rediss://d"), ":6");
  EXPECT_EQ(login(file, "redis://a:6380"), "none");
}

TEST_F(PasswordMapFile, ASchemeKeepsThePasswordToItsKindOfConnection) {
  const auto file = map(R"({"rediss://a": "tls", "b": "both", "redis://b": "plain"})");
  EXPECT_EQ(login(file, "rediss://a"), ":tls");
  EXPECT_EQ(login(file, "redis://a"), "none");
  EXPECT_EQ(login(file, "redis://b"), ":plain");
  EXPECT_EQ(login(file, "rediss://b"), ":both");
}

TEST_F(PasswordMapFile, TheUserWhoIsMeantGoesFirst) {
  const auto file = map(R"({"redis://u@a": "1", "redis://v@a": "2", "redis://a": "3"})");
  EXPECT_EQ(login(file, "a"), ":3");
  EXPECT_EQ(login(file, "a", "v"), "v:2");
  EXPECT_EQ(login(file, "a", "w"), "w:3");
  const auto users_only = map(R"({"redis://u@a": "1", "redis://v@a": "2"})");
  EXPECT_EQ(login(users_only, "a"), "u:1");
  EXPECT_EQ(login(users_only, "a", "w"), "u:1");
  EXPECT_EQ(login(users_only, "a", "w", false), "none");
}

TEST_F(PasswordMapFile, IsReadAgainWhenItHasChanged) {
  const auto file = map(R"({"a": "old"})");
  const std::vector<PasswordMap> copies = {file};
  EXPECT_EQ(login(file, "a"), ":old");
  write(R"({"a": "newer", "b": "2"})");
  EXPECT_EQ(login(copies[0], "a"), ":newer");
  EXPECT_EQ(login(file, "b"), ":2");
}

TEST_F(PasswordMapFile, ABadOneKeepsAwayWhomItNamedOnly) {
  const auto file = map(R"({"a": "1", "b": "2"})");
  EXPECT_EQ(login(file, "a"), ":1");
  write(R"({"a": "hunter2", "b)");
  EXPECT_THAT(login(file, "a"),
              AllOf(HasSubstr("map.json is not a JSON object of passwords"),
                    HasSubstr("put it right, it is read again"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(login(file, "c"), "none");
  std::filesystem::remove(file.path());
  EXPECT_THAT(login(file, "b"), HasSubstr("map.json: No such file or directory; put it right"));
  write(R"({"b": "3"})");
  EXPECT_EQ(login(file, "b"), ":3");
  EXPECT_EQ(login(file, "a"), "none");
}

TEST_F(PasswordMapFile, OneThatIsBeingWrittenServesAsItWas) {
  const auto file = map(R"({"a": "1", "b": "2"})", std::chrono::hours(1));
  EXPECT_EQ(login(file, "a"), ":1");
  write(R"({"a": "hunter2", "b)");
  EXPECT_EQ(login(file, "a"), ":1");
  EXPECT_FALSE(file.check()) << "who asks whether it is good is told";
  std::filesystem::remove(file.path());
  EXPECT_EQ(login(file, "b"), ":2");
  write(R"({"a": "3"})");
  EXPECT_EQ(login(file, "a"), ":3");
  EXPECT_EQ(login(file, "b"), "none");
}

TEST_F(PasswordMapFile, HowLongItIsBadCountsFromWhenItWasGoodLast) {
  const auto file = map(R"({"a": "1"})", std::chrono::milliseconds(20));
  EXPECT_EQ(login(file, "a"), ":1");
  // However often it is written meanwhile.
  std::string bad = "{";
  while (login(file, "a") == ":1") write(bad += "{");
  EXPECT_THAT(login(file, "a"), HasSubstr("put it right"));
}

TEST_F(PasswordMapFile, WrongOnesAreRefusedWithoutASecret) {
  for (const std::string json :
       {R"(["hunter2"])", R"("hunter2")", "", "hunter2", R"({"redis://u:hunter2/x@h": "a"})",
        R"({"http://hunter2": "a"})", R"({"a": 5, "b": "hunter2"})", R"({"a": ["hunter2"]})",
        "{\"a\": \"\xff hunter2\"}"}) {
    EXPECT_THAT(error_of(map(json)),
                AllOf(HasSubstr("map.json"), HasSubstr("put it right"), Not(HasSubstr("hunter2"))))
        << json;
  }
  EXPECT_THAT(error_of(map(R"({"a": "x", "b": null})")), HasSubstr("entry 2, in the order of"));
  EXPECT_EQ(error_of(map("{}")), "no error");
}

TEST_F(PasswordMapFile, HasBounds) {
  std::string big = R"({"a": ")" + std::string(PasswordMap::kMaxBytes, 'x') + "\"}";
  EXPECT_THAT(error_of(map(big)), HasSubstr("larger than 1MiB"));
  std::string deep(500'000, '[');
  EXPECT_THAT(error_of(map(deep)), HasSubstr("is not a JSON object"));
  std::string many = "{";
  for (int i = 0; i < 40'000; ++i) many += "\"h" + std::to_string(i) + "\":\"x\",";
  const auto file = map(many + R"("last":"y"})");
  EXPECT_EQ(login(file, "last"), ":y");
  EXPECT_EQ(login(file, "h39999"), ":x");
}

TEST_F(PasswordMapFile, TellsItsServers) {
  EXPECT_THAT(map(R"({"redis://u@b:1": "", "redis://v@b:1": "", "rediss://a": "", "c": "",
                      "/run/r.sock": ""})")
                  .servers(),
              ElementsAre("/run/r.sock", "c:6379", "redis://b:1", "rediss://a:6379"));
}

}  // namespace
}  // namespace hitwatch::net
