#include "collectors/tap/packets/segment.h"

#include <gtest/gtest.h>

namespace hitwatch::packets {
namespace {

TEST(Endpoint, IsWrittenAsUsual) {
  const Address ipv4 = Address::ipv4({127, 0, 0, 1});
  EXPECT_TRUE(ipv4.is_ipv4());
  EXPECT_EQ(to_string(ipv4), "127.0.0.1");
  EXPECT_EQ(to_string(Endpoint{ipv4, 6379}), "127.0.0.1:6379");
  const Address ipv6{.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  EXPECT_FALSE(ipv6.is_ipv4());
  EXPECT_EQ(to_string(ipv6), "fd00::1");
  EXPECT_EQ(to_string(Endpoint{ipv6, 6379}), "[fd00::1]:6379");
}

}  // namespace
}  // namespace hitwatch::packets
