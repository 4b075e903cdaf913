#include "collectors/tap/packets/frame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace hitwatch::packets {
namespace {

constexpr std::uint16_t kIpv4 = 0x0800;  // EtherTypes
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint8_t kTcp = 6;  // IP protocols
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragmentHeader = 44;
constexpr std::uint8_t kDestination = 60;

// What is left of a packet: what was captured of it, and how much of it there was.
struct Rest {
  std::string_view bytes;
  std::size_t length;  // at least the size of `bytes`

  std::uint8_t byte(std::size_t at) const { return static_cast<std::uint8_t>(bytes[at]); }
  std::uint16_t word(std::size_t at) const { return read<std::uint16_t>(at); }
  std::uint32_t number(std::size_t at) const { return read<std::uint32_t>(at); }
  // In the network's byte order.
  template <typename Number>
  Number read(std::size_t at) const {
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof(number));
    return std::endian::native == std::endian::little ? std::byteswap(number) : number;
  }
  bool has(std::size_t count) const { return bytes.size() >= count; }
  void skip(std::size_t count) {
    bytes.remove_prefix(count);
    length -= count;
  }
  void shorten(std::size_t count) {
    length = count;
    bytes = bytes.substr(0, count);
  }
  // Why there are fewer than `count` bytes.
  FrameFault lack(std::size_t count) const {
    return length < count ? FrameFault::kMalformed : FrameFault::kTruncated;
  }
};

