// The two byte streams of a TCP connection from its segments, in the order in which they can be
// understood.
//
// Segments come as the tap saw them: a request is seen before the server can have answered it. Of
// repeated bytes the first copy counts. A segment that is ahead waits, copied, until the hole
// before it is filled or final: a hole is final once the receiver has acknowledged bytes beyond it
// (it has them, so the tap missed them), when what waits exceeds its bound, and when the other
// side's bytes refer to it: a reply whose acknowledgement lies beyond the client's bytes seen so
// far tells that some of those were missed. Lost bytes are handed on as their number, since inside
// of a value nobody needs them. Bytes that were not captured (snaplen) are such bytes, too.
//
// A connection may be met in its middle: the first segment says where both streams are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/packets/segment.h"
#include "collectors/tap/packets/waiting_bytes.h"

namespace hitwatch::packets {

enum class Side : std::uint8_t { kClient, kServer };

// Bytes of one side, in order.
struct Chunk {
  Side side = Side::kClient;
  std::string_view bytes;
  // Of the segment that brought them, its first copy.
  Time time = 0;
  // The first bytes of a segment, so that a message may begin here.
  bool begins_segment = false;
  // Up to where the sender had the other side's bytes (acknowledgement), relative to those handed
  // over so far: 0 is all of them, negative is fewer; never positive.
  std::int64_t behind = 0;
};

class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void bytes(const Chunk& chunk) = 0;
  // So many bytes come next that nobody will see.
  virtual void lost(Side side, std::uint64_t count, Time time) = 0;
  // Bytes that were seen before, or given up as lost, came again.
  virtual void repeated(Side side) = 0;
};

// About 120 bytes, plus what waits.
class Reassembly {
 public:
  static constexpr std::size_t kMaxWaiting = 64U << 10;  // bytes, of both sides

  // The pool must outlive this.
  explicit Reassembly(BufferPool& pool);
  ~Reassembly();
  Reassembly(Reassembly&&) noexcept;
  Reassembly& operator=(Reassembly&&) = delete;

  // A segment from `side`, and what it makes available. One of a later connection begins anew,
  // which the owner has to notice first (begins_anew): the handler is not told.
  void take(Side side, const Segment& segment, StreamHandler& handler);

  // Whether this segment is of a later connection with the same addresses and ports: a SYN whose
  // sequence number is not that of this one's; or, where the SYN was missed, bytes after this
  // side's FIN, or numbers that no segment of this connection can have. A stray segment with such
  // numbers ends a connection that still lives, too: it is then met again in its middle.
  bool begins_anew(Side side, const Segment& segment) const;
  // Both sides from their first byte on.
  bool seen_from_start() const;
  // Both sides have ended (FIN), or one was reset.
  bool is_closed() const;
  // Memory that is held for segments that wait.
  std::size_t waiting() const;

 private:
  struct Stream {
    std::uint32_t first = 0;  // the sequence number of the first byte that is known of
    std::uint32_t next = 0;   // of the next byte to hand on
    std::uint32_t fin = 0;    // of the FIN
    bool is_known = false;    // `first` and `next` mean something
    bool has_syn = false;     // the SYN was seen, so `first` is the first byte there is
    bool has_fin = false;
  };

  Stream& stream(Side side) { return streams_[static_cast<std::size_t>(side)]; }
  const Stream& stream(Side side) const { return streams_[static_cast<std::size_t>(side)]; }
  WaitingBytes& waiting_of(Side side) { return waiting_[static_cast<std::size_t>(side)]; }

  void start_anew();
  void take_payload(Side side, const Segment& segment, StreamHandler& handler);
  void keep(Side side, Piece piece, StreamHandler& handler);
  void settle(Side side, std::uint32_t until, Time time, StreamHandler& handler);
  void hand_on_waiting(Side side, StreamHandler& handler);
  void hand_on_new(Side side, Piece piece, StreamHandler& handler);
  void hand_on(Side side, const Piece& piece, StreamHandler& handler);

  BufferPool* pool_;
  std::array<WaitingBytes, 2> waiting_;
  std::array<Stream, 2> streams_{};
  bool is_reset_ = false;
};

}  // namespace hitwatch::packets
