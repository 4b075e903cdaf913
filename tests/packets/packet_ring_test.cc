// Real packets, in network namespaces of the test's own.
#include "collectors/tap/packets/packet_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "tests/packets/frames.h"
#include "tests/packets/namespaces.h"

namespace hitwatch::packets {
namespace {

using test::connect_by_veth;
using test::ipv4_host;
using test::OwnNamespace;
using test::TestConnection;
using test::TestTap;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::uint16_t kPort = 6379;
const Endpoint kLoopback{Address::ipv4({127, 0, 0, 1}), kPort};
const Endpoint kLoopback6{{.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, kPort};
const Endpoint kOverVeth{ipv4_host(2), kPort};
const PortFilter kFilter{.ports = {kPort}};
const PacketRing::Options kLo{.interface = "lo"};

class PacketRingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { test::be_root(); }

  // Threads that move between processors reorder what a host sends to itself, on a busy machine
  // beyond what may wait.
  void SetUp() override {
    ASSERT_EQ(::sched_getaffinity(0, sizeof(processors_), &processors_), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  }
  void TearDown() override { ::sched_setaffinity(0, sizeof(processors_), &processors_); }

  // Some requests and replies, one of them of many packets.
  static void talk(TestConnection& connection, const std::vector<TestTap*>& taps) {
    for (int i = 0; i < 20; ++i) {
      connection.say(Side::kClient, fmt::format("GET key:{}\r\n", i));
      connection.say(Side::kServer, fmt::format("$5\r\nvalue{}\r\n", i));
      for (TestTap* tap : taps) tap->read_some();
    }
    connection.say(Side::kClient, "GET large\r\n");
    connection.say(Side::kServer, std::string(500'000, 'v'));
  }
  static void expect_whole(const TestTap& tap, const TestConnection& connection) {
    EXPECT_EQ(tap.streams[0], connection.sent[0]);
    EXPECT_TRUE(tap.streams[1] == connection.sent[1]);
    EXPECT_EQ(tap.lost_bytes, 0U);
  }
  // A conversation between two namespaces passes the ring at one of its ends.
  static void expect_captures(PacketRing& ring, const OwnNamespace& client,
                              const OwnNamespace& server) {
    EXPECT_TRUE(ring.is_up());
    TestTap tap(ring, kPort);
    TestConnection connection(client, server, kOverVeth);
    talk(connection, {&tap});
    tap.read_all_of(connection);
    expect_whole(tap, connection);
  }
  // Not each of them twice: a host itself may repeat a few, when the machine is busy.
  static void expect_each_once(const TestTap& tap) {
    EXPECT_LT(tap.repetitions, tap.packets / 8);
    EXPECT_LT(tap.syns, 4);
  }
  static void inject(const OwnNamespace& from, const std::string& interface,
                     const test::MadeFrame& made) {
    const int socket = from.socket(AF_PACKET, SOCK_RAW);
    ifreq request{};
    interface.copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
    ASSERT_EQ(::ioctl(socket, SIOCGIFINDEX, &request), 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = request.ifr_ifindex;
    ASSERT_EQ(::sendto(socket, made.bytes.data(), made.bytes.size(), 0,
                       reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              static_cast<ssize_t>(made.bytes.size()));
    ::close(socket);
  }

 private:
  cpu_set_t processors_{};
};

TEST_F(PacketRingTest, OnLoopbackEveryPacketIsSeenOnce) {
  const OwnNamespace own;
  for (const Endpoint& server : {kLoopback, kLoopback6}) {
    const auto ring = own.ring(kLo, kFilter);
    TestTap tap(*ring, kPort);
    TestConnection connection(own, own, server);
    talk(connection, {&tap});
    connection.close();
    tap.read_to_the_end();
    EXPECT_EQ(ring->statistics().dropped, 0U);
    expect_whole(tap, connection);
    expect_each_once(tap);
  }
}

TEST_F(PacketRingTest, BetweenHostsBothDirectionsAreSeenOnEitherOne) {
  const OwnNamespace client;
  const OwnNamespace server;
  connect_by_veth(client, server);
  const auto on_client = client.ring({.interface = "va"}, kFilter);
  const auto on_server = server.ring({.interface = "vb"}, kFilter);
  TestTap tap_of_client(*on_client, kPort);
  TestTap tap_of_server(*on_server, kPort);
  TestConnection connection(client, server, kOverVeth);
  talk(connection, {&tap_of_client, &tap_of_server});
  connection.close();
  for (TestTap* tap : {&tap_of_client, &tap_of_server}) {
    tap->read_to_the_end();
    expect_whole(*tap, connection);
    expect_each_once(*tap);
  }
}

TEST_F(PacketRingTest, PacketsHaveTheTimeAtWhichTheyCame) {
  const auto now = [] {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const OwnNamespace own;
  const auto ring = own.ring(kLo, kFilter);
  const Time before = now();
  TestConnection connection(own, own, kLoopback);
  connection.say(Side::kClient, "GET a");
  const Time after = now();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  TestTap tap(*ring, kPort);
  tap.read_all_of(connection);
  EXPECT_TRUE(std::ranges::is_sorted(tap.times));
  // The acknowledgement of the last bytes may come later.
  EXPECT_GE(tap.times.front(), before);
  EXPECT_LE(tap.times[3], after);
}

TEST_F(PacketRingTest, NothingBeforeItIsBoundAndOfOtherPortsIsSeen) {
  const OwnNamespace own;
  std::unique_ptr<PacketRing> ring;
  own.enter([&] { ring = PacketRing::open(kLo, kFilter).value(); });
  EXPECT_FALSE(ring->is_up());
  TestConnection before(own, own, kLoopback);
  before.say(Side::kClient, "before");
  ASSERT_TRUE(ring->bind());
  EXPECT_TRUE(ring->is_up());
  TestConnection elsewhere(own, own, {kLoopback.address, 7000});
  elsewhere.say(Side::kClient, "elsewhere");
  before.say(Side::kClient, "after");
  TestTap tap(*ring, kPort);
  tap.read_until([&] { return tap.streams[0].size() >= 5; });
  EXPECT_EQ(tap.streams[0], "after");
}

TEST_F(PacketRingTest, AnotherFilterCountsFromThenOn) {
  const OwnNamespace own;
  const auto ring = own.ring(kLo, kFilter);
  ASSERT_TRUE(ring->set_filter({.ports = {7000}}));
  TestConnection old(own, own, kLoopback);
  old.say(Side::kClient, "old");
  TestConnection current(own, own, {kLoopback.address, 7000});
  current.say(Side::kClient, "current");
  TestTap tap(*ring, 7000);
  tap.read_all_of(current);
  expect_whole(tap, current);
}

TEST_F(PacketRingTest, OfASampleOfConnectionsBothDirectionsAreSeen) {
  const OwnNamespace own;
  const PortFilter filter{.ports = {kPort}, .one_of = 4};
  const auto ring = own.ring(kLo, filter);
  std::set<std::uint16_t> chosen;
  for (int i = 0; i < 40; ++i) {
    TestConnection connection(own, own, kLoopback);
    connection.say(Side::kClient, "GET a");
    connection.say(Side::kServer, "$1");
    const std::uint16_t port = connection.client_port();
    if (filter.admits({.source = {kLoopback.address, port}, .destination = kLoopback})) {
      chosen.insert(port);
    }
  }
  EXPECT_GT(chosen.size(), 0U);
  EXPECT_LT(chosen.size(), 40U);
  // The last one is always admitted, so when it is seen the others have been.
  ASSERT_TRUE(ring->set_filter(kFilter));
  TestConnection last(own, own, kLoopback);
  last.say(Side::kServer, "last");
  std::set<std::uint16_t> from;
  std::set<std::uint16_t> to;
  TestTap tap(*ring, kPort);
  tap.on_segment = [&](const Segment& segment) {
    if (segment.payload == "GET a") from.insert(segment.source.port);
    if (segment.payload == "$1") to.insert(segment.destination.port);
  };
  tap.read_until([&] { return tap.streams[1].ends_with("last"); });
  EXPECT_EQ(from, chosen);
  EXPECT_EQ(to, chosen);
}

TEST_F(PacketRingTest, OfCutPacketsTheLengthIsKnown) {
  const OwnNamespace own;
  const auto ring = own.ring({.interface = "lo", .snaplen = 128}, kFilter);
  TestTap tap(*ring, kPort);
  TestConnection connection(own, own, kLoopback);
  connection.say(Side::kServer, "$1000\r\n" + std::string(1000, 'x'));
  connection.say(Side::kServer, "$1\r\na\r\n");
  connection.close();
  tap.read_to_the_end();
  EXPECT_EQ(tap.longest_frame, 128U);
  EXPECT_EQ(tap.streams[1].size() + tap.lost_bytes, connection.sent[1].size());
  EXPECT_TRUE(tap.streams[1].starts_with("$1000\r\n"));
  EXPECT_TRUE(tap.streams[1].ends_with("$1\r\na\r\n"));
}

TEST_F(PacketRingTest, TaggedPacketsAreSeen) {
  const OwnNamespace client;
  const OwnNamespace server;
  connect_by_veth(client, server);
  const auto ring = server.ring({.interface = "vb"}, kFilter);
  TestTap tap(*ring, kPort);
  const std::vector<std::vector<std::uint16_t>> tags{{0x8100}, {0x88a8, 0x8100}, {0x8100, 0x8100}};
  std::uint32_t sequence = 1;
  for (const auto& types : tags) {
    const Segment segment{.source = {ipv4_host(1), 40'000},
                          .destination = kOverVeth,
                          .sequence = sequence,
                          .ack = true,
                          .payload = "tagged;",
                          .payload_length = 7};
    inject(client, "va", test::make_frame(segment, {.vlan_types = types}));
    sequence += 7;
  }
  tap.read_until([&] { return tap.streams[0].size() >= 21; });
  EXPECT_EQ(tap.streams[0], "tagged;tagged;tagged;");
}

// Where the machine lets its user make tunnels.
TEST_F(PacketRingTest, PacketsOfATunnelBeginWithIp) {
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) return;
  const OwnNamespace own;
  int tunnel = -1;
  own.enter([&] {
    tunnel = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    ASSERT_GE(tunnel, 0);
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::string("tun0").copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
    ASSERT_EQ(::ioctl(tunnel, TUNSETIFF, &request), 0);
  });
  own.run("ip link set tun0 up");
  const auto ring = own.ring({.interface = "tun0"}, kFilter);
  TestTap tap(*ring, kPort);
  const Segment segment{.source = {ipv4_host(1), 40'000},
                        .destination = kOverVeth,
                        .ack = true,
                        .payload = "GET a",
                        .payload_length = 5};
  const test::MadeFrame made = test::make_frame(segment, {.link = LinkType::kIp});
  ASSERT_EQ(::write(tunnel, made.bytes.data(), made.bytes.size()),
            static_cast<ssize_t>(made.bytes.size()));
  tap.read_until([&] { return tap.packets > 0; });
  EXPECT_EQ(tap.streams[0], "GET a");
  EXPECT_THAT(tap.links, Each(LinkType::kIp));
  ::close(tunnel);
}

TEST_F(PacketRingTest, CountsWhatItCapturedAndWhatTheKernelDropped) {
  const OwnNamespace own;
  const auto ring = own.ring({.interface = "lo", .bytes = 1}, kFilter);  // one block
  TestTap tap(*ring, kPort);
  TestConnection connection(own, own, kLoopback);
  connection.say(Side::kServer, std::string(10'000'000, 'v'));
  const auto full = ring->statistics();
  EXPECT_GT(full.dropped, 0U);
  EXPECT_GE(ring->statistics().dropped, full.dropped);
  EXPECT_GE(ring->statistics().packets, full.packets);
  connection.close();
  // What is read in the end is what was counted as captured.
  tap.read_until(
      [&] { return static_cast<std::uint64_t>(tap.packets) == ring->statistics().packets; });
}

TEST_F(PacketRingTest, AnInterfaceThatWentDownComesBack) {
  const OwnNamespace client;
  const OwnNamespace server;
  connect_by_veth(client, server);
  const auto ring = server.ring({.interface = "vb"}, kFilter);
  EXPECT_TRUE(ring->is_up());
  server.run("ip link set vb down");
  const auto is_ready = [&] {
    pollfd descriptor{.fd = ring->descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&descriptor, 1, 0) != 0;
  };
  EXPECT_TRUE(is_ready());
  EXPECT_FALSE(ring->is_up());
  EXPECT_FALSE(is_ready());
  EXPECT_THAT(ring->bind().error(), HasSubstr("vb is down"));
  server.run("ip link set vb up");
  EXPECT_TRUE(ring->bind());
  expect_captures(*ring, client, server);
}

TEST_F(PacketRingTest, AnInterfaceThatWentAwayIsFoundAgainByItsName) {
  const OwnNamespace client;
  const OwnNamespace server;
  connect_by_veth(client, server);
  const auto ring = server.ring({.interface = "vb"}, kFilter);
  server.run("ip link del vb");
  EXPECT_FALSE(ring->is_up());
  EXPECT_EQ(ring->bind().error(), "there is no network interface \"vb\"; there are: lo");
  connect_by_veth(client, server);
  EXPECT_FALSE(ring->is_up());
  ASSERT_TRUE(ring->bind());
  expect_captures(*ring, client, server);
}

TEST_F(PacketRingTest, ARingTooLargeForTheMachineIsToldOf) {
  const OwnNamespace own;
  own.enter([] {
    const auto opened = PacketRing::open({.interface = "lo", .bytes = 1ULL << 40}, kFilter);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error(), HasSubstr("has at most 4095 MiB"));
  });
}

TEST_F(PacketRingTest, NamesThatNoInterfaceCanHaveAreNotFound) {
  const OwnNamespace own;
  for (const std::string& name : {std::string(), std::string(100, 'x'), std::string("l\0o", 3)}) {
    std::unique_ptr<PacketRing> ring;
    own.enter([&] { ring = PacketRing::open({.interface = name}, kFilter).value(); });
    EXPECT_THAT(ring->bind().error(), HasSubstr("there are: lo"));
  }
}

}  // namespace
}  // namespace hitwatch::packets
