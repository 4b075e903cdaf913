#include "collectors/tap/packets/network_namespace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <stdexcept>

#include "tests/packets/namespaces.h"

namespace hitwatch::packets {
namespace {

using test::OwnNamespace;
using ::testing::HasSubstr;

class NetworkNamespaceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { test::be_root(); }
};

TEST_F(NetworkNamespaceTest, IsNamedAsTheToolsNameIt) {
  EXPECT_EQ(namespace_file("blue"), "/run/netns/blue");
  EXPECT_EQ(namespace_file("1234"), "/proc/1234/ns/net");
  EXPECT_EQ(namespace_file("/run/docker/netns/1"), "/run/docker/netns/1");
}

TEST_F(NetworkNamespaceTest, OnlyTheWorkIsDoneInIt) {
  const OwnNamespace own;
  own.run("ip link add inside type veth peer name other");
  unsigned index = 0;
  ASSERT_TRUE(in_network_namespace(own.path(), [&] { index = ::if_nametoindex("inside"); }));
  EXPECT_NE(index, 0U);
  EXPECT_EQ(::if_nametoindex("inside"), 0U);
}

TEST_F(NetworkNamespaceTest, OneThatIsNotThereIsToldOf) {
  const auto work = [] { FAIL(); };
  EXPECT_EQ(in_network_namespace("no-such-one", work).error(),
            "there is no network namespace /run/netns/no-such-one");
  EXPECT_THAT(in_network_namespace("999999999", work).error(), HasSubstr("/proc/999999999/ns/net"));
  EXPECT_EQ(in_network_namespace("/dev/null", work).error(), "/dev/null is no network namespace");
}

TEST_F(NetworkNamespaceTest, EachIsToldFromTheOthers) {
  const OwnNamespace one;
  const OwnNamespace other;
  EXPECT_EQ(id_of_namespace(one.path()), id_of_namespace(one.path()));
  EXPECT_NE(id_of_namespace(one.path()).value(), id_of_namespace(other.path()).value());
  EXPECT_EQ(id_of_namespace("999999999").error(), ENOENT);
}

TEST_F(NetworkNamespaceTest, WhatTheWorkThrowsComesOut) {
  const OwnNamespace own;
  EXPECT_THROW(static_cast<void>(in_network_namespace(
                   own.path(), [] { throw std::runtime_error("from inside"); })),
               std::runtime_error);
}

}  // namespace
}  // namespace hitwatch::packets
