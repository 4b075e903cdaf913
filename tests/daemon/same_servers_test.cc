// Servers that are watched twice, under different addresses.
#include "agent/same_servers.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch {
namespace {

class SameServersTest : public testing::Test {
 protected:
  // What is logged about a poll.
  std::string polled(const std::string& url, const std::string& run, bool up = true) {
    redis::TargetState state;
    state.up = up;
    state.run_id = run;
    testing::internal::CaptureStderr();
    servers.polled(config::target_from_url(url).value(), state);
    return testing::internal::GetCapturedStderr();
  }
  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  SameServers servers{log};
};

TEST_F(SameServersTest, AreToldOfOnce) {
  EXPECT_EQ(polled("redis://10.0.0.1", "a"), "");
  const std::string text = polled("redis://cache.example", "a");
  EXPECT_NE(text.find("two targets are the same server"), std::string::npos) << text;
  EXPECT_NE(text.find("10.0.0.1:6379"), std::string::npos) << text;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(polled("redis://10.0.0.1", "a"), "");
    EXPECT_EQ(polled("redis://cache.example", "a"), "");
  }
  // After a restart it is the same pair.
  EXPECT_EQ(polled("redis://10.0.0.1", "b"), "");
  EXPECT_EQ(polled("redis://cache.example", "b"), "");
}

TEST_F(SameServersTest, AreMeantWhereTheAddressIsTheSame) {
  EXPECT_EQ(polled("redis://10.0.0.1/0", "a"), "");
  EXPECT_EQ(polled("redis://10.0.0.1/1", "a"), "");
}

TEST_F(SameServersTest, AreNotThoseThatDoNotSay) {
  EXPECT_EQ(polled("redis://10.0.0.1", ""), "");
  EXPECT_EQ(polled("redis://10.0.0.2", ""), "");
  EXPECT_EQ(polled("redis://10.0.0.3", "a", false), "");
  EXPECT_EQ(polled("redis://10.0.0.4", "a"), "");
}

TEST_F(SameServersTest, AreNotThoseOfWhichOneHasAnotherServerByNow) {
  EXPECT_EQ(polled("redis://10.0.0.1", "a"), "");
  EXPECT_EQ(polled("redis://10.0.0.1", "b"), "");
  EXPECT_EQ(polled("redis://10.0.0.2", "a"), "");
}

}  // namespace
}  // namespace hitwatch
