// What the tap captures: the section `tap` of the configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::tap {

struct Options {
  bool enabled = false;
  std::vector<std::string> interfaces = {"lo"};
  std::vector<std::uint16_t> ports;  // empty: those of the targets on this machine
  std::uint32_t one_of = 1;          // one connection of so many is captured
  // Network namespaces to tap beside the own one: names of `ip netns`, process ids, paths.
  std::vector<std::string> network_namespaces;
  std::uint32_t snaplen = 262'144;     // bytes of a packet
  std::size_t ring_bytes = 64U << 20;  // of each interface's ring

  bool operator==(const Options&) const = default;
};

// Bounds of a configuration.
constexpr std::size_t kMaxInterfaces = 16;
constexpr std::size_t kMaxNetworkNamespaces = 64;
constexpr std::uint32_t kMaxOneOf = 65'536;
constexpr std::uint32_t kLeastSnaplen = 128;
constexpr std::uint32_t kMostSnaplen = 262'144;
constexpr std::size_t kLeastRingBytes = 1U << 20;
constexpr std::size_t kMostRingBytes = 1U << 30;

// "1/10" is 10. Fails with a sentence.
std::expected<std::uint32_t, std::string> parse_sample(std::string_view text);

}  // namespace hitwatch::tap
