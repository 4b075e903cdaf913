// Which packets are captured: TCP from or to some ports, of all connections or a fixed share.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "collectors/tap/packets/segment.h"

namespace hitwatch::packets {

struct PortFilter {
  static constexpr std::size_t kMaxPorts = 64;

  std::vector<std::uint16_t> ports{};  // of servers; at most kMaxPorts
  // One connection of so many, chosen by a hash of the client's port, which is the one that is not
  // among `ports`; 1: every one. Both directions of a connection are chosen alike; where both ports
  // are among `ports` it always is.
  std::uint32_t one_of = 1;

  bool operator==(const PortFilter&) const = default;

  // The same decision in user space.
  bool admits(const Segment& segment) const;
  bool is_server(std::uint16_t port) const;
};

// As a program of the classic Berkeley packet filter for frames of Ethernet (also with one or two
// VLAN tags inside of the frame; those that the kernel strips are not seen) or without any link
// header. It returns `snaplen` or 0. Non-first fragments are not captured.
std::vector<sock_filter> compile(const PortFilter& filter, bool has_ethernet_header,
                                 std::uint32_t snaplen);

}  // namespace hitwatch::packets
