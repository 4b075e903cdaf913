#include "rules/window/quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

#include "agent/metrics/labels.h"

namespace hitwatch::window {
namespace {

// Beyond ASCII: spaces, controls, formats, private use and what is no character (Unicode's general
// categories Z, C), in order.
constexpr auto kUnprinted = std::to_array<std::pair<std::uint32_t, std::uint32_t>>(
    {{0x80, 0xa0},       {0xad, 0xad},       {0x600, 0x605},     {0x61c, 0x61c},
     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
     {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f},   {0x2028, 0x202f},
     {0x205f, 0x206f},   {0x3000, 0x3000},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},
     {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
     {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
     {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x3fffe, 0xe00ff}, {0xe01f0, 0x10ffff}});

bool prints(std::uint32_t code) {
  const auto* const range =
      std::ranges::lower_bound(kUnprinted, code, {}, [](const auto& row) { return row.second; });
  return range == kUnprinted.end() || code < range->first;
}

// Of a valid sequence of at least two bytes.
std::uint32_t decode(std::string_view sequence) {
  std::uint32_t code = static_cast<unsigned char>(sequence[0]) & (0xffU >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) {
    code = code << 6U | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return code;
}

void append_ascii(std::string& out, char letter) {
  constexpr std::string_view kLetters = "\a\b\t\n\v\f\r\"\\";
  constexpr std::string_view kEscapes = "abtnvfr\"\\";
  if (const std::size_t at = kLetters.find(letter); at != std::string_view::npos) {
    out += '\\';
    out += kEscapes[at];
  } else if (letter < ' ' || letter == '\x7f') {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(letter));
  } else {
    out += letter;
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = metrics::utf8_length(text);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (length == 1) {
      append_ascii(out, text[0]);
    } else if (const std::uint32_t code = decode(text.substr(0, length)); prints(code)) {
      out += text.substr(0, length);
    } else {
      out += code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace hitwatch::window
