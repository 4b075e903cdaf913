// `tap`: what is captured of the traffic between applications and servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

tap::Options tap_of(const std::string& entries) {
  auto config = load_text("tap: {" + entries + "}", "h.yaml");
  if (config) return config->tap;
  ADD_FAILURE() << to_string(config.error().front());
  return {};
}

std::vector<std::string> tap_faults(const std::string& entries) {
  return faults_of("tap: {" + entries + "}");
}

TEST(TapSection, WithoutItNothingIsCaptured) {
  for (const char* text : {"", "tap: ", "tap: {}"}) {
    const auto config = load_text(text, "h.yaml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->tap, tap::Options{});
  }
  EXPECT_FALSE(tap::Options().enabled);
}

TEST(TapSection, EveryKeyReachesItsPlace) {
  tap::Options expected;
  expected.enabled = true;
  expected.interfaces = {"lo", "eth0"};
  expected.ports = {6379, 6380};
  expected.one_of = 10;
  expected.network_namespaces = {"blue", "/proc/1/ns/net"};
  expected.snaplen = 256;
  expected.ring_bytes = 8U << 20;
  EXPECT_EQ(tap_of("enabled: true, interfaces: [lo, eth0], ports: [6379, 6380], sample: 1/10, "
                   "netns: [blue, /proc/1/ns/net], snaplen: 256, buffer: 8MiB"),
            expected);
}

TEST(TapSection, ASampleIsOneOfSoMany) {
  EXPECT_EQ(tap_of("sample: 1/1").one_of, 1);
  EXPECT_EQ(tap_of("sample: 1/65536").one_of, 65536);
  for (const char* bad : {"2/10", "1/0", "10%", "0.1", "1/", "1/65537", "1/-1", "1/1 "}) {
    EXPECT_THAT(tap_faults("sample: '" + std::string(bad) + "'"),
                ElementsAre(HasSubstr("is not a share of the connections from 1/1 to 1/65536")))
        << bad;
  }
}

TEST(TapSection, PortsAreNumbersNamedOnce) {
  EXPECT_THAT(tap_faults("ports: [0]"), ElementsAre(HasSubstr("is not a port from 1 to 65535")));
  EXPECT_THAT(tap_faults("ports: [65536]"),
              ElementsAre(HasSubstr("is not a port from 1 to 65535")));
  EXPECT_THAT(tap_faults("ports: [redis]"), ElementsAre("h.yaml:1:15: tap.ports[0]: 'redis' is not "
                                                        "a port from 1 to 65535"));
  EXPECT_THAT(tap_faults("ports: [6379, 6379]"), ElementsAre(HasSubstr("6379 is named twice")));
  std::string many = "1";
  for (int port = 2; port <= 65; ++port) many += ", " + std::to_string(port);
  EXPECT_THAT(tap_faults("ports: [" + many + "]"), ElementsAre(HasSubstr("more than 64 entries")));
}

TEST(TapSection, AnInterfaceIsNamedEachByItself) {
  EXPECT_THAT(tap_faults("interfaces: []"), ElementsAre(HasSubstr("names no interface")));
  EXPECT_THAT(tap_faults("interfaces: [any]"),
              ElementsAre(HasSubstr("would capture packets several times")));
  EXPECT_THAT(tap_faults("interfaces: [lo, lo]"), ElementsAre(HasSubstr("lo is named twice")));
  EXPECT_THAT(tap_faults("netns: ['']"), ElementsAre(HasSubstr("must not be empty")));
}

TEST(TapSection, SizesHaveBounds) {
  EXPECT_THAT(tap_faults("snaplen: 127"),
              ElementsAre(HasSubstr("is not a number from 128 to 262144")));
  EXPECT_THAT(tap_faults("buffer: 1KiB"), ElementsAre(HasSubstr("must be from 1MiB to 1GiB")));
  EXPECT_THAT(tap_faults("buffer: 2GiB"), ElementsAre(HasSubstr("must be from 1MiB to 1GiB")));
}

}  // namespace
}  // namespace hitwatch::config
