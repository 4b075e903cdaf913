#include "tests/bench/remote_write.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>

namespace hitwatch::bench {
namespace {

constexpr char kBytes = 2;  // wire types of protobuf: a length and so many bytes
constexpr char kFixed64 = 1;
constexpr char kVarint = 0;

constexpr char tag(int field, char wire_type) { return static_cast<char>(field << 3 | wire_type); }

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
  out += tag(field, kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

}  // namespace

void WriteRequest::begin_series(const metrics::Labels& labels) {
  series_.clear();
  std::string pair;
  for (const metrics::Label& label : labels) {
    pair.clear();
    put_bytes(pair, 1, label.name);
    put_bytes(pair, 2, label.value);
    put_bytes(series_, 1, pair);
  }
}

void WriteRequest::sample(std::int64_t time, double value) {
  // 9 bytes of value, 1 and the varint of the time, which is below 2^42 until the year 2109.
  std::array<char, 16> bytes;  // NOLINT: filled below
  bytes[0] = tag(1, kFixed64);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  std::memcpy(bytes.data() + 1, &bits, sizeof bits);
  bytes[9] = tag(2, kVarint);
  auto rest = static_cast<std::uint64_t>(time);
  for (std::size_t i = 10; i < bytes.size(); ++i, rest >>= 7U) {
    bytes[i] = static_cast<char>((rest & 0x7fU) | (i + 1 < bytes.size() ? 0x80U : 0U));
  }
  series_ += tag(2, kBytes);
  series_ += static_cast<char>(bytes.size());
  series_.append(bytes.data(), bytes.size());
}

void WriteRequest::end_series() { put_bytes(body_, 1, series_); }

std::string WriteRequest::packed() const {
  constexpr std::size_t kChunk = 65'536;
  constexpr auto kLiteralOfTwoBytes = static_cast<char>(61U << 2U);
  std::string packed;
  packed.reserve(body_.size() + body_.size() / 1024 + 16);
  put_varint(packed, body_.size());
  for (std::size_t at = 0; at < body_.size(); at += kChunk) {
    const std::string_view chunk = std::string_view(body_).substr(at, kChunk);
    packed += kLiteralOfTwoBytes;
    packed += static_cast<char>((chunk.size() - 1) & 0xffU);
    packed += static_cast<char>((chunk.size() - 1) >> 8U);
    packed += chunk;
  }
  return packed;
}

}  // namespace hitwatch::bench