bool is_vlan(std::uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

// Skips a link header of `size` bytes with an EtherType at `type_at`, and VLAN tags behind it.
std::expected<std::uint16_t, FrameFault> skip_typed(Rest& rest, std::size_t size,
                                                    std::size_t type_at) {
  if (!rest.has(size)) return std::unexpected(rest.lack(size));
  std::uint16_t type = rest.word(type_at);
  rest.skip(size);
  while (is_vlan(type)) {
    if (!rest.has(4)) return std::unexpected(rest.lack(4));
    type = rest.word(2);
    rest.skip(4);
  }
  return type;
}

std::expected<std::uint16_t, FrameFault> type_of_version(const Rest& rest) {
  if (!rest.has(1)) return std::unexpected(rest.lack(1));
  switch (rest.byte(0) >> 4) {
    case 4:
      return kIpv4;
    case 6:
      return kIpv6;
    default:
      return std::unexpected(FrameFault::kNotTcp);
  }
}

// The family is in the byte order of the host that captured, and IPv6 has another number on each
// BSD; the version tells as well.
std::expected<std::uint16_t, FrameFault> skip_loopback(Rest& rest) {
  if (!rest.has(4)) return std::unexpected(rest.lack(4));
  const std::uint32_t family = rest.number(0);
  constexpr std::uint32_t kLargestFamily = 255;
  if (family > kLargestFamily && (family & 0x00ffffff) != 0) {
    return std::unexpected(FrameFault::kNotTcp);
  }
  rest.skip(4);
  return type_of_version(rest);
}

// `tcpdump -i any` shows what passes the loopback twice, leaving and arriving.
bool is_leaving_loopback(std::uint16_t hardware, std::uint16_t packet_type) {
  constexpr std::uint16_t kLoopbackHardware = 772;
  constexpr std::uint16_t kSentByUs = 4;
  return hardware == kLoopbackHardware && packet_type == kSentByUs;
}

std::expected<std::uint16_t, FrameFault> skip_cooked(Rest& rest) {
  constexpr std::size_t kHeader = 16;
  if (rest.has(kHeader) && is_leaving_loopback(rest.word(2), rest.word(0))) {
    return std::unexpected(FrameFault::kRepeated);
  }
  return skip_typed(rest, kHeader, 14);
}

std::expected<std::uint16_t, FrameFault> skip_cooked2(Rest& rest, std::uint32_t& interface) {
  constexpr std::size_t kHeader = 20;
  if (rest.has(kHeader)) {
    interface = rest.number(4);
    if (is_leaving_loopback(rest.word(8), rest.byte(10))) {
      return std::unexpected(FrameFault::kRepeated);
    }
  }
  return skip_typed(rest, kHeader, 0);
}

// Skips the link's header; the EtherType of what follows.
std::expected<std::uint16_t, FrameFault> skip_link(LinkType link, Rest& rest,
                                                   std::uint32_t& interface) {
  switch (link) {
    case LinkType::kEthernet:
      return skip_typed(rest, 14, 12);
    case LinkType::kLinuxCooked:
      return skip_cooked(rest);
    case LinkType::kLinuxCooked2:
      return skip_cooked2(rest, interface);
    case LinkType::kLoopback:
      return skip_loopback(rest);
    case LinkType::kIp:
      break;
  }
  return type_of_version(rest);
}

Address ipv4_address(const char* bytes) {
  std::array<std::uint8_t, 4> address{};
  std::memcpy(address.data(), bytes, address.size());
  return Address::ipv4(address);
}

// All of what follows are the headers' own lengths: what is behind them is padding of the link.
std::expected<void, FrameFault> skip_ipv4(Rest& rest, Segment& segment) {
  constexpr std::size_t kHeader = 20;
  if (!rest.has(kHeader)) return std::unexpected(rest.lack(kHeader));
  const std::size_t header = static_cast<std::size_t>(rest.byte(0) & 0xf) * 4;
  if (rest.byte(0) >> 4 != 4 || header < kHeader) return std::unexpected(FrameFault::kMalformed);
  if (rest.byte(9) != kTcp) return std::unexpected(FrameFault::kNotTcp);
  constexpr std::uint16_t kMoreOrOffset = 0x3fff;
  if ((rest.word(6) & kMoreOrOffset) != 0) return std::unexpected(FrameFault::kFragment);
  const std::size_t total = rest.word(2) == 0 ? rest.length : rest.word(2);
  if (total < header || total > rest.length) return std::unexpected(FrameFault::kMalformed);
  rest.shorten(total);
  if (!rest.has(header)) return std::unexpected(FrameFault::kTruncated);
  segment.source.address = ipv4_address(rest.bytes.data() + 12);
  segment.destination.address = ipv4_address(rest.bytes.data() + 16);
  rest.skip(header);
  return {};
}

std::expected<void, FrameFault> skip_extensions(Rest& rest, std::uint8_t next) {
  while (next != kTcp) {
    const bool is_fragment = next == kFragmentHeader;
    if (next != kHopByHop && next != kRouting && next != kDestination && !is_fragment) {
      return std::unexpected(FrameFault::kNotTcp);
    }
    if (!rest.has(8)) return std::unexpected(rest.lack(8));
    // A fragment that is the whole of its datagram (RFC 6946) is none.
    constexpr std::uint16_t kOffsetOrMore = 0xfff9;
    if (is_fragment && (rest.word(2) & kOffsetOrMore) != 0) {
      return std::unexpected(FrameFault::kFragment);
    }
    const std::size_t size = is_fragment ? 8 : (static_cast<std::size_t>(rest.byte(1)) + 1) * 8;
    if (!rest.has(size)) return std::unexpected(rest.lack(size));
    next = rest.byte(0);
    rest.skip(size);
  }
  return {};
}

std::expected<void, FrameFault> skip_ipv6(Rest& rest, Segment& segment) {
  constexpr std::size_t kHeader = 40;
  if (!rest.has(kHeader)) return std::unexpected(rest.lack(kHeader));
  if (rest.byte(0) >> 4 != 6) return std::unexpected(FrameFault::kMalformed);
  const std::size_t length = rest.word(4);
  const std::uint8_t next = rest.byte(6);
  std::memcpy(segment.source.address.bytes.data(), rest.bytes.data() + 8, 16);
  std::memcpy(segment.destination.address.bytes.data(), rest.bytes.data() + 24, 16);
  rest.skip(kHeader);
  if (length > rest.length) return std::unexpected(FrameFault::kMalformed);
  if (length != 0) rest.shorten(length);
  return skip_extensions(rest, next);
}

std::expected<void, FrameFault> read_tcp(Rest& rest, Segment& segment) {
  constexpr std::size_t kHeader = 20;
  if (!rest.has(kHeader)) return std::unexpected(rest.lack(kHeader));
  const std::size_t header = static_cast<std::size_t>(rest.byte(12) >> 4) * 4;
  if (header < kHeader) return std::unexpected(FrameFault::kMalformed);
  if (!rest.has(header)) return std::unexpected(rest.lack(header));
  segment.source.port = rest.word(0);
  segment.destination.port = rest.word(2);
  segment.sequence = rest.number(4);
  segment.acknowledgement = rest.number(8);
  const std::uint8_t flags = rest.byte(13);
  segment.fin = (flags & 0x01) != 0;
  segment.syn = (flags & 0x02) != 0;
  segment.rst = (flags & 0x04) != 0;
  segment.ack = (flags & 0x10) != 0;
  rest.skip(header);
  segment.payload = rest.bytes;
  segment.payload_length = static_cast<std::uint32_t>(rest.length);
  return {};
}

std::expected<void, FrameFault> read_into(Segment& segment, const Frame& frame) {
  Rest rest{.bytes = frame.bytes,
            .length = std::max<std::size_t>(frame.wire_length, frame.bytes.size())};
  const auto type = skip_link(frame.link, rest, segment.interface);
  if (!type) return std::unexpected(type.error());
  std::expected<void, FrameFault> ip = std::unexpected(FrameFault::kNotTcp);
  if (*type == kIpv4) ip = skip_ipv4(rest, segment);
  if (*type == kIpv6) ip = skip_ipv6(rest, segment);
  return ip ? read_tcp(rest, segment) : ip;
}

}  // namespace

std::expected<Segment, FrameFault> read_frame(const Frame& frame) {
  // Filled where the caller will find it: copying it would take longer than reading it.
  std::expected<Segment, FrameFault> result(std::in_place);
  result->time = frame.time;
  const auto done = read_into(*result, frame);
  if (!done) result = std::unexpected(done.error());
  return result;
}

}  // namespace hitwatch::packets
