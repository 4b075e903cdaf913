#include "rules/window/chunk_writer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "rules/window/chunk_reader.h"

namespace hitwatch::window {
namespace {

constexpr std::size_t kFirstBlock = 40;
constexpr std::size_t kBlockStep = 16;

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

unsigned nibbles_of(std::uint64_t code) {
  return (static_cast<unsigned>(std::bit_width(code)) + 3) / 4;
}

// The n of `value` if it is a decimal number of this scale.
std::optional<std::int64_t> decimal(double value, unsigned scale) {
  constexpr double kLimit = 0x1p52;  // below, half can be added without loss
  const double scaled = value * kPowersOfTen[scale];
  if (!(std::abs(scaled) < kLimit)) return std::nullopt;
  const auto n = static_cast<std::int64_t>(scaled + std::copysign(0.5, scaled));
  if (bits_of(static_cast<double>(n) / kPowersOfTen[scale]) != bits_of(value)) return std::nullopt;
  return n;
}

// Written as it is in a chunk of decimal numbers.
bool is_special(double value) { return !std::isfinite(value) || bits_of(value) == bits_of(-0.0); }

std::uint8_t smallest_scale(double value, unsigned from) {
  for (unsigned scale = from; scale <= Chunk::kMaxScale; ++scale) {
    if (decimal(value, scale)) return static_cast<std::uint8_t>(scale);
  }
  return Chunk::kExclusiveOr;
}

// The value code and the payload for a change of n.
struct Change {
  unsigned code;
  std::uint64_t payload;
};
Change code_of(std::int64_t change, std::int64_t last_change) {
  const std::uint64_t first = zigzag(change);
  const std::uint64_t second = zigzag(change - last_change);
  const unsigned first_nibbles = std::max(nibbles_of(first), 1U);
  const unsigned second_nibbles = nibbles_of(second);
  if (second == 0) return {1, 0};
  if (second_nibbles <= 4 && second_nibbles < first_nibbles) return {1 + second_nibbles, second};
  if (first_nibbles <= 7) return {5 + first_nibbles, first};
  return {first_nibbles <= 10 ? 13U : 14U, first};
}

}  // namespace

ChunkWriter::~ChunkWriter() { free_chunk(chunk_); }
ChunkWriter::ChunkWriter(ChunkWriter&& other) noexcept { *this = std::move(other); }
ChunkWriter& ChunkWriter::operator=(ChunkWriter&& other) noexcept {
  if (this == &other) return *this;
  free_chunk(std::exchange(chunk_, std::exchange(other.chunk_, nullptr)));
  time_ = other.time_;
  bits_ = other.bits_;
  expected_ = other.expected_;
  step_ = other.step_;
  n_ = other.n_;
  change_ = other.change_;
  reserved_ = other.reserved_;
  return *this;
}

void ChunkWriter::put(std::uint64_t bits, unsigned nibbles) {
  const std::size_t end = chunk_->nibbles + nibbles;
  if (Chunk::kHeader + (end + 1) / 2 > reserved_) {
    const std::size_t bytes =
        std::max<std::size_t>(Chunk::kHeader + (end + 1) / 2, reserved_ + kBlockStep);
    chunk_ = resize_chunk(chunk_, bytes);
    reserved_ = static_cast<std::uint16_t>(bytes);
  }
  std::uint8_t* const data = reinterpret_cast<std::uint8_t*>(chunk_) + Chunk::kHeader;
  std::size_t at = chunk_->nibbles;
  if (at % 2 != 0 && nibbles != 0) {
    data[at / 2] = static_cast<std::uint8_t>(data[at / 2] | bits << 4U);
    bits >>= 4U;
    ++at;
  }
  for (; at < end; at += 2, bits >>= 8U) data[at / 2] = static_cast<std::uint8_t>(bits);
  chunk_->nibbles = static_cast<std::uint16_t>(end);
}

void ChunkWriter::put_time(std::int64_t time, bool unchanged) {
  const std::uint64_t last = static_cast<std::uint64_t>(time_);
  const auto now = static_cast<std::uint64_t>(time);
  expected_ += step_;
  const auto residual = static_cast<std::int64_t>(now - expected_);
  time_ = time;
  if (residual < -2048 || residual > 2047) {
    const std::uint64_t code = zigzag(residual);
    const unsigned nibbles = nibbles_of(code);
    put(15 | (nibbles & 15U) << 4U, 2);
    put(code, nibbles);
    expected_ = now;
    step_ = usual_step(now - last);
    if (unchanged) put(0, 1);
    return;
  }
  expected_ += static_cast<std::uint64_t>(residual / 2);
  const auto bits = static_cast<std::uint64_t>(residual);
  if (unchanged && residual >= -3 && residual <= 3) {
    put(static_cast<std::uint64_t>(residual + 3), 1);
  } else if (!unchanged && residual >= -2 && residual <= 2) {
    put(static_cast<std::uint64_t>(residual + 9), 1);
  } else if (residual >= -8 && residual <= 7) {
    put((unchanged ? 12U : 13U) | (bits & 15U) << 4U, 2);
  } else {
    put(14 | (bits & 0xfffU) << 4U, 4);
    if (unchanged) put(0, 1);
  }
}

void ChunkWriter::put_raw(double value) {
  put(kRawValue, 1);
  put(bits_of(value), 16);
}

void ChunkWriter::put_decimal(std::int64_t n) {
  const std::int64_t change = n - n_;
  const auto [code, payload] = code_of(change, change_);
  put(code, 1);
  put(payload, kValueCodes[code].nibbles);
  n_ = n;
  change_ = change;
}

void ChunkWriter::put_exclusive_or(std::uint64_t bits) {
  const std::uint64_t difference = bits ^ bits_;
  const unsigned significant = nibbles_of(difference);
  const unsigned zeros =
      difference == 0 ? 0 : static_cast<unsigned>(std::countr_zero(difference)) / 4;
  const unsigned length = significant - zeros;
  if (difference == 0) {
    put(0, 1);
  } else if (length <= 12 && !(significant <= 13 && length == 12)) {
    put(length | zeros << 4U, 2);
    put(difference >> 4U * zeros, length);
  } else if (significant <= 14) {
    const unsigned code = std::max(significant, 13U);
    put(code, 1);
    put(difference, code);
  } else {
    put(kRawValue, 1);
    put(bits, 16);
  }
}

void ChunkWriter::put_value(double value) {
  if (chunk_->scale == Chunk::kExclusiveOr) {
    put_exclusive_or(bits_of(value));
  } else if (const auto n = decimal(value, chunk_->scale)) {
    put_decimal(*n);
  } else {
    put_raw(value);
  }
  bits_ = bits_of(value);
}

void ChunkWriter::begin(std::int64_t time, double value, std::uint8_t scale) {
  if (chunk_ == nullptr) {
    chunk_ = make_chunk(kFirstBlock);
    reserved_ = kFirstBlock;
  }
  chunk_->scale = scale;
  chunk_->first_time = time;
  chunk_->span = 0;
  chunk_->count = 1;
  chunk_->nibbles = 0;
  time_ = time;
  expected_ = static_cast<std::uint64_t>(time);
  step_ = 0;
  n_ = 0;
  change_ = 0;
  bits_ = 0;
  put_value(value);
}

void ChunkWriter::append(std::int64_t time, double value) {
  if (chunk_ == nullptr) {
    begin(time, value, is_special(value) ? std::uint8_t{0} : smallest_scale(value, 0));
    return;
  }
  const bool unchanged = bits_of(value) == bits_;
  if (!unchanged && chunk_->scale != Chunk::kExclusiveOr && !is_special(value) &&
      !decimal(value, chunk_->scale)) {
    change_scale(value);
  }
  put_time(time, unchanged);
  if (!unchanged) {
    put_value(value);
  } else {
    change_ = 0;
  }
  chunk_->span = static_cast<std::uint32_t>(static_cast<std::uint64_t>(time) -
                                            static_cast<std::uint64_t>(chunk_->first_time));
  ++chunk_->count;
}

// Writes the chunk again, with a scale that `value` has, too.
void ChunkWriter::change_scale(double value) {
  std::array<Point, Chunk::kMaxCount> points;  // NOLINT: filled below
  std::size_t count = 0;
  for_each_point(*chunk_, [&](std::int64_t time, double known) {
    points[count++] = {time, known};
    return true;
  });
  std::uint8_t scale = smallest_scale(value, chunk_->scale + 1U);
  if (scale != Chunk::kExclusiveOr &&
      !std::all_of(points.begin(), points.begin() + count, [&](const Point& point) {
        return is_special(point.value) || decimal(point.value, scale);
      })) {
    scale = Chunk::kExclusiveOr;
  }
  begin(points[0].time, points[0].value, scale);
  for (std::size_t i = 1; i < count; ++i) append(points[i].time, points[i].value);
}

ChunkRef ChunkWriter::finish() {
  reserved_ = 0;
  Chunk* const finished = std::exchange(chunk_, nullptr);
  return ChunkRef(resize_chunk(finished, finished->size()));
}

ChunkWriter ChunkWriter::copy() const {
  ChunkWriter made;
  if (chunk_ == nullptr) return made;
  made.time_ = time_;
  made.bits_ = bits_;
  made.chunk_ = copy_chunk(*chunk_);
  made.reserved_ = static_cast<std::uint16_t>(chunk_->size());
  return made;
}

}  // namespace hitwatch::window
