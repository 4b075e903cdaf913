#include "collectors/tap/packets/port_filter.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/packets/filter_machine.h"
#include "tests/packets/frames.h"
#include "tests/repetitions.h"

namespace hitwatch::packets {
namespace {

using test::ipv4_host;
using test::ipv6_host;
using test::MadeFrame;
using test::make_frame;
using test::run_filter;
using test::Wrapping;

constexpr std::uint32_t kSnaplen = 1000;

Segment segment_of(std::uint16_t from, std::uint16_t to, bool is_ipv4 = true) {
  const Address address = is_ipv4 ? ipv4_host(1) : ipv6_host(1);
  return {.source = {address, from}, .destination = {address, to}, .ack = true};
}

std::uint32_t captured(const PortFilter& filter, const MadeFrame& made) {
  return run_filter(compile(filter, made.link == LinkType::kEthernet, kSnaplen), made.bytes);
}

bool captures(const PortFilter& filter, const Segment& segment, const Wrapping& wrapping = {}) {
  return captured(filter, make_frame(segment, wrapping)) == kSnaplen;
}

// The same program, run by the kernel on datagrams.
class KernelFilter {
 public:
  explicit KernelFilter(const std::vector<sock_filter>& program) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    std::vector<sock_filter> instructions = program;
    const sock_fprog attached{.len = static_cast<unsigned short>(instructions.size()),
                              .filter = instructions.data()};
    EXPECT_EQ(::setsockopt(ends_[1], SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(attached)), 0);
  }
  ~KernelFilter() {
    for (const int end : ends_) ::close(end);
  }
  KernelFilter(const KernelFilter&) = delete;
  KernelFilter& operator=(const KernelFilter&) = delete;

