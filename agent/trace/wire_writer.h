// Writes protobuf's wire format from the end to the beginning
// (https://protobuf.dev/programming-guides/encoding/): the length of a message stands before it,
// and is known when all of it has been written. What is to come last is written first, so that
// fields and elements of lists come out in the opposite order of the calls.
//
// A batch of spans costs a fifth of what building its messages and serializing them takes, as
// nothing is allocated for a span (`./dev bench trace`).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace hitwatch::trace {

class WireWriter {
 public:
  // Begins anew, in the same memory.
  void clear() { start_ = capacity_; }
  // Valid until the next call.
  std::string_view written() const { return {buffer_.get() + start_, size()}; }
  std::size_t size() const { return capacity_ - start_; }

  void bytes_field(int number, std::string_view value) {
    prepend(value.data(), value.size());
    varint(value.size());
    tag(number, 2);
  }
  // The message that was written since `size()` was `before`.
  void message_field(int number, std::size_t before) {
    varint(size() - before);
    tag(number, 2);
  }
  void varint_field(int number, std::uint64_t value) {
    varint(value);
    tag(number, 0);
  }
  void fixed64_field(int number, std::uint64_t value) {
    little_endian(value);
    tag(number, 1);
  }
  void fixed32_field(int number, std::uint32_t value) {
    little_endian(value);
    tag(number, 5);
  }
  void double_field(int number, double value) {
    fixed64_field(number, std::bit_cast<std::uint64_t>(value));
  }

 private:
  static constexpr std::size_t kVarint = 10;  // bytes, at most

  void make_room(std::size_t size);
  void prepend(const char* data, std::size_t size) {
    if (start_ < size) make_room(size);
    start_ -= size;
    if (size > 0) std::memcpy(buffer_.get() + start_, data, size);
  }
  void tag(int number, unsigned type) { varint(static_cast<unsigned>(number) << 3U | type); }
  void varint(std::uint64_t value) {
    char bytes[kVarint];
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7U) bytes[size++] = static_cast<char>(value | 0x80U);
    bytes[size++] = static_cast<char>(value);
    prepend(bytes, size);
  }
  template <typename Number>
  void little_endian(Number value) {
    static_assert(std::endian::native == std::endian::little);
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    prepend(bytes, sizeof value);
  }

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t start_ = 0;  // of what is written, which ends where the buffer ends
};

}  // namespace hitwatch::trace
