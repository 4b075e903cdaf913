#include "agent/net/peer_address.h"

#include <gtest/gtest.h>

namespace hitwatch::net {
namespace {

TEST(PeerAddresses, AreAHostAndAPort) {
  EXPECT_EQ(split_peer_address("127.0.0.1:50514"), PeerAddress("127.0.0.1", 50514));
  EXPECT_EQ(split_peer_address("[::1]:5"), PeerAddress("::1", 5));
  EXPECT_EQ(split_peer_address("::1:5"), PeerAddress("::1", 5));
  EXPECT_EQ(split_peer_address("/run/redis.sock:0"), PeerAddress("/run/redis.sock", 0));
}

TEST(PeerAddresses, WhatIsNotKnownIsLeftOut) {
  EXPECT_EQ(split_peer_address(""), PeerAddress());
  EXPECT_EQ(split_peer_address("nobody"), PeerAddress());
  EXPECT_EQ(split_peer_address(":5"), PeerAddress("", 5));
  EXPECT_EQ(split_peer_address("a:"), PeerAddress("a", 0));
  EXPECT_EQ(split_peer_address("a:99999"), PeerAddress("a", 0));
}

}  // namespace
}  // namespace hitwatch::net
