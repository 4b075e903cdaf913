// The TCP connections that the tap follows, by their addresses and ports.
//
// Bounded: past the bound the one that has been silent for longest among some makes room. A
// connection is known from its SYN on, or from the first bytes that are seen of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/packets/port_filter.h"
#include "collectors/tap/packets/segment.h"
#include "collectors/tap/resp/conversation.h"

namespace hitwatch::tap {

// Where a segment was captured: the same addresses mean other connections in another namespace, and
// a connection that passes several interfaces of one is read on one of them at a time.
struct Origin {
  std::uint16_t network_namespace = 0;
  std::uint32_t interface = 0;
};

class Connections {
 public:
  struct Counters {
    std::uint64_t now = 0;
    std::uint64_t seen = 0;       // so far
    std::uint64_t evicted = 0;    // to make room
    std::uint64_t elsewhere = 0;  // segments that were read on another interface already
  };

  // The surroundings must outlive this.
  Connections(std::size_t most, resp::Surroundings& surroundings);
  ~Connections();

  // `filter`, which admits the segment, says which of the two ends is the server.
  void take(const packets::Segment& segment, Origin origin, const packets::PortFilter& filter);
  // Forgets those that have been silent for an hour, some at a time: call now and then.
  void forget_silent(packets::Time now);
  // Forgets those whose server's port is not in the filter any more.
  void keep_only(const packets::PortFilter& filter);

  const Counters& counters() const { return counters_; }

 private:
  struct Key {
    packets::Endpoint client;
    packets::Endpoint server;
    std::uint16_t network_namespace = 0;
    bool operator==(const Key&) const = default;
  };
  struct Connection;
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  static std::uint64_t hash(const Key& key);
  // The slot of the key, or the empty one where it belongs.
  std::size_t slot_of(const Key& key) const;
  std::size_t add(const Key& key, std::uint32_t interface);
  void remove(std::size_t slot);
  void make_room();
  void continue_with(std::size_t slot, packets::Side side, const packets::Segment& segment);
  bool is_quieter(std::size_t slot, std::size_t other) const;
  packets::Time last_in(std::size_t slot) const;

  const std::size_t most_;
  resp::Surroundings& surroundings_;
  std::vector<Index> slots_;  // open addressing, at most half full
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Index> free_;
  std::size_t hand_ = 0;  // in slots_: where to look next for silent ones
  Counters counters_;
};

}  // namespace hitwatch::tap
