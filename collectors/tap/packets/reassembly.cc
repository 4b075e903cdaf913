#include "collectors/tap/packets/reassembly.h"

#include <algorithm>
#include <utility>

namespace hitwatch::packets {
namespace {

// No window is larger (RFC 7323, 2.3), so nothing is farther ahead.
constexpr std::int32_t kFarthestAhead = 1 << 30;
// What is repeated was sent less than a window before; windows of this size do not occur between
// a cache and its clients. The smaller this is, the sooner a later connection without a SYN shows.
constexpr std::int32_t kFarthestBehind = 1 << 26;
// Several times of what Linux makes of one packet at most (BIG TCP: 512 KiB).
constexpr std::uint32_t kLongestPayload = 1U << 24;

bool is_far(std::uint32_t number, std::uint32_t next) {
  const std::int32_t ahead = distance(number, next);
  return ahead > kFarthestAhead || ahead < -kFarthestBehind;
}

Side other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }

std::uint32_t first_byte(const Segment& segment) {
  return segment.sequence + (segment.syn ? 1 : 0);
}

Piece payload_of(const Segment& segment) {
  return {.sequence = first_byte(segment),
          .length = segment.payload_length,
          .acknowledgement = segment.acknowledgement,
          .has_acknowledgement = segment.ack,
          .begins_segment = true,
          .time = segment.time,
          .bytes = segment.payload};
}

}  // namespace

Reassembly::Reassembly(BufferPool& pool) : pool_(&pool) {}
Reassembly::~Reassembly() = default;
Reassembly::Reassembly(Reassembly&&) noexcept = default;

bool Reassembly::begins_anew(Side side, const Segment& segment) const {
  if (segment.rst) return false;
  const Stream& own = stream(side);
  const Stream& others = stream(other(side));
  if (own.is_known) {
    const std::uint32_t begin = first_byte(segment);
    if (segment.syn) return begin != own.first;
    if (is_far(begin, own.next)) return true;
    // The number after the FIN is that of every acknowledgement that follows.
    if (own.has_fin) {
      const std::int32_t beyond = distance(begin + segment.payload_length, own.fin);
      if (beyond > (segment.payload_length == 0 ? 1 : 0)) return true;
    }
  }
  return segment.ack && others.is_known && is_far(segment.acknowledgement, others.next);
}

bool Reassembly::seen_from_start() const {
  return stream(Side::kClient).has_syn && stream(Side::kServer).has_syn;
}

bool Reassembly::is_closed() const {
  const auto has_ended = [](const Stream& stream) {
    return stream.has_fin && distance(stream.next, stream.fin) >= 0;
  };
  return is_reset_ || std::ranges::all_of(streams_, has_ended);
}

std::size_t Reassembly::waiting() const { return waiting_[0].memory() + waiting_[1].memory(); }

void Reassembly::start_anew() {
  streams_ = {};
  for (WaitingBytes& waiting : waiting_) waiting.clear();
  is_reset_ = false;
}

void Reassembly::take(Side side, const Segment& segment, StreamHandler& handler) {
  Stream& own = stream(side);
  Stream& others = stream(other(side));
  if (segment.rst) {
    // One with numbers of nowhere would be ignored by the other host, too.
    is_reset_ |= !own.is_known || !is_far(segment.sequence, own.next);
    return;
  }
  if (segment.payload_length > kLongestPayload) return;
  if (begins_anew(side, segment)) start_anew();

  if (!own.is_known) {
    own.is_known = true;
    own.first = own.next = first_byte(segment);
  }
  own.has_syn |= segment.syn;
  if (segment.ack && !others.is_known) {
    others.is_known = true;
    others.first = others.next = segment.acknowledgement;
  } else if (segment.ack && distance(segment.acknowledgement, others.next) > 0) {
    settle(other(side), segment.acknowledgement, segment.time, handler);
  }
  if (segment.fin && !own.has_fin) {
    own.has_fin = true;
    own.fin = first_byte(segment) + segment.payload_length;
  }
  if (segment.payload_length == 0) return;
  take_payload(side, segment, handler);
}

void Reassembly::take_payload(Side side, const Segment& segment, StreamHandler& handler) {
  const Piece piece = payload_of(segment);
  const std::int32_t ahead = distance(piece.sequence, stream(side).next);
  if (ahead == 0 && waiting_of(side).is_empty()) return hand_on(side, piece, handler);
  // A byte before the next one is how some hosts ask whether the other one is still there.
  const bool is_probe = ahead == -1 && piece.length == 1;
  if ((ahead < 0 && !is_probe) || waiting_of(side).overlaps(piece)) handler.repeated(side);
  if (ahead > 0) {
    keep(side, piece, handler);
  } else {
    hand_on_new(side, piece, handler);
  }
}

// Where there is no room for it, all that is missing before it is given up.
void Reassembly::keep(Side side, Piece piece, StreamHandler& handler) {
  const std::size_t most_bytes = kMaxWaiting - waiting_of(other(side)).memory();
  if (waiting_of(side).keep(piece, *pool_, most_bytes)) return;
  settle(side, piece.sequence, piece.time, handler);
  hand_on_new(side, piece, handler);
}

// What is missing before `until` is lost.
void Reassembly::settle(Side side, std::uint32_t until, Time time, StreamHandler& handler) {
  Stream& own = stream(side);
  if (own.has_fin && distance(until, own.fin) > 0) until = own.fin;
  const auto lose_until = [&](std::uint32_t sequence) {
    const std::int32_t missing = distance(sequence, own.next);
    if (missing <= 0) return;
    own.next = sequence;
    handler.lost(side, static_cast<std::uint64_t>(missing), time);
  };
  WaitingBytes& waiting = waiting_of(side);
  while (!waiting.is_empty() && distance(waiting.front().sequence, until) < 0) {
    lose_until(waiting.front().sequence);
    hand_on_waiting(side, handler);
  }
  lose_until(until);
  hand_on_waiting(side, handler);
}

// What waits and is next.
void Reassembly::hand_on_waiting(Side side, StreamHandler& handler) {
  WaitingBytes& waiting = waiting_of(side);
  while (!waiting.is_empty() && waiting.front().sequence == stream(side).next) {
    hand_on(side, waiting.front(), handler);
    waiting.drop_front();
  }
}

// A piece that begins at the next byte or before it; of what waits as well that copy counts.
void Reassembly::hand_on_new(Side side, Piece piece, StreamHandler& handler) {
  for (;;) {
    const std::int32_t known = distance(stream(side).next, piece.sequence);
    piece = piece.without_first(std::min(piece.length, static_cast<std::uint32_t>(known)));
    if (piece.length == 0) return;
    std::uint32_t count = piece.length;
    if (!waiting_of(side).is_empty()) {
      const std::uint32_t gap = waiting_of(side).front().sequence - piece.sequence;
      count = std::min(count, gap);
    }
    hand_on(side, piece.first(count), handler);
    hand_on_waiting(side, handler);
  }
}

void Reassembly::hand_on(Side side, const Piece& piece, StreamHandler& handler) {
  Chunk chunk{.side = side,
              .bytes = piece.bytes,
              .time = piece.time,
              .begins_segment = piece.begins_segment};
  if (piece.has_acknowledgement) {
    chunk.behind = std::min(0, distance(piece.acknowledgement, stream(other(side)).next));
  }
  stream(side).next = piece.end();
  if (!chunk.bytes.empty()) handler.bytes(chunk);
  const std::size_t missing = piece.length - piece.bytes.size();
  if (missing > 0) handler.lost(side, missing, piece.time);
}

}  // namespace hitwatch::packets
