#include "collectors/lookups/label_value.h"

#include <cstdint>

#include "agent/metrics/labels.h"

namespace hitwatch::lookups {
namespace {

bool is_plain(std::string_view text) {
  constexpr unsigned kFirst = ' ';
  constexpr unsigned kCount = '~' - ' ' + 1;
  unsigned faults = 0;  // without a branch, so that the compiler takes many bytes at once
  for (const char c : text) {
    const unsigned offset = static_cast<unsigned char>(c) - kFirst;
    faults |= static_cast<unsigned>(offset >= kCount);
  }
  return faults == 0;
}

void append_escaped(std::string& out, char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  out += "\\x";
  out += kDigits[value >> 4U];
  out += kDigits[value & 15U];
}

}  // namespace

std::string_view label_value(std::string_view raw, std::string& scratch) {
  if (raw.size() <= kMaxLabelBytes && is_plain(raw)) return raw;
  constexpr std::size_t kEscapedBytes = 4;
  scratch.clear();
  while (!raw.empty()) {
    const auto first = static_cast<unsigned char>(raw.front());
    const bool is_control = first < ' ' || first == 0x7F;
    const std::size_t length = is_control ? 0 : metrics::utf8_length(raw);
    if (scratch.size() + (length > 0 ? length : kEscapedBytes) > kMaxLabelBytes) break;
    if (length > 0) {
      scratch += raw.substr(0, length);
    } else {
      append_escaped(scratch, raw.front());
    }
    raw.remove_prefix(length > 0 ? length : 1);
  }
  return scratch;
}

}  // namespace hitwatch::lookups
