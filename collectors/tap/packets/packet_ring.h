// Packets of one interface, by the kernel's ring TPACKET_V3 (Documentation/networking/
// packet_mmap.rst): the kernel fills blocks, they are read without copies and given back.
//
// On loopback every packet would come twice, leaving and arriving: there, and only there, those
// that leave are ignored (PACKET_IGNORE_OUTGOING).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "collectors/tap/packets/frame.h"
#include "collectors/tap/packets/port_filter.h"

namespace hitwatch::packets {

class PacketRing {
 public:
  struct Options {
    std::string interface;
    // Bytes of a packet that are captured. What a host hands to its network card, or to itself, is
    // often longer than 64 KiB with its headers.
    std::uint32_t snaplen = 256U << 10;
    // Of the ring, rounded up to whole blocks of 1 MiB. Small ones lose packets where the reader
    // does not come often: a block is given to it every 50 ms, full or not.
    std::size_t bytes = 64U << 20;
  };

  // In the network namespace of the calling thread, which it stays in. Captures nothing before
  // bind(). Fails with a sentence that says what to do, such as granting CAP_NET_RAW or a smaller
  // ring.
  static std::expected<std::unique_ptr<PacketRing>, std::string> open(const Options& options,
                                                                      const PortFilter& filter);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  // To wait on, for reading. That the interface went down is an error of it, and shown as one until
  // is_up() or bind() is called.
  int descriptor() const;
  const std::string& interface() const;

  // Captures from now on; also once more, after the interface went and came back. Needs no
  // capability. Fails with a sentence: there is no such interface (and which there are), it is
  // down, or it is of a kind that is not read. Nothing that the filter does not admit is seen.
  std::expected<void, std::string> bind();
  // Another filter from now on; needs no capability.
  std::expected<void, std::string> set_filter(const PortFilter& filter);

  // The frames of a block, which goes back to the kernel when this ends. Frames point into it.
  class Block {
   public:
    ~Block();
    Block(Block&& other) noexcept;
    Block& operator=(Block&&) = delete;

    bool next(Frame& frame);

   private:
    friend class PacketRing;
    Block(PacketRing& ring, std::size_t index);
    PacketRing* ring_;
    std::size_t index_;
    std::uint32_t left_;
    const std::uint8_t* at_;
  };
  // The oldest block that the kernel is done with; nothing if there is none. One at a time.
  std::optional<Block> take();

  // Since the ring was opened.
  struct Statistics {
    std::uint64_t packets = 0;  // captured
    std::uint64_t dropped = 0;  // by the kernel, for lack of room in the ring
  };
  Statistics statistics();
  // Whether it is bound to an interface that is there and up; `take` may find blocks anyway.
  bool is_up() const;

 private:
  class Impl;
  explicit PacketRing(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::packets