  // How many bytes pass.
  std::size_t run(const std::string& bytes) {
    // Refused datagrams are an error to their sender.
    if (::send(ends_[0], bytes.data(), bytes.size(), 0) < 0) return 0;
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(ends_[1], buffer.data(), buffer.size(), 0);
    return size < 0 ? 0 : static_cast<std::size_t>(size);
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(PortFilter, CapturesBothDirectionsOfItsPortsOnly) {
  const PortFilter filter{.ports = {6379, 7000}};
  for (const bool is_ipv4 : {true, false}) {
    EXPECT_TRUE(captures(filter, segment_of(40'000, 6379, is_ipv4)));
    EXPECT_TRUE(captures(filter, segment_of(7000, 40'000, is_ipv4)));
    EXPECT_TRUE(captures(filter, segment_of(7000, 6379, is_ipv4)));
    EXPECT_FALSE(captures(filter, segment_of(6380, 40'000, is_ipv4)));
  }
}

TEST(PortFilter, NothingWithoutPorts) {
  EXPECT_FALSE(captures({}, segment_of(1, 2)));
  EXPECT_FALSE(PortFilter{}.admits(segment_of(1, 2)));
}

TEST(PortFilter, FindsThePortsBehindOptionsTagsAndExtensionHeaders) {
  const PortFilter filter{.ports = {6379}};
  const std::string eight(8, '\0');
  std::string sixteen(16, '\0');
  sixteen[1] = 1;
  const std::string fragment("\0\0\0\0abcd", 8);
  const std::vector<Wrapping> wrappings{
      {.ip_options = std::string(40, '\1')},
      {.vlan_types = {0x8100}},
      {.vlan_types = {0x88a8, 0x8100}, .ip_options = std::string(4, '\1')},
      {.vlan_types = {0x9100, 0x8100}, .extensions = {{0, eight}}},
      {.extensions = {{0, sixteen}}},
      {.extensions = {{43, eight}, {60, sixteen}}},
      {.extensions = {{44, fragment}}},
      {.extensions = {{0, sixteen}, {44, fragment}}},
      {.link = LinkType::kIp},
      {.link = LinkType::kIp, .ip_options = std::string(8, '\1'), .extensions = {{0, eight}}}};
  for (std::size_t i = 0; i < wrappings.size(); ++i) {
    SCOPED_TRACE(i);
    for (const bool is_ipv4 : {true, false}) {
      EXPECT_TRUE(captures(filter, segment_of(40'000, 6379, is_ipv4), wrappings[i]));
      EXPECT_FALSE(captures(filter, segment_of(40'000, 6380, is_ipv4), wrappings[i]));
    }
  }
}

TEST(PortFilter, RefusesWhatIsNotTcp) {
  const PortFilter filter{.ports = {6379}};
  EXPECT_FALSE(captures(filter, segment_of(40'000, 6379), {.protocol = 17}));
  EXPECT_FALSE(captures(filter, segment_of(40'000, 6379, false), {.protocol = 17}));
  MadeFrame arp = make_frame(segment_of(40'000, 6379));
  arp.bytes[13] = 6;
  EXPECT_EQ(captured(filter, arp), 0U);
}

TEST(PortFilter, RefusesFragmentsThatAreNotTheFirst) {
  const PortFilter filter{.ports = {6379}};
  EXPECT_FALSE(captures(filter, segment_of(40'000, 6379), {.fragment = 0x0001}));
  EXPECT_FALSE(captures(filter, segment_of(40'000, 6379), {.fragment = 0x2001}));
  EXPECT_TRUE(captures(filter, segment_of(40'000, 6379), {.fragment = 0x4000}));
  const Wrapping later{.extensions = {{44, std::string("\0\0\0\x08"
                                                       "abcd",
                                                       8)}}};
  EXPECT_FALSE(captures(filter, segment_of(40'000, 6379, false), later));
}

TEST(PortFilter, RefusesFramesThatEndBeforeThePorts) {
  const PortFilter filter{.ports = {6379}};
  for (const bool is_ipv4 : {true, false}) {
    const MadeFrame made = make_frame(segment_of(40'000, 6379, is_ipv4));
    for (std::size_t size = 0; size + 16 < made.bytes.size(); ++size) {
      EXPECT_EQ(captured(filter, made.cut(size)), 0U) << size;
    }
  }
}

TEST(PortFilter, AllOfTheMostPortsAreFound) {
  PortFilter filter;
  for (std::size_t i = 0; i < PortFilter::kMaxPorts; ++i) {
    filter.ports.push_back(static_cast<std::uint16_t>(6000 + 3 * i));
  }
  for (const std::uint16_t port : filter.ports) {
    EXPECT_TRUE(captures(filter, segment_of(40'000, port)));
    EXPECT_TRUE(captures(filter, segment_of(port, 40'000)));
    EXPECT_TRUE(captures(filter, segment_of(port, filter.ports.back())));
    EXPECT_FALSE(captures(filter, segment_of(port + 1, 40'000)));
    EXPECT_FALSE(captures(filter, segment_of(40'000, port + 1)));
  }
}

TEST(PortFilter, ASampleHasItsShareOfAllClientPorts) {
  for (const std::uint32_t one_of : {2U, 3U, 10U, 100U, 1000U}) {
    const PortFilter filter{.ports = {6379}, .one_of = one_of};
    int chosen = 0;
    for (std::uint32_t port = 0; port < 65'536; ++port) {
      if (port != 6379 && filter.admits(segment_of(static_cast<std::uint16_t>(port), 6379))) {
        ++chosen;
      }
    }
    EXPECT_NEAR(chosen, 65'536.0 / one_of, 2 + 65.5 / one_of) << one_of;
  }
}

// A host gives its connections consecutive ports, Linux every other one.
TEST(PortFilter, ASampleHasItsShareOfAFewConsecutivePorts) {
  const PortFilter filter{.ports = {6379}, .one_of = 10};
  for (const std::uint32_t step : {1U, 2U}) {
    for (std::uint32_t first = 32'768; first < 50'000; first += 100) {
      int chosen = 0;
      for (std::uint32_t i = 0; i < 100; ++i) {
        chosen += filter.admits(segment_of(static_cast<std::uint16_t>(first + i * step), 6379));
      }
      EXPECT_NEAR(chosen, 10, 3) << first;
    }
  }
}

TEST(PortFilter, BetweenServersEveryConnectionIsCaptured) {
  const PortFilter filter{.ports = {6379, 40'000}, .one_of = 1'000'000};
  EXPECT_TRUE(captures(filter, segment_of(6379, 40'000)));
  EXPECT_TRUE(captures(filter, segment_of(40'000, 6379)));
  EXPECT_FALSE(captures(filter, segment_of(40'001, 6379)));
}

// Ports, addresses, wrapping and share at random: the kernel's answer, that of the machine of the
// tests and that of user space are one, and the same for both directions.
TEST(PortFilterRandom, KernelAndUserSpaceDecideAlike) {
  std::mt19937 random(1);
  const auto up_to = [&](unsigned most) {
    return std::uniform_int_distribution<unsigned>(0, most)(random);
  };
  const std::vector<Wrapping> wrappings{{},
                                        {.link = LinkType::kIp},
                                        {.vlan_types = {0x8100}},
                                        {.vlan_types = {0x88a8, 0x8100}},
                                        {.ip_options = std::string(12, '\1')},
                                        {.extensions = {{0, std::string(8, '\0')}}}};
  for (int round = 0; round < repetitions(100); ++round) {
    PortFilter filter{.one_of = 1 + up_to(4)};
    for (unsigned i = 0; i <= up_to(63); ++i) {
      filter.ports.push_back(static_cast<std::uint16_t>(6000 + up_to(200)));
    }
    const Wrapping& wrapping = wrappings[up_to(static_cast<unsigned>(wrappings.size()) - 1)];
    const auto program = compile(filter, wrapping.link == LinkType::kEthernet, kSnaplen);
    KernelFilter kernel(program);
    for (int i = 0; i < 100; ++i) {
      const auto client = static_cast<std::uint16_t>(5950 + up_to(300));
      const auto server = static_cast<std::uint16_t>(6000 + up_to(200));
      const bool is_ipv4 = up_to(1) == 0;
      std::optional<bool> decision;
      for (const Segment& segment :
           {segment_of(client, server, is_ipv4), segment_of(server, client, is_ipv4)}) {
        const MadeFrame made = make_frame(segment, wrapping);
        const auto read = read_frame(made.frame());
        ASSERT_TRUE(read);
        const bool is_admitted = filter.admits(*read);
        ASSERT_EQ(run_filter(program, made.bytes), is_admitted ? kSnaplen : 0);
        ASSERT_EQ(kernel.run(made.bytes), is_admitted ? made.bytes.size() : 0);
        ASSERT_EQ(decision.value_or(is_admitted), is_admitted);
        decision = is_admitted;
      }
    }
  }
}

TEST(PortFilterRandom, OfAnyBytesTheKernelSaysWhatTheMachineSays) {
  std::mt19937 random(2);
  const PortFilter filter{.ports = {6379}, .one_of = 2};
  for (const bool has_ethernet_header : {true, false}) {
    const auto program = compile(filter, has_ethernet_header, 20);
    KernelFilter kernel(program);
    for (int i = 0; i < repetitions(5000); ++i) {
      const Wrapping wrapping{.link = has_ethernet_header ? LinkType::kEthernet : LinkType::kIp,
                              .extensions = {{0, std::string(8, '\0')}}};
      std::string bytes =
          make_frame(segment_of(static_cast<std::uint16_t>(random()), 6379, i % 2 == 0), wrapping)
              .bytes;
      bytes[random() % bytes.size()] = static_cast<char>(random());
      bytes.resize(std::max<std::size_t>(1, bytes.size() - random() % 4));
      ASSERT_EQ(kernel.run(bytes), run_filter(program, bytes)) << i;
    }
  }
}

}  // namespace
}  // namespace hitwatch::packets
