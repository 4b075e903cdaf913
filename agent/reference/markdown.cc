#include "agent/reference/markdown.h"

namespace hitwatch::reference {

std::string escaped(std::string_view text) {
  std::string out;
  bool in_code = false;
  for (const char c : text) {
    if (c == '`') in_code = !in_code;
    if (c == '|') out += '\\';
    if (c == '<' && !in_code) {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string code(std::string_view text) {
  if (text.empty()) return "";
  return "`" + std::string(text) + "`";
}

std::string table_row(std::initializer_list<std::string_view> cells) {
  std::string row = "|";
  for (const std::string_view cell : cells) {
    row += ' ';
    row += escaped(cell);
    if (!cell.empty()) row += ' ';
    row += '|';
  }
  return row + "\n";
}

std::string table_head(std::initializer_list<std::string_view> titles) {
  std::string line = "|";
  for (std::size_t i = 0; i < titles.size(); ++i) line += "---|";
  return table_row(titles) + line + "\n";
}

}  // namespace hitwatch::reference
