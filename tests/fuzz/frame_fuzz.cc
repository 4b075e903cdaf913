// Frames of every link type: what is read of them lies within them.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collectors/tap/packets/frame.h"

namespace {

using namespace hitwatch::packets;

void require_within(const Frame& frame, const Segment& segment) {
  const bool is_within =
      segment.payload.data() >= frame.bytes.data() &&
      segment.payload.data() + segment.payload.size() <= frame.bytes.data() + frame.bytes.size();
  const bool is_of_length = segment.payload_length >= segment.payload.size() &&
                            segment.payload_length <= frame.wire_length;
  if (!is_within || !is_of_length) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array kLinks{LinkType::kEthernet, LinkType::kLinuxCooked, LinkType::kLinuxCooked2,
                              LinkType::kIp, LinkType::kLoopback};
  Frame frame;
  frame.link = kLinks[data[0] % kLinks.size()];
  frame.bytes = {reinterpret_cast<const char*>(data) + 2, size - 2};
  frame.wire_length = static_cast<std::uint32_t>(frame.bytes.size()) + data[1];
  const auto segment = read_frame(frame);
  if (segment) require_within(frame, *segment);
  return 0;
}
