// A decimal number up to the end of its line, which may come in pieces.
#pragma once

#include <cstdint>
#include <string_view>

namespace hitwatch::resp {

class NumberLine {
 public:
  enum class Result : std::uint8_t { kMore, kDone, kBroken };

  // Takes what belongs to the line off the front of `bytes`.
  Result take(std::string_view& bytes);
  std::int64_t value() const { return negative_ ? -value_ : value_; }
  bool is_begun() const { return digits_ > 0 || negative_; }
  void reset() { *this = {}; }

 private:
  static constexpr int kMostDigits = 18;

  std::int64_t value_ = 0;
  std::uint8_t digits_ = 0;
  bool negative_ = false;
  bool ended_ = false;  // the carriage return was read
};

inline NumberLine::Result NumberLine::take(std::string_view& bytes) {
  std::size_t i = 0;
  for (; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (ended_) {
      bytes.remove_prefix(i + 1);
      return c == '\n' ? Result::kDone : Result::kBroken;
    }
    if (c >= '0' && c <= '9') {
      if (++digits_ > kMostDigits) return Result::kBroken;
      value_ = value_ * 10 + (c - '0');
    } else if (c == '\r' && digits_ > 0) {
      ended_ = true;
    } else if (c == '-' && digits_ == 0 && !negative_) {
      negative_ = true;
    } else {
      return Result::kBroken;
    }
  }
  bytes = {};
  return Result::kMore;
}

}  // namespace hitwatch::resp
