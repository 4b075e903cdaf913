// Bytes of one side of a connection that came ahead of others, copied, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/packets/segment.h"

namespace hitwatch::packets {

// How far `a` is after `b`, as sequence numbers wrap (RFC 9293, 3.4).
constexpr std::int32_t distance(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}

// A part of a segment's payload.
struct Piece {
  std::uint32_t sequence = 0;
  std::uint32_t length = 0;  // on the wire; at least the size of `bytes`
  std::uint32_t acknowledgement = 0;
  bool has_acknowledgement = false;
  bool begins_segment = false;
  Time time = 0;
  std::string_view bytes;  // as far as they were captured

  std::uint32_t end() const { return sequence + length; }
  // At most `length`.
  Piece first(std::uint32_t count) const;
  Piece without_first(std::uint32_t count) const;
};

// Pieces by their sequence numbers, which do not overlap, in one buffer of a pool that grows with
// them and goes back once nothing waits. All are less than 2^31 apart.
class WaitingBytes {
 public:
  bool is_empty() const { return begin_ == end_; }
  // The first one, which must be there; its bytes stand until the next change.
  Piece front() const;
  void drop_front();
  void clear();

  // Keeps what of `piece` does not wait already, in at most `most_bytes` of memory. False if there
  // is no room for it; then `piece` is what could not be kept.
  bool keep(Piece& piece, BufferPool& pool, std::size_t most_bytes);
  // Whether some bytes of `piece` wait.
  bool overlaps(const Piece& piece) const;

  std::size_t memory() const { return buffer_.size(); }

 private:
  struct Header {
    std::uint32_t sequence;
    std::uint32_t length;
    std::uint32_t acknowledgement;
    std::uint32_t captured;
    Time time;
    bool has_acknowledgement;
    bool begins_segment;
  };
  static std::size_t stored_size(const Header& header);

  Header header_at(std::size_t at) const;
  bool insert(std::size_t& at, const Piece& piece, BufferPool& pool, std::size_t most_bytes);
  bool make_room(std::size_t size, BufferPool& pool, std::size_t most_bytes);

  BufferPool::Buffer buffer_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace hitwatch::packets
