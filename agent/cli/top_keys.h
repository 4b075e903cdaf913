// What the keys of `hitwatch top` do, apart from any terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/cli/top_query.h"

namespace hitwatch::cli {

struct Key {
  enum class Kind : std::uint8_t {
    kCharacter,  // of which `text` is the UTF-8
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kEnter,
    kEscape,
    kBackspace,
    kClear,  // Ctrl-U
    kOther
  };
  Kind kind = Kind::kOther;
  std::string text;
};

enum class TopMode : std::uint8_t { kTable, kHelp, kTenantInput, kTypeInput };

struct TopState {
  TopQuery query;
  TopMode mode = TopMode::kTable;
  std::string input;  // the filter while it is typed
  std::size_t first_row = 0;
};

// What the table is like as the key is pressed.
struct TableExtent {
  std::size_t rows = 0;     // there are
  std::size_t visible = 1;  // rows on one page
};

enum class Effect : std::uint8_t {
  kRedraw,
  kAskAgain,  // and redraw: the query has changed
  kQuit
};

constexpr std::size_t kMaxFilter = 256;  // bytes

Effect press(TopState& state, const Key& key, const TableExtent& table);

// The last row that may be the first on the page.
std::size_t last_first_row(const TableExtent& table);

}  // namespace hitwatch::cli
