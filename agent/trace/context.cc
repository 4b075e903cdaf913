#include "agent/trace/context.h"

#include <openssl/sha.h>

#include <algorithm>
#include <random>

namespace hitwatch::trace {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

template <typename Id>
Id random_id() {
  // Seeded once a thread from the system's entropy: ids of several daemons must not meet.
  thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  Id id;
  do {
    for (std::size_t i = 0; i < id.bytes.size(); i += 8) {
      std::uint64_t bits = engine();
      for (std::size_t k = i; k < i + 8; ++k, bits >>= 8U) {
        id.bytes[k] = static_cast<std::uint8_t>(bits);
      }
    }
  } while (!id.valid());
  return id;
}

template <typename Id>
Id digest_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  Id id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

template <typename Id>
void append_hex(std::string& out, const Id& id) {
  for (const std::uint8_t byte : id.bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
}

std::optional<std::uint8_t> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::uint8_t> byte_of(std::string_view text) {
  const auto high = digit_of(text[0]);
  const auto low = digit_of(text[1]);
  if (!high || !low) return std::nullopt;
  return static_cast<std::uint8_t>(*high * 16 + *low);
}

template <typename Id>
std::optional<Id> parse_id(std::string_view text) {
  Id id;
  if (text.size() != 2 * id.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const auto byte = byte_of(text.substr(2 * i, 2));
    if (!byte) return std::nullopt;
    id.bytes[i] = *byte;
  }
  if (!id.valid()) return std::nullopt;
  return id;
}

}  // namespace

TraceId new_trace_id() { return random_id<TraceId>(); }
SpanId new_span_id() { return random_id<SpanId>(); }

TraceId trace_id_of(std::string_view text) { return digest_of<TraceId>(text); }
SpanId span_id_of(std::string_view text) { return digest_of<SpanId>(text); }

std::string to_hex(const TraceId& id) {
  std::string out;
  append_hex(out, id);
  return out;
}

std::string to_hex(const SpanId& id) {
  std::string out;
  append_hex(out, id);
  return out;
}

std::optional<TraceId> parse_trace_id(std::string_view text) { return parse_id<TraceId>(text); }
std::optional<SpanId> parse_span_id(std::string_view text) { return parse_id<SpanId>(text); }

std::string to_traceparent(const Context& context) {
  std::string out = "00-";
  append_hex(out, context.trace);
  out += '-';
  append_hex(out, context.span);
  out += context.sampled ? "-01" : "-00";
  return out;
}

std::optional<Context> parse_traceparent(std::string_view header) {
  constexpr std::size_t kLength = 55;  // of version 00, exactly
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return std::nullopt;
  }
  // Here, unlike elsewhere, digits are lower-case only.
  if (std::ranges::any_of(header.substr(0, kLength), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return std::nullopt;
  }
  const auto version = byte_of(header.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (header.size() > kLength && (*version == 0 || header[kLength] != '-')) return std::nullopt;
  const auto trace = parse_trace_id(header.substr(3, 32));
  const auto span = parse_span_id(header.substr(36, 16));
  const auto flags = byte_of(header.substr(53, 2));
  if (!trace || !span || !flags) return std::nullopt;
  return Context{*trace, *span, (*flags & 1U) != 0};
}

}  // namespace hitwatch::trace
