#include "agent/cli/top_keys.h"

#include <algorithm>
#include <utility>

namespace hitwatch::cli {
namespace {

void scroll(TopState& state, Key::Kind kind, const TableExtent& table) {
  const std::size_t page = std::max<std::size_t>(1, table.visible);
  const std::size_t last = last_first_row(table);
  std::size_t row = std::min(state.first_row, last);
  switch (kind) {
    case Key::Kind::kUp:
      row -= std::min<std::size_t>(row, 1);
      break;
    case Key::Kind::kDown:
      row += 1;
      break;
    case Key::Kind::kPageUp:
      row -= std::min(row, page);
      break;
    case Key::Kind::kPageDown:
      row += page;
      break;
    case Key::Kind::kHome:
      row = 0;
      break;
    case Key::Kind::kEnd:
      row = last;
      break;
    default:
      break;
  }
  state.first_row = std::min(row, last);
}

Window next_window(Window window) {
  return static_cast<Window>((static_cast<std::size_t>(window) + 1) % kWindows);
}

Effect changed(TopState& state) {
  state.first_row = 0;
  return Effect::kAskAgain;
}

Effect sort_by(TopState& state, SortKey key) {
  state.query.sort = key;
  state.query.reverse = false;
  return changed(state);
}

Effect start_input(TopState& state, TopMode mode, const std::string& current) {
  state.mode = mode;
  state.input = current;
  return Effect::kRedraw;
}

Effect press_letter(TopState& state, char letter) {
  switch (letter) {
    case 'q':
      return Effect::kQuit;
    case 's':
    case '>':
      return sort_by(state, next_sort_key(state.query.sort));
    case '<':
      return sort_by(state, previous_sort_key(state.query.sort));
    case 'r':
      state.query.reverse = !state.query.reverse;
      return changed(state);
    case 'w':
      state.query.window = next_window(state.query.window);
      return changed(state);
    case '/':
      return start_input(state, TopMode::kTenantInput, state.query.tenant);
    case 't':
      return start_input(state, TopMode::kTypeInput, state.query.type);
    case 'h':
    case '?':
      state.mode = TopMode::kHelp;
      return Effect::kRedraw;
    default:
      return Effect::kRedraw;
  }
}

void remove_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

Effect press_in_input(TopState& state, const Key& key) {
  switch (key.kind) {
    case Key::Kind::kCharacter:
      if (state.input.size() + key.text.size() <= kMaxFilter) state.input += key.text;
      return Effect::kRedraw;
    case Key::Kind::kBackspace:
      remove_last_character(state.input);
      return Effect::kRedraw;
    case Key::Kind::kClear:
      state.input.clear();
      return Effect::kRedraw;
    case Key::Kind::kEscape:
      state.mode = TopMode::kTable;
      return Effect::kRedraw;
    case Key::Kind::kEnter: {
      std::string& filter =
          state.mode == TopMode::kTenantInput ? state.query.tenant : state.query.type;
      filter = std::exchange(state.input, {});
      state.mode = TopMode::kTable;
      return changed(state);
    }
    default:
      return Effect::kRedraw;
  }
}

}  // namespace

std::size_t last_first_row(const TableExtent& table) {
  return table.rows - std::min(table.rows, std::max<std::size_t>(1, table.visible));
}

Effect press(TopState& state, const Key& key, const TableExtent& table) {
  switch (state.mode) {
    case TopMode::kTenantInput:
    case TopMode::kTypeInput:
      return press_in_input(state, key);
    case TopMode::kHelp:
      state.mode = TopMode::kTable;  // whatever the key
      return Effect::kRedraw;
    case TopMode::kTable:
      break;
  }
  if (key.kind == Key::Kind::kCharacter) {
    return key.text.size() == 1 ? press_letter(state, key.text.front()) : Effect::kRedraw;
  }
  scroll(state, key.kind, table);
  return Effect::kRedraw;
}

}  // namespace hitwatch::cli
