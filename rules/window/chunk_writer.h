// Compresses samples into a chunk that grows (chunk.h explains the format).
#pragma once

#include <cstdint>

#include "rules/window/chunk.h"
#include "rules/window/point.h"

namespace hitwatch::window {

class ChunkWriter {
 public:
  ChunkWriter() = default;
  ~ChunkWriter();
  // What was moved from is as good as new.
  ChunkWriter(ChunkWriter&& other) noexcept;
  ChunkWriter& operator=(ChunkWriter&& other) noexcept;

  // nullptr before the first sample.
  const Chunk* chunk() const { return chunk_; }
  Point newest() const { return {time_, std::bit_cast<double>(bits_)}; }
  std::size_t reserved() const { return reserved_; }  // bytes of the block

  // `time` is after the newest sample, and less than 2^32 ms after the first one of the chunk,
  // which has less than kMaxCount.
  void append(std::int64_t time, double value);
  // Starts a chunk and hands out the one it had, no longer than needed. There must be one.
  ChunkRef finish();
  // The same samples, to be read.
  ChunkWriter copy() const;

 private:
  void begin(std::int64_t time, double value, std::uint8_t scale);
  // `bits` has no others than those of the nibbles.
  void put(std::uint64_t bits, unsigned nibbles);
  void put_time(std::int64_t time, bool unchanged);
  void put_value(double value);
  void put_decimal(std::int64_t n);
  void put_raw(double value);
  void put_exclusive_or(std::uint64_t bits);
  void change_scale(double value);

  Chunk* chunk_ = nullptr;
  std::int64_t time_ = 0;       // of the newest sample
  std::uint64_t bits_ = 0;      // of its value
  std::uint64_t expected_ = 0;  // its expected time, corrected
  std::uint64_t step_ = 0;
  std::int64_t n_ = 0;
  std::int64_t change_ = 0;
  std::uint16_t reserved_ = 0;
};

}  // namespace hitwatch::window
