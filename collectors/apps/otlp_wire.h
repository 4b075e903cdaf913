// The wire format of protobuf, field by field, without messages: a reader whose results point into
// the bytes that it reads, and the writing of single fields.
//
// https://protobuf.dev/programming-guides/encoding/. Groups, which OTLP does not use, are faults.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hitwatch::apps {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// A field's number and wire type, as they precede its value.
constexpr std::uint32_t wire_tag(std::uint32_t field, WireType type) {
  return (field << 3U) | static_cast<std::uint32_t>(type);
}

struct WireField {
  std::uint32_t tag = 0;
  std::uint64_t number = 0;     // of a varint, or the bits of a fixed one
  std::string_view bytes = {};  // of kBytes: a string, a message, packed numbers

  double as_double() const { return std::bit_cast<double>(number); }
};

// Where the varint at `at` ends, before `end` at the latest; null if there is none.
inline const char* long_varint(const char* at, const char* end, std::uint64_t& number) {
  constexpr unsigned kBitsInByte = 7;
  constexpr unsigned kMostBits = 64;
  constexpr unsigned char kMore = 0x80;
  number = 0;
  for (unsigned shift = 0; shift < kMostBits && at != end; shift += kBitsInByte) {
    const auto byte = static_cast<unsigned char>(*at++);
    number |= static_cast<std::uint64_t>(byte & (kMore - 1U)) << shift;
    if (byte < kMore) return at;
  }
  return nullptr;
}
// The same; most have one byte. That nothing keeps the address of the position lets it stay in a
// register.
inline const char* read_varint(const char* at, const char* end, std::uint64_t& number) {
  constexpr unsigned char kMore = 0x80;
  if (at != end && static_cast<unsigned char>(*at) < kMore) {
    number = static_cast<unsigned char>(*at);
    return at + 1;
  }
  std::uint64_t longer = 0;
  at = long_varint(at, end, longer);
  number = longer;
  return at;
}

class WireReader {
 public:
  // The bytes of a message, which must outlive this and what it gives.
  explicit WireReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  // The next field; false at the end, and where something follows that is no field.
  bool next(WireField& field) {
    if (at_ == end_) return false;
    std::uint64_t tag = 0;
    if (!varint(tag) || tag > UINT32_MAX || tag >> 3U == 0) return fail();
    field.tag = static_cast<std::uint32_t>(tag);
    switch (tag & 7U) {
      case static_cast<unsigned>(WireType::kVarint):
        return varint(field.number) || fail();
      case static_cast<unsigned>(WireType::kFixed64):
        return fixed<std::uint64_t>(field.number) || fail();
      case static_cast<unsigned>(WireType::kBytes): {
        std::uint64_t size = 0;
        if (!varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return fail();
        field.bytes = {at_, static_cast<std::size_t>(size)};
        at_ += size;
        return true;
      }
      case static_cast<unsigned>(WireType::kFixed32):
        return fixed<std::uint32_t>(field.number) || fail();
      default:
        return fail();
    }
  }

  // Whether the bytes were no message; to be asked after the last field.
  bool has_failed() const { return failed_; }

 private:
  bool fail() {
    failed_ = true;
    at_ = end_;
    return false;
  }

  bool varint(std::uint64_t& number) {
    const char* next = read_varint(at_, end_, number);
    if (next == nullptr) return false;
    at_ = next;
    return true;
  }

  template <typename Bits>
  bool fixed(std::uint64_t& number) {
    static_assert(std::endian::native == std::endian::little);
    Bits bits{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof bits) return false;
    std::memcpy(&bits, at_, sizeof bits);
    at_ += sizeof bits;
    number = bits;
    return true;
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

// Calls `each` with the numbers of a packed field; false if the bytes are not such numbers.
template <typename Each>
bool for_each_varint(std::string_view packed, Each each) {
  const char* at = packed.data();
  const char* const end = at + packed.size();
  while (at != end) {
    std::uint64_t number = 0;
    at = read_varint(at, end, number);
    if (at == nullptr) return false;
    each(number);
  }
  return true;
}
template <typename Each>
bool for_each_fixed64(std::string_view packed, Each each) {
  constexpr std::size_t kSize = sizeof(std::uint64_t);
  if (packed.size() % kSize != 0) return false;
  for (std::size_t i = 0; i < packed.size(); i += kSize) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, packed.data() + i, kSize);
    each(bits);
  }
  return true;
}

// `sint32` and `sint64` put the sign into the lowest bit.
constexpr std::int64_t from_zigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1U) ^ -static_cast<std::int64_t>(number & 1U);
}
constexpr std::uint64_t to_zigzag(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1U) ^ static_cast<std::uint64_t>(number >> 63);
}

inline void append_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7U) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

inline void append_wire_varint(std::string& out, std::uint32_t field, std::uint64_t number) {
  append_varint(out, wire_tag(field, WireType::kVarint));
  append_varint(out, number);
}

inline void append_wire_fixed64(std::string& out, std::uint32_t field, std::uint64_t bits) {
  append_varint(out, wire_tag(field, WireType::kFixed64));
  out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}

inline void append_wire_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_varint(out, wire_tag(field, WireType::kBytes));
  append_varint(out, bytes.size());
  out += bytes;
}

}  // namespace hitwatch::apps
