#include "rules/promql/utf8.h"

#include <algorithm>
#include <iterator>

namespace hitwatch::promql {

namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80; }

// By the first byte: how many bytes, which bits of the first count, the smallest value allowed.
struct Form {
  unsigned char mask;
  unsigned char lead;
  std::size_t size;
  char32_t least;
};
constexpr Form kForms[] = {
    {0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

}  // namespace

DecodedRune decode_rune(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const auto* form = std::ranges::find_if(
      kForms, [&](const Form& candidate) { return (first & candidate.mask) == candidate.lead; });
  const DecodedRune bad{.value = 0xfffd, .size = 1, .valid = false};
  if (form == std::end(kForms) || text.size() < form->size) return bad;
  char32_t value = first & static_cast<unsigned char>(~form->mask);
  for (const char byte : text.substr(1, form->size - 1)) {
    if (!continues(byte)) return bad;
    value = value << 6U | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  if (value < form->least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return bad;
  return {.value = value, .size = form->size, .valid = true};
}

std::size_t last_rune_size(std::string_view text) {
  const std::size_t most = std::min<std::size_t>(text.size(), 4);
  for (std::size_t size = 2; size <= most; ++size) {
    const DecodedRune rune = decode_rune(text.substr(text.size() - size));
    if (rune.valid && rune.size == size) return size;
  }
  return 1;
}

std::size_t count_runes(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(decode_rune(text).size);
  return count;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const DecodedRune rune = decode_rune(text);
    if (!rune.valid) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

void append_rune(std::string& out, char32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
    return;
  }
  const std::size_t size = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
  for (std::size_t i = size; i-- > 0;) {
    const auto bits = value >> (6 * i);
    const unsigned lead = i + 1 == size ? kForms[size - 1].lead : 0x80U;
    out += static_cast<char>(lead | (i + 1 == size ? bits : (bits & 0x3fU)));
  }
}

}  // namespace hitwatch::promql
