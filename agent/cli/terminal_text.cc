#include "agent/cli/terminal_text.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace hitwatch::cli {
namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;
constexpr std::size_t kMarksPerLetter = 2;

struct Character {
  char32_t code;
  std::size_t bytes;  // at least 1
};

// The first character of text that is not empty (RFC 3629). An invalid byte stands for itself.
Character first_character(std::string_view text) {
  constexpr Character kWrong{kInvalid, 1};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return kWrong;
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < size) return kWrong;
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kWrong;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[size] || surrogate || code > 0x10FFFF) return kWrong;
  return {code, size};
}

// As the C library knows it, whatever locale the process runs in. Negative: not to be shown.
int width_of(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7F ? 1 : -1;
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (unicode == nullptr) return -1;
  const locale_t before = uselocale(unicode);
  const int width = wcwidth(static_cast<wchar_t>(code));
  uselocale(before);
  return width;
}

bool is_unseen(char32_t code) {
  return code == 0xAD || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >> 16) == 0xE;
}

std::string filling(std::string_view text, std::size_t columns) {
  std::string blanks;
  blanks.append(columns - std::min(columns, columns_of(text)), ' ');
  return blanks;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  std::size_t marks = kMarksPerLetter;  // none before the first letter
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
    if (character.code != kInvalid && is_unseen(character.code)) continue;
    const int width = character.code == kInvalid ? -1 : width_of(character.code);
    if (width == 0 && ++marks > kMarksPerLetter) continue;
    if (width != 0) marks = 0;
    result += width < 0 ? "?" : bytes;
  }
  return result;
}

std::size_t columns_of(std::string_view printable_text) {
  std::size_t columns = 0;
  while (!printable_text.empty()) {
    const Character character = first_character(printable_text);
    columns += static_cast<std::size_t>(std::max(0, width_of(character.code)));
    printable_text.remove_prefix(character.bytes);
  }
  return columns;
}

std::string cut(std::string_view printable_text, std::size_t columns) {
  if (columns_of(printable_text) <= columns) return std::string(printable_text);
  if (columns == 0) return "";
  std::size_t bytes = 0;
  std::size_t used = 1;  // by the mark
  while (bytes < printable_text.size()) {
    const Character character = first_character(printable_text.substr(bytes));
    used += static_cast<std::size_t>(std::max(0, width_of(character.code)));
    if (used > columns) break;
    bytes += character.bytes;
  }
  return std::string(printable_text.substr(0, bytes)) + "…";
}

std::string fill_right(std::string_view printable_text, std::size_t columns) {
  const std::string text = cut(printable_text, columns);
  return text + filling(text, columns);
}

std::string fill_left(std::string_view printable_text, std::size_t columns) {
  const std::string text = cut(printable_text, columns);
  return filling(text, columns) + text;
}

}  // namespace hitwatch::cli
