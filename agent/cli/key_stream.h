// Keys from a file descriptor, one after another, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hitwatch::cli {

constexpr std::size_t kMaxKeyBytes = 1U << 20;

class KeyStream {
 public:
  enum class Found : std::uint8_t {
    kKey,
    kTooLong,  // more than kMaxKeyBytes: passed over
    kEnd,
    kError,  // errno says which
  };

  // `terminator` ends each key, the last one may lack it. Before a newline a '\r' is not of the
  // key.
  KeyStream(int descriptor, char terminator) : descriptor_(descriptor), terminator_(terminator) {}

  // The next key, in `key()` until the next call.
  Found next();
  std::string_view key() const { return key_; }
  // Whether the next call reads from the descriptor, and so may have to wait.
  bool would_read() const { return at_ == buffer_.size(); }
  // How many were found so far.
  std::uint64_t number() const { return number_; }

 private:
  bool refill();

  int descriptor_;
  char terminator_;
  std::string buffer_;
  std::size_t at_ = 0;  // in buffer_
  std::string key_;
  std::uint64_t number_ = 0;
};

}  // namespace hitwatch::cli
