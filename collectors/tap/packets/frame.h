// Finds the TCP segment in a captured frame.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "collectors/tap/packets/segment.h"

namespace hitwatch::packets {

// What a frame begins with.
enum class LinkType : std::uint8_t {
  kEthernet,      // with any number of VLAN tags (802.1Q, 802.1ad)
  kLinuxCooked,   // what `tcpdump -i any` writes: LINKTYPE_LINUX_SLL
  kLinuxCooked2,  // LINKTYPE_LINUX_SLL2
  kIp,            // none: IPv4 or IPv6 at once (LINKTYPE_RAW, tunnels)
  kLoopback,      // LINKTYPE_NULL and LINKTYPE_LOOP of BSD: four bytes of address family
};

// A captured frame. The bytes belong to whoever captured it.
struct Frame {
  LinkType link = LinkType::kEthernet;
  std::string_view bytes;
  std::uint32_t wire_length = 0;  // at least the size of `bytes`
  Time time = 0;
};

enum class FrameFault : std::uint8_t {
  kNotTcp,     // another protocol
  kFragment,   // of an IP datagram: ports stand in the first one only, so none is read
  kTruncated,  // cut before the payload begins
  kMalformed,  // lengths that contradict each other
  kRepeated,   // on its way out at the loopback, where it comes in, too
};

// IPv4 with options, IPv6 with extension headers. Checksums are not looked at: hosts leave them to
// their network cards. Where a length field is 0, as of segments larger than it can say, the
// frame's own length counts.
std::expected<Segment, FrameFault> read_frame(const Frame& frame);

}  // namespace hitwatch::packets
