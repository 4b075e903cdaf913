#include "agent/yaml/node_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hitwatch::yaml {
namespace {

constexpr auto kNullWords = std::to_array<std::string_view>({"~", "null", "Null", "NULL"});

// Whether a reader takes the text for itself without quotes.
bool is_plain_scalar(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
  };
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, is_plain) &&
         std::ranges::find(kNullWords, text) == kNullWords.end();
}

std::string scalar_text(std::string_view text) {
  if (is_plain_scalar(text)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

// Writes a node behind `key:` or `-`, to the line's end.
void write_behind(std::string& out, const Node& node, std::size_t indent);

void write_lines(std::string& out, const Node& node, std::size_t indent, bool first_is_indented) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0 || !first_is_indented) out.append(indent, ' ');
    if (node.kind == Node::Kind::kMapping) {
      out += scalar_text(node.keys[i].text);
      out += ':';
      write_behind(out, node.items[i], indent + 2);
      continue;
    }
    out += '-';
    const Node& item = node.items[i];
    if (item.kind == Node::Kind::kMapping && !item.items.empty()) {
      out += ' ';
      write_lines(out, item, indent + 2, true);
    } else {
      write_behind(out, item, indent + 2);
    }
  }
}

void write_behind(std::string& out, const Node& node, std::size_t indent) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out += '\n';
      return;
    case Node::Kind::kScalar:
      out += ' ' + scalar_text(node.text) + '\n';
      return;
    case Node::Kind::kSequence:
    case Node::Kind::kMapping:
      if (node.items.empty()) {
        out += node.kind == Node::Kind::kMapping ? " {}\n" : " []\n";
        return;
      }
      out += '\n';
      write_lines(out, node, indent, false);
  }
}

}  // namespace

std::string to_text(const Node& node) {
  std::string out;
  if (node.kind == Node::Kind::kScalar) return scalar_text(node.text) + '\n';
  if (node.items.empty()) {
    if (node.kind == Node::Kind::kMapping) out = "{}\n";
    if (node.kind == Node::Kind::kSequence) out = "[]\n";
    return out;
  }
  write_lines(out, node, 0, false);
  return out;
}

}  // namespace hitwatch::yaml
