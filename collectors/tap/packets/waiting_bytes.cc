#include "collectors/tap/packets/waiting_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace hitwatch::packets {

Piece Piece::first(std::uint32_t count) const {
  Piece piece = *this;
  piece.length = count;
  piece.bytes = bytes.substr(0, count);
  return piece;
}

Piece Piece::without_first(std::uint32_t count) const {
  if (count == 0) return *this;
  Piece piece = *this;
  piece.sequence += count;
  piece.length -= count;
  piece.begins_segment = false;
  piece.bytes = bytes.substr(std::min<std::size_t>(count, bytes.size()));
  return piece;
}

std::size_t WaitingBytes::stored_size(const Header& header) {
  return sizeof(Header) + header.captured;
}

// Copied, as what is stored before it may have any length.
WaitingBytes::Header WaitingBytes::header_at(std::size_t at) const {
  Header header;
  std::memcpy(&header, buffer_.data() + at, sizeof(header));
  return header;
}

Piece WaitingBytes::front() const {
  const Header header = header_at(begin_);
  return {.sequence = header.sequence,
          .length = header.length,
          .acknowledgement = header.acknowledgement,
          .has_acknowledgement = header.has_acknowledgement,
          .begins_segment = header.begins_segment,
          .time = header.time,
          .bytes = {buffer_.data() + begin_ + sizeof(Header), header.captured}};
}

void WaitingBytes::drop_front() {
  begin_ += static_cast<std::uint32_t>(stored_size(header_at(begin_)));
  if (begin_ == end_) clear();
}

void WaitingBytes::clear() {
  const BufferPool::Buffer given_back = std::exchange(buffer_, {});
  begin_ = end_ = 0;
}

bool WaitingBytes::overlaps(const Piece& piece) const {
  for (std::size_t at = begin_; at < end_;) {
    const Header header = header_at(at);
    if (distance(header.sequence, piece.end()) >= 0) return false;
    if (distance(header.sequence + header.length, piece.sequence) > 0) return true;
    at += stored_size(header);
  }
  return false;
}

bool WaitingBytes::keep(Piece& piece, BufferPool& pool, std::size_t most_bytes) {
  std::size_t at = begin_;
  while (at < end_ && piece.length > 0) {
    const Header header = header_at(at);
    const std::int32_t before = distance(header.sequence, piece.sequence);
    if (before > 0) {
      const std::uint32_t count = std::min(piece.length, static_cast<std::uint32_t>(before));
      if (!insert(at, piece.first(count), pool, most_bytes)) return false;
      piece = piece.without_first(count);
    }
    const std::int32_t known = distance(header.sequence + header.length, piece.sequence);
    if (known > 0 && piece.length > 0) {
      piece = piece.without_first(std::min(piece.length, static_cast<std::uint32_t>(known)));
    }
    at += stored_size(header);
  }
  return piece.length == 0 || insert(at, piece, pool, most_bytes);
}

// Afterwards `at` is behind the new piece.
bool WaitingBytes::insert(std::size_t& at, const Piece& piece, BufferPool& pool,
                          std::size_t most_bytes) {
  const Header header{.sequence = piece.sequence,
                      .length = piece.length,
                      .acknowledgement = piece.acknowledgement,
                      .captured = static_cast<std::uint32_t>(piece.bytes.size()),
                      .time = piece.time,
                      .has_acknowledgement = piece.has_acknowledgement,
                      .begins_segment = piece.begins_segment};
  const std::size_t size = stored_size(header);
  const std::size_t offset = at - begin_;
  if (!make_room(size, pool, most_bytes)) return false;
  at = begin_ + offset;
  char* place = buffer_.data() + at;
  std::memmove(place + size, place, end_ - at);
  std::memcpy(place, &header, sizeof(header));
  std::ranges::copy(piece.bytes, place + sizeof(header));
  at += size;
  end_ += static_cast<std::uint32_t>(size);
  return true;
}

bool WaitingBytes::make_room(std::size_t size, BufferPool& pool, std::size_t most_bytes) {
  if (end_ + size <= buffer_.size()) return true;
  const std::size_t used = end_ - begin_;
  if (used + size <= buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, used);
  } else {
    const std::size_t wanted = std::bit_ceil(std::max(used + size, BufferPool::kSmallest));
    if (wanted > most_bytes) return false;
    BufferPool::Buffer larger = pool.take(wanted);
    if (!larger) return false;
    if (used > 0) std::memcpy(larger.data(), buffer_.data() + begin_, used);
    buffer_ = std::move(larger);
  }
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(used);
  return true;
}

}  // namespace hitwatch::packets
