// Decompresses a chunk (chunk.h explains the format).
#pragma once

#include <bit>
#include <cstring>

#include "rules/window/chunk.h"

namespace hitwatch::window {

// Takes nibbles from a chunk's data, which it never reads past.
class NibbleReader {
 public:
  explicit NibbleReader(const Chunk& chunk)
      : data_(reinterpret_cast<const std::uint8_t*>(&chunk) + Chunk::kHeader),
        bytes_((chunk.nibbles + 1U) / 2) {}

  // At most 15.
  std::uint64_t take(unsigned nibbles) {
    if (left_ < nibbles) [[unlikely]]
      refill();
    const std::uint64_t taken = word_ & ((std::uint64_t{1} << 4U * nibbles) - 1);
    word_ >>= 4U * nibbles;
    left_ -= nibbles;
    return taken;
  }
  std::uint64_t take_16() {
    const std::uint64_t low = take(8);
    return take(8) << 32U | low;
  }

 private:
  // Loads as much as there is and fits beside a half byte, going back to what was not taken.
  void refill() {
    const std::size_t at = end_ - left_;
    const std::size_t byte = at / 2;
    std::uint64_t word = 0;
    if (byte + sizeof word <= bytes_) [[likely]] {
      std::memcpy(&word, data_ + byte, sizeof word);
    } else {
      std::memcpy(&word, data_ + byte, bytes_ - byte);
    }
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    word_ = word >> 4U * (at % 2);
    left_ = 16 - at % 2;
    end_ = at + left_;
  }

  const std::uint8_t* data_;
  std::size_t bytes_;
  std::uint64_t word_ = 0;
  std::size_t left_ = 0;  // nibbles of `word_`
  std::size_t end_ = 0;   // the nibble after these
};

class TimeDecoder {
 public:
  explicit TimeDecoder(std::int64_t first) : time_(static_cast<std::uint64_t>(first)) {
    expected_ = time_;
  }
  std::int64_t time() const { return static_cast<std::int64_t>(time_); }

  // Whether a value code follows.
  bool next(NibbleReader& reader) {
    const auto code = static_cast<unsigned>(reader.take(1));
    expected_ += step_;
    std::int64_t residual = kTimeCodes[code].residual;
    if (code >= 12) [[unlikely]] {
      if (code == 15) {
        jump(reader);
        return true;
      }
      const auto nibbles = unsigned{kTimeCodes[code].residual_nibbles};
      const unsigned unused = 64 - 4 * nibbles;
      residual = static_cast<std::int64_t>(reader.take(nibbles) << unused) >> unused;
    }
    time_ = expected_ + static_cast<std::uint64_t>(residual);
    expected_ += static_cast<std::uint64_t>(residual / 2);
    return !kTimeCodes[code].unchanged;
  }

 private:
  void jump(NibbleReader& reader) {
    const auto nibbles = static_cast<unsigned>(reader.take(1));
    const std::uint64_t code = nibbles == 0 ? reader.take_16() : reader.take(nibbles);
    expected_ += static_cast<std::uint64_t>(unzigzag(code));
    step_ = usual_step(expected_ - time_);
    time_ = expected_;
  }

  std::uint64_t time_;
  std::uint64_t expected_;
  std::uint64_t step_ = 0;
};

// `Scaled`: whether n has to be divided.
template <bool Scaled>
class DecimalDecoder {
 public:
  explicit DecimalDecoder(std::uint8_t scale) : power_(kPowersOfTen[scale]) {}
  double value() const { return value_; }
  void stay() { change_ = 0; }

  void next(NibbleReader& reader) {
    const auto code = static_cast<unsigned>(reader.take(1));
    if (code == kRawValue) [[unlikely]] {
      value_ = std::bit_cast<double>(reader.take_16());
      return;
    }
    if (code == 0) {
      stay();
      return;
    }
    const auto [nibbles, to_last_change] = kValueCodes[code];
    const std::int64_t last_change = to_last_change ? change_ : 0;
    change_ = last_change + unzigzag(reader.take(nibbles));
    n_ += change_;
    value_ = static_cast<double>(n_);
    if constexpr (Scaled) value_ /= power_;
  }

 private:
  double power_;
  std::int64_t n_ = 0;
  std::int64_t change_ = 0;
  double value_ = 0;
};

class ExclusiveOrDecoder {
 public:
  double value() const { return std::bit_cast<double>(bits_); }
  void stay() {}

  void next(NibbleReader& reader) {
    const auto code = static_cast<unsigned>(reader.take(1));
    if (code == kRawValue) {
      bits_ = reader.take_16();
    } else if (code >= 13) {
      bits_ ^= reader.take(code);
    } else if (code != 0) {
      const auto zeros = static_cast<unsigned>(reader.take(1));
      bits_ ^= reader.take(code) << 4U * zeros;
    }
  }

 private:
  std::uint64_t bits_ = 0;
};

template <typename Values, typename Visit>
void scan(const Chunk& chunk, Values values, Visit visit) {
  NibbleReader reader(chunk);
  TimeDecoder times(chunk.first_time);
  values.next(reader);
  for (unsigned left = chunk.count;;) {
    if (!visit(times.time(), values.value()) || --left == 0) return;
    if (times.next(reader)) {
      values.next(reader);
    } else {
      values.stay();
    }
  }
}

// Calls visit(time, value) for the samples of a chunk, which has some, until it returns false.
template <typename Visit>
void for_each_point(const Chunk& chunk, Visit visit) {
  if (chunk.scale == 0) {
    scan(chunk, DecimalDecoder<false>(0), visit);
  } else if (chunk.scale == Chunk::kExclusiveOr) {
    scan(chunk, ExclusiveOrDecoder(), visit);
  } else {
    scan(chunk, DecimalDecoder<true>(chunk.scale), visit);
  }
}

}  // namespace hitwatch::window
