// What one packet says of a TCP connection.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace hitwatch::packets {

// IPv6; an IPv4 address is kept as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  static constexpr Address ipv4(const std::array<std::uint8_t, 4>& ipv4) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ipv4[0], ipv4[1], ipv4[2], ipv4[3]}};
  }
  bool is_ipv4() const;
  bool operator==(const Address&) const = default;
};
// "127.0.0.1", "fd00::1".
std::string to_string(const Address& address);

struct Endpoint {
  Address address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};
// "127.0.0.1:6379", "[fd00::1]:6379".
std::string to_string(const Endpoint& endpoint);

// Nanoseconds since the epoch of Unix, as the kernel or a capture file stamped a packet.
using Time = std::int64_t;

// A TCP segment (RFC 9293, 3.1). The payload points into the packet.
struct Segment {
  Endpoint source{};
  Endpoint destination{};
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;  // means something if `ack`
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  std::string_view payload{};        // as far as it was captured
  std::uint32_t payload_length = 0;  // on the wire; at least the size of `payload`
  Time time = 0;
  std::uint32_t interface = 0;  // its number on the capturing host, where the frame tells; else 0
};

}  // namespace hitwatch::packets
