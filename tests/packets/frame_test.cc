#include "collectors/tap/packets/frame.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/packets/frames.h"

namespace hitwatch::packets {
namespace {

using test::ipv4_host;
using test::ipv6_host;
using test::MadeFrame;
using test::make_frame;
using test::Wrapping;

constexpr std::string_view kPayload = "GET a";

Segment ipv4_segment() {
  return {.source = {ipv4_host(1), 40'000},
          .destination = {ipv4_host(2), 6379},
          .sequence = 0xfedcba98,
          .acknowledgement = 0x12345678,
          .ack = true,
          .payload = kPayload,
          .payload_length = 5,
          .time = 1'700'000'000'123'456'789};
}

Segment ipv6_segment() {
  Segment segment = ipv4_segment();
  segment.source.address = ipv6_host(1);
  segment.destination.address = ipv6_host(2);
  return segment;
}

void expect_reads(const Segment& segment, const Wrapping& wrapping) {
  const MadeFrame made = make_frame(segment, wrapping);
  const auto read = read_frame(made.frame());
  ASSERT_TRUE(read) << static_cast<int>(read.error());
  EXPECT_EQ(read->source, segment.source);
  EXPECT_EQ(read->destination, segment.destination);
  EXPECT_EQ(read->sequence, segment.sequence);
  EXPECT_EQ(read->acknowledgement, segment.acknowledgement);
  EXPECT_EQ(read->syn, segment.syn);
  EXPECT_EQ(read->ack, segment.ack);
  EXPECT_EQ(read->fin, segment.fin);
  EXPECT_EQ(read->rst, segment.rst);
  EXPECT_EQ(read->payload, segment.payload);
  EXPECT_EQ(read->payload_length, segment.payload_length);
  EXPECT_EQ(read->time, segment.time);
}

void expect_reads_both(const Wrapping& wrapping) {
  expect_reads(ipv4_segment(), wrapping);
  expect_reads(ipv6_segment(), wrapping);
}

FrameFault fault_of(const MadeFrame& made) {
  const auto read = read_frame(made.frame());
  EXPECT_FALSE(read);
  return read ? FrameFault{} : read.error();
}

TEST(Frame, EveryLinkTypeIsRead) {
  for (const LinkType link : {LinkType::kEthernet, LinkType::kLinuxCooked, LinkType::kLinuxCooked2,
                              LinkType::kIp, LinkType::kLoopback}) {
    SCOPED_TRACE(static_cast<int>(link));
    expect_reads_both({.link = link});
  }
}

TEST(Frame, EveryFlagIsRead) {
  for (bool Segment::* const flag : {&Segment::syn, &Segment::ack, &Segment::fin, &Segment::rst}) {
    Segment segment = ipv4_segment();
    segment.ack = false;
    segment.*flag = true;
    expect_reads(segment, {});
  }
}

// What `tcpdump -i any` writes: of a packet on the loopback both copies, and where each was.
TEST(Frame, TheLoopbacksSecondCopyIsTold) {
  constexpr std::string_view kLoopbackHardware = "\x03\x04";
  MadeFrame cooked = make_frame(ipv4_segment(), {.link = LinkType::kLinuxCooked});
  cooked.bytes.replace(2, 2, kLoopbackHardware);
  EXPECT_TRUE(read_frame(cooked.frame()));
  cooked.bytes[1] = '\x04';  // sent by us
  EXPECT_EQ(read_frame(cooked.frame()).error(), FrameFault::kRepeated);

  MadeFrame cooked2 = make_frame(ipv4_segment(), {.link = LinkType::kLinuxCooked2});
  cooked2.bytes[7] = '\x07';
  cooked2.bytes[10] = '\x04';
  ASSERT_TRUE(read_frame(cooked2.frame()));  // of a network card, what is sent is there once
  EXPECT_EQ(read_frame(cooked2.frame())->interface, 7);
  cooked2.bytes.replace(8, 2, kLoopbackHardware);
  EXPECT_EQ(read_frame(cooked2.frame()).error(), FrameFault::kRepeated);
}

TEST(Frame, VlanTagsAreSkipped) {
  expect_reads_both({.vlan_types = {0x8100}});
  expect_reads_both({.vlan_types = {0x88a8, 0x8100}});
  expect_reads_both({.vlan_types = {0x9100, 0x8100, 0x8100}});
  expect_reads_both({.link = LinkType::kLinuxCooked, .vlan_types = {0x8100}});
}

TEST(Frame, OptionsAreSkipped) {
  expect_reads_both({.ip_options = std::string(40, '\1'), .tcp_options = std::string(40, '\1')});
}

TEST(Frame, ExtensionHeadersAreSkipped) {
  const std::string eight(8, '\0');
  std::string sixteen(16, '\0');
  sixteen[1] = 1;
  expect_reads(ipv6_segment(), {.extensions = {{0, eight}}});
  expect_reads(ipv6_segment(), {.extensions = {{0, sixteen}, {43, eight}, {60, sixteen}}});
}

TEST(Frame, AFragmentThatIsTheWholeDatagramIsRead) {
  expect_reads(ipv6_segment(), {.extensions = {{44, std::string("\0\0\0\0abcd", 8)}}});
}

TEST(Frame, OtherFragmentsAreNot) {
  for (const std::string& head :
       {std::string("\0\0\0\1", 4), std::string("\0\0\0\x10", 4), std::string("\0\0\x10\1", 4)}) {
    const Wrapping wrapping{.extensions = {{44, head + "abcd"}}};
    EXPECT_EQ(fault_of(make_frame(ipv6_segment(), wrapping)), FrameFault::kFragment);
  }
  for (const std::uint16_t fragment : {0x2000, 0x0001, 0x2001, 0x1000}) {
    const Wrapping wrapping{.fragment = fragment};
    EXPECT_EQ(fault_of(make_frame(ipv4_segment(), wrapping)), FrameFault::kFragment);
  }
}

TEST(Frame, DoNotFragmentIsNoFragment) { expect_reads(ipv4_segment(), {.fragment = 0x4000}); }

TEST(Frame, WithoutALengthTheFrameHasIt) { expect_reads_both({.has_length = false}); }

TEST(Frame, PaddingIsNoPayload) {
  expect_reads_both({.padding = 6});
  Segment empty = ipv4_segment();
  empty.payload = {};
  empty.payload_length = 0;
  expect_reads(empty, {.padding = 6});
}

TEST(Frame, OfACutPayloadTheLengthIsKnown) {
  Segment segment = ipv4_segment();
  segment.payload_length = 60'000;
  expect_reads(segment, {});
  segment.payload = {};
  expect_reads(segment, {});
  Segment large = ipv6_segment();
  large.payload_length = 200'000;
  expect_reads(large, {.has_length = false});
}

TEST(Frame, CutBeforeThePayloadItIsTruncated) {
  for (const Segment& segment : {ipv4_segment(), ipv6_segment()}) {
    const MadeFrame made = make_frame(segment, {.vlan_types = {0x8100},
                                                .ip_options = std::string(4, '\1'),
                                                .extensions = {{0, std::string(8, '\0')}},
                                                .tcp_options = std::string(12, '\1')});
    const std::size_t headers = made.bytes.size() - kPayload.size();
    for (std::size_t size = 0; size < headers; ++size) {
      EXPECT_EQ(fault_of(made.cut(size)), FrameFault::kTruncated) << size;
    }
    EXPECT_TRUE(read_frame(made.cut(headers).frame()));
  }
}

TEST(Frame, EndingBeforeThePayloadItIsMalformed) {
  for (const Segment& segment : {ipv4_segment(), ipv6_segment()}) {
    MadeFrame made = make_frame(segment);
    while (!made.bytes.empty()) {
      made.bytes.pop_back();
      --made.wire_length;
      EXPECT_EQ(fault_of(made), FrameFault::kMalformed) << made.bytes.size();
    }
  }
}

TEST(Frame, OtherProtocolsAreNotTcp) {
  EXPECT_EQ(fault_of(make_frame(ipv4_segment(), {.protocol = 17})), FrameFault::kNotTcp);
  EXPECT_EQ(fault_of(make_frame(ipv6_segment(), {.protocol = 58})), FrameFault::kNotTcp);
  MadeFrame arp = make_frame(ipv4_segment());
  arp.bytes[13] = 6;
  EXPECT_EQ(fault_of(arp), FrameFault::kNotTcp);
  MadeFrame loopback = make_frame(ipv4_segment(), {.link = LinkType::kLoopback});
  loopback.bytes[2] = 1;
  EXPECT_EQ(fault_of(loopback), FrameFault::kNotTcp);
}

TEST(Frame, LengthsThatContradictAreMalformed) {
  constexpr std::size_t kIp = 14;
  MadeFrame version = make_frame(ipv4_segment());
  version.bytes[kIp] = 0x65;
  EXPECT_EQ(fault_of(version), FrameFault::kMalformed);
  MadeFrame short_header = make_frame(ipv4_segment());
  short_header.bytes[kIp] = 0x44;
  EXPECT_EQ(fault_of(short_header), FrameFault::kMalformed);
  MadeFrame short_total = make_frame(ipv4_segment());
  short_total.bytes[kIp + 3] = 19;
  EXPECT_EQ(fault_of(short_total), FrameFault::kMalformed);
  MadeFrame without_room = make_frame(ipv4_segment());
  without_room.bytes[kIp + 3] = 39;  // for the header of TCP
  EXPECT_EQ(fault_of(without_room), FrameFault::kMalformed);
  MadeFrame short_tcp = make_frame(ipv4_segment());
  short_tcp.bytes[kIp + 20 + 12] = 0x40;
  EXPECT_EQ(fault_of(short_tcp), FrameFault::kMalformed);
  MadeFrame long_tcp = make_frame(ipv4_segment());
  long_tcp.bytes[kIp + 20 + 12] = '\xf0';
  EXPECT_EQ(fault_of(long_tcp), FrameFault::kMalformed);
}

}  // namespace
}  // namespace hitwatch::packets
