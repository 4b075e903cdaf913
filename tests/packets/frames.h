// Frames with TCP segments, made for tests, and files of them.
#pragma once

#include <cstdint>
#include <fstream>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/tap/packets/frame.h"

namespace hitwatch::packets::test {

// A frame that owns its bytes.
struct MadeFrame {
  LinkType link = LinkType::kEthernet;
  std::string bytes;
  std::uint32_t wire_length = 0;
  Time time = 0;

  Frame frame() const {
    return {.link = link, .bytes = bytes, .wire_length = wire_length, .time = time};
  }
  // As a tap with this bound sees it.
  MadeFrame cut(std::size_t snaplen) const {
    return {
        .link = link, .bytes = bytes.substr(0, snaplen), .wire_length = wire_length, .time = time};
  }
};

// How a segment is wrapped.
struct Wrapping {
  LinkType link = LinkType::kEthernet;
  std::vector<std::uint16_t> vlan_types{};  // such as 0x88a8, 0x8100: a tag each, from outside
  std::string ip_options{};                 // whole words, of IPv4
  // IPv6: the number and the bytes of each, whose first byte is set to the next one's number.
  std::vector<std::pair<std::uint8_t, std::string>> extensions{};
  std::uint16_t fragment = 0;  // IPv4: the word of flags and offset
  std::string tcp_options{};   // whole words
  bool has_length = true;      // false: the IP header's length is 0
  std::size_t padding = 0;     // bytes behind the packet
  std::uint8_t protocol = 6;
};

inline void append_word(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}
inline void append_number(std::string& out, std::size_t value) {
  append_word(out, value >> 16);
  append_word(out, value & 0xffff);
}
inline void append_address(std::string& out, const Address& address, bool is_ipv4) {
  const std::string_view bytes(reinterpret_cast<const char*>(address.bytes.data()), 16);
  out += is_ipv4 ? bytes.substr(12) : bytes;
}

inline std::string tcp_header(const Segment& segment, const Wrapping& wrapping) {
  std::string out;
  append_word(out, segment.source.port);
  append_word(out, segment.destination.port);
  append_number(out, segment.sequence);
  append_number(out, segment.acknowledgement);
  out += static_cast<char>((20 + wrapping.tcp_options.size()) / 4 << 4);
  out += static_cast<char>((segment.fin ? 1 : 0) | (segment.syn ? 2 : 0) | (segment.rst ? 4 : 0) |
                           (segment.ack ? 16 : 0));
  append_word(out, 0xffff);  // window
  append_number(out, 0);     // checksum, urgent pointer
  return out + wrapping.tcp_options;
}

inline std::string ipv4_header(const Segment& segment, const Wrapping& wrapping,
                               std::size_t length) {
  std::string out;
  const std::size_t header = 20 + wrapping.ip_options.size();
  out += static_cast<char>(0x40 | header / 4);
  out += '\0';
  append_word(out, wrapping.has_length ? header + length : 0);
  append_word(out, 0);
  append_word(out, wrapping.fragment);
  out += '\x40';
  out += static_cast<char>(wrapping.protocol);
  append_word(out, 0);  // checksum
  append_address(out, segment.source.address, true);
  append_address(out, segment.destination.address, true);
  return out + wrapping.ip_options;
}

inline std::string ipv6_header(const Segment& segment, const Wrapping& wrapping,
                               std::size_t length) {
  std::string extensions;
  std::uint8_t next = wrapping.protocol;
  for (const auto& [number, given] : std::views::reverse(wrapping.extensions)) {
    std::string bytes = given;
    bytes[0] = static_cast<char>(std::exchange(next, number));
    extensions = bytes + extensions;
  }
  std::string out;
  append_number(out, 0x60000000);
  append_word(out, wrapping.has_length ? extensions.size() + length : 0);
  out += static_cast<char>(next);
  out += '\x40';
  append_address(out, segment.source.address, false);
  append_address(out, segment.destination.address, false);
  return out + extensions;
}

inline std::string link_header(const Wrapping& wrapping, std::uint16_t ip_type) {
  std::string out;
  const std::uint16_t type = wrapping.vlan_types.empty() ? ip_type : wrapping.vlan_types[0];
  switch (wrapping.link) {
    case LinkType::kEthernet:
      out.assign(12, '\x02');
      append_word(out, type);
      break;
    case LinkType::kLinuxCooked:
      out.assign(14, '\0');
      append_word(out, type);
      break;
    case LinkType::kLinuxCooked2:
      append_word(out, type);
      out.append(18, '\0');
      break;
    case LinkType::kLoopback:
      out = ip_type == 0x0800 ? std::string("\x02\0\0\0", 4) : std::string("\0\0\0\x1e", 4);
      return out;
    case LinkType::kIp:
      return out;
  }
  for (std::size_t i = 0; i < wrapping.vlan_types.size(); ++i) {
    append_word(out, 100 + i);
    append_word(out, i + 1 < wrapping.vlan_types.size() ? wrapping.vlan_types[i + 1] : ip_type);
  }
  return out;
}

// IPv4 if the source's address is. Of payloads longer than `payload` the rest is not captured.
inline MadeFrame make_frame(const Segment& segment, const Wrapping& wrapping = {}) {
  const bool is_ipv4 = segment.source.address.is_ipv4();
  const std::string tcp = tcp_header(segment, wrapping);
  const std::size_t length = tcp.size() + segment.payload_length;
  std::string bytes = link_header(wrapping, is_ipv4 ? 0x0800 : 0x86dd);
  bytes +=
      is_ipv4 ? ipv4_header(segment, wrapping, length) : ipv6_header(segment, wrapping, length);
  bytes += tcp;
  bytes += segment.payload;
  const std::size_t missing = segment.payload_length - segment.payload.size();
  if (missing == 0) bytes.append(wrapping.padding, '\0');
  const std::size_t wire = bytes.size() + missing;
  return {.link = wrapping.link,
          .bytes = std::move(bytes),
          .wire_length = static_cast<std::uint32_t>(wire),
          .time = segment.time};
}

// Of 10.0.0.N or fd00::N, for tests that need two hosts.
inline Address ipv4_host(std::uint8_t number) { return Address::ipv4({10, 0, 0, number}); }
inline Address ipv6_host(std::uint8_t number) {
  return {.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number}};
}

// A capture file as tcpdump writes it, with nanoseconds; all frames of one link type.
inline void write_pcap(const std::string& path, const std::vector<MadeFrame>& frames) {
  const auto link_number = [](LinkType link) -> std::uint32_t {
    switch (link) {
      case LinkType::kEthernet:
        return 1;
      case LinkType::kLinuxCooked:
        return 113;
      case LinkType::kLinuxCooked2:
        return 276;
      case LinkType::kLoopback:
        return 0;
      case LinkType::kIp:
        break;
    }
    return 101;
  };
  std::ofstream out(path, std::ios::binary);
  const auto put = [&out](std::uint32_t value) {
    out.write(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
  constexpr Time kSecond = 1'000'000'000;
  put(kNanoseconds);
  put(2 | 4U << 16);  // version 2.4
  put(0);
  put(0);
  put(1U << 18);  // snaplen
  put(link_number(frames.empty() ? LinkType::kEthernet : frames[0].link));
  for (const MadeFrame& frame : frames) {
    put(static_cast<std::uint32_t>(frame.time / kSecond));
    put(static_cast<std::uint32_t>(frame.time % kSecond));
    put(static_cast<std::uint32_t>(frame.bytes.size()));
    put(frame.wire_length);
    out << frame.bytes;
  }
}

}  // namespace hitwatch::packets::test
