// The section `tap` of the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hitwatch::tap {

struct Options {
  bool enabled = false;
  std::vector<std::string> interfaces = {"lo"};
  std::vector<std::uint16_t> ports;  // empty: those of the targets on this machine
  std::uint32_t one_of = 1;          // sample: 1/N of the connections
  // Network namespaces to tap beside the own one: names of `ip netns`, process ids, paths.
  std::vector<std::string> network_namespaces;
  std::uint32_t snaplen = 65535;
  std::size_t ring_bytes = 64U << 20;  // of each ring

  bool operator==(const Options&) const = default;
};

}  // namespace hitwatch::tap
