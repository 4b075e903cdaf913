// What a process needs to be allowed, and what not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>

#include <array>
#include <string>
#include <thread>

#include "tests/packets/namespaces.h"

namespace hitwatch::packets {
namespace {

using test::OwnNamespace;
using ::testing::HasSubstr;

// Runs `work` in a thread that has these capabilities only.
void with_capabilities(std::uint32_t mask, const std::function<void()>& work) {
  std::thread([&] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> data{};
    data[0].effective = data[0].permitted = mask;
    ASSERT_EQ(::syscall(SYS_capset, &header, data.data()), 0);
    work();
  }).join();
}

class CapabilitiesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { test::be_root(); }

  static constexpr std::uint32_t kRaw = 1U << CAP_NET_RAW;
  const PacketRing::Options lo{.interface = "lo", .bytes = 1U << 20};
};

TEST_F(CapabilitiesTest, ARingNeedsOneCapabilityWhenItIsOpened) {
  const OwnNamespace own;
  own.enter([&] {
    std::unique_ptr<PacketRing> ring;
    with_capabilities(kRaw, [&] { ring = PacketRing::open(lo, {.ports = {1}}).value(); });
    with_capabilities(0, [&] {
      EXPECT_TRUE(ring->bind());
      EXPECT_TRUE(ring->set_filter({.ports = {2}}));
      EXPECT_TRUE(ring->is_up());
    });
  });
}

TEST_F(CapabilitiesTest, WithoutItTheMessageSaysWhatToDo) {
  with_capabilities(0, [&] {
    const auto opened = PacketRing::open(lo, {.ports = {1}});
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error(), HasSubstr("needs CAP_NET_RAW"));
    EXPECT_THAT(opened.error(), HasSubstr("setcap cap_net_raw+ep"));
    EXPECT_THAT(opened.error(), HasSubstr("AmbientCapabilities=CAP_NET_RAW"));
  });
}

TEST_F(CapabilitiesTest, AnotherNamespaceNeedsAnotherOne) {
  const OwnNamespace own;
  with_capabilities(kRaw, [&] {
    bool has_run = false;
    const auto entered = in_network_namespace(own.path(), [&] { has_run = true; });
    EXPECT_FALSE(has_run);
    ASSERT_FALSE(entered);
    EXPECT_THAT(entered.error(), HasSubstr("needs CAP_SYS_ADMIN"));
  });
}

TEST_F(CapabilitiesTest, TheOwnNamespaceNeedsNone) {
  with_capabilities(0, [&] {
    for (const std::string& name : {std::string(), std::to_string(::getpid())}) {
      bool has_run = false;
      EXPECT_TRUE(in_network_namespace(name, [&] { has_run = true; }));
      EXPECT_TRUE(has_run);
    }
  });
}

}  // namespace
}  // namespace hitwatch::packets
