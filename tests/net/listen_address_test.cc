#include "agent/net/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::net {
namespace {

using testing::HasSubstr;

TEST(ListenAddress, HasThreeForms) {
  EXPECT_EQ(parse_listen_address("0.0.0.0:9121")->host, "0.0.0.0");
  EXPECT_EQ(parse_listen_address("0.0.0.0:9121")->port, 9121);
  EXPECT_EQ(parse_listen_address("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_listen_address("[fe80::1%eth0]:80")->host, "fe80::1%eth0");
  EXPECT_EQ(parse_listen_address(":0")->host, "");
  EXPECT_EQ(parse_listen_address("localhost:65535")->port, 65535);
}

TEST(ListenAddress, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the port is missing"},
      {"9121", "the port is missing"},
      {"localhost:", "a number from 0 to 65535"},
      {"localhost:http", "a number from 0 to 65535"},
      {"localhost:65536", "a number from 0 to 65535"},
      {"localhost:-1", "a number from 0 to 65535"},
      {"localhost:80 ", "a number from 0 to 65535"},
      {"::1:9121", "needs brackets"},
      {"[::1:9121", "the bracket is not closed"},
      {"[]:9121", "nothing between the brackets"},
      {"a b:9121", "the host has a character"},
      {"fe80%eth0:9121", "the host has a character"},
  };
  for (const auto& [text, reason] : cases) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_THAT(address.error(), HasSubstr(reason)) << text;
  }
}

}  // namespace
}  // namespace hitwatch::net
