#include "agent/trace/utf8_text.h"

#include <cstdint>
#include <cstring>

namespace hitwatch::trace {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// How many bytes of ASCII `text` begins with, or a few less.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t size = 0;
  for (; size + 8 <= text.size(); size += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + size, 8);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return size;
}

// The bytes of the first character (Unicode, table 3-7); 0 if `text` does not begin with one.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return follows(1) ? 2 : 0;
  if (first < 0xf0) {
    const bool second = follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return second && follows(2) ? 3 : 0;
  }
  if (first > 0xf4) return 0;
  const bool second = follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
  return second && follows(2) && follows(3) ? 4 : 0;
}

// How many bytes of whole characters `text` begins with.
std::size_t valid_prefix(std::string_view text) {
  std::size_t size = ascii_prefix(text);
  while (size < text.size()) {
    const std::size_t step = character_size(text.substr(size));
    if (step == 0) break;
    size += step;
  }
  return size;
}

}  // namespace

std::string_view utf8_text(std::string_view text, std::size_t most, std::string& scratch) {
  std::size_t valid = valid_prefix(text);
  if (valid == text.size() && valid <= most) return text;
  scratch.clear();
  while (!text.empty()) {
    std::string_view piece = valid > 0 ? text.substr(0, valid) : kReplacement;
    if (scratch.size() + piece.size() > most) {
      if (valid == 0) break;
      std::size_t room = most - scratch.size();
      // Back to where a character begins.
      while (room > 0 && (static_cast<unsigned char>(piece[room]) & 0xc0U) == 0x80) --room;
      scratch += piece.substr(0, room);
      break;
    }
    scratch += piece;
    text.remove_prefix(valid > 0 ? valid : 1);
    valid = text.empty() ? 0 : valid_prefix(text);
  }
  return scratch;
}

}  // namespace hitwatch::trace
