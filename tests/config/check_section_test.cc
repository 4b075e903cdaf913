// `keys.check`: keys, key groups and streams that have metrics of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/key_selector.h"
#include "tests/config/faults.h"

namespace hitwatch::config {
namespace {

using keyspace::KeySelector;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

keyspace::CheckOptions check_of(const std::string& entries) {
  auto config = load_text("keys: {check: {" + entries + "}}", "h.yaml");
  if (config) return config->keys.check;
  ADD_FAILURE() << to_string(config.error().front());
  return {};
}

std::vector<std::string> check_faults(const std::string& entries) {
  return faults_of("keys: {check: {" + entries + "}}");
}

TEST(CheckSection, WithoutItNothingIsAsked) {
  for (const char* text : {"", "keys: {}", "keys: {check: }", "keys: {check: {keys: []}}"}) {
    const auto config = load_text(text, "h.yaml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->keys.check, keyspace::CheckOptions{});
    EXPECT_FALSE(config->keys.check.any());
  }
}

TEST(CheckSection, EveryKeyReachesItsPlace) {
  const keyspace::CheckOptions check = check_of(R"(
    keys: ["db1=user:*", "a?"],
    single_keys: [b],
    count: ["db2=c*"],
    groups: ["^([^:]+):", "x"],
    streams: ["d*"],
    single_streams: ["db3=e"],
    interval: 5m,
    values: true,
    stream_consumers: false,
    max_groups: 7,
    scan_count: 50,
    on_masters: false)");
  keyspace::CheckOptions expected;
  expected.keys = {{1, "user:*"}, {0, "a?"}};
  expected.single_keys = {{0, "b"}};
  expected.count = {{2, "c*"}};
  expected.groups = {"^([^:]+):", "x"};
  expected.streams = {{0, "d*"}};
  expected.single_streams = {{3, "e"}};
  expected.interval = std::chrono::minutes(5);
  expected.values = true;
  expected.stream_consumers = expected.on_masters = false;
  expected.max_groups = 7;
  expected.scan_count = 50;
  EXPECT_EQ(check, expected);
  EXPECT_TRUE(check.any());
}

TEST(CheckSection, FiguresHaveBounds) {
  EXPECT_THAT(check_faults("scan_count: 0"),
              ElementsAre("h.yaml:1:28: keys.check.scan_count: '0' is not a number from 1 to "
                          "100000"));
  EXPECT_THAT(check_faults("max_groups: 100001"), ElementsAre(HasSubstr("from 1 to 100000")));
  EXPECT_THAT(check_faults("interval: 0s"), ElementsAre(HasSubstr("must be from 1s to 1d")));
  std::string many = "keys: [a";
  for (int i = 0; i < 1000; ++i) many += ", a";
  EXPECT_THAT(check_faults(many + "]"),
              ElementsAre("h.yaml:1:22: keys.check.keys: more than 1000 entries"));
}

TEST(CheckSection, BadEntriesHaveAPlace) {
  EXPECT_THAT(check_faults("keys: [a, db16384=b]"),
              ElementsAre("h.yaml:1:26: keys.check.keys[1]: 'db16384=b' names no database from 0 "
                          "to 16383"));
  EXPECT_THAT(check_faults("count: ['db0=']"),
              ElementsAre("h.yaml:1:24: keys.check.count[0]: 'db0=' names no key: write it like "
                          "'user:*' or 'db0=user:*'"));
  EXPECT_THAT(check_faults("groups: ['']"),
              ElementsAre(HasSubstr("keys.check.groups[0]: must be a Lua")));
  EXPECT_THAT(check_faults("groups: ['^(a']"),
              ElementsAre(HasSubstr("keys.check.groups[0]: '^(a' is no Lua pattern: ")));
  EXPECT_THAT(check_faults("streams: x"), ElementsAre(HasSubstr("must be a list")));
  EXPECT_THAT(check_faults("key: [a]"), ElementsAre(HasSubstr("did you mean 'keys'?")));
}

TEST(KeySelector, DatabasesStandBeforeAnEqualsSign) {
  EXPECT_EQ(parse_key_selector("user:*"), (KeySelector{0, "user:*"}));
  EXPECT_EQ(parse_key_selector("db12=user:*"), (KeySelector{12, "user:*"}));
  EXPECT_EQ(parse_key_selector("db0=a=b"), (KeySelector{0, "a=b"}));
  EXPECT_EQ(parse_key_selector("db1= a "), (KeySelector{1, " a "}));
}

TEST(KeySelector, OtherEqualsSignsBelongToTheName) {
  for (const char* name :
       {"a=b", "db=a", "dbx=a", "db-1=a", "db 1=a", "1=a", "=", "DB1=a", "db1"}) {
    EXPECT_EQ(parse_key_selector(name), (KeySelector{0, name}));
  }
}

TEST(KeySelector, NamesOfAnyBytesUpToABound) {
  const std::string binary("\0\xFF\n", 3);
  EXPECT_EQ(parse_key_selector(binary), (KeySelector{0, binary}));
  EXPECT_TRUE(parse_key_selector(std::string(kMaxSelectorBytes, 'a')));
  EXPECT_THAT(parse_key_selector(std::string(kMaxSelectorBytes + 1, 'a')).error(),
              HasSubstr("longer than 65536 bytes"));
  EXPECT_FALSE(parse_key_selector("db99999999999999999999=a"));
}

}  // namespace
}  // namespace hitwatch::config
