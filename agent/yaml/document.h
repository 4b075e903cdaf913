// A YAML document as a plain tree with positions: what yaml-cpp parses, less what it lets through.
//
// Refused with a position: text that is not UTF-8, control characters, quotes that are not closed,
// a second document, tags, merge keys (`<<`), keys that are not text, an alias inside of its own
// anchor, and what exceeds the bounds below. Aliases are replaced by a copy of what they name.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/yaml/fault.h"

namespace hitwatch::yaml {

constexpr std::size_t kMaxDocumentBytes = 1U << 20;
constexpr std::size_t kMaxNesting = 32;
constexpr std::size_t kMaxNodes = 250'000;  // after aliases were replaced

struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  int line = 0;  // these two count from 1
  int column = 0;
  std::string text;         // of kScalar, as written
  std::vector<Node> keys;   // of kMapping: scalars, keys[i] belongs to items[i]
  std::vector<Node> items;  // of kSequence and kMapping
};

// The only document of `text`; a kNull node if it is empty. At most one fault: what follows it
// cannot be understood.
std::expected<Node, Fault> parse_document(std::string_view text, const std::string& file);

// The text of a file of at most kMaxDocumentBytes.
std::expected<std::string, Fault> read_document(const std::string& path);

}  // namespace hitwatch::yaml
