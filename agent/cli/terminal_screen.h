// The terminal while a program has it to itself: what is drawn, which keys are pressed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agent/cli/top_keys.h"
#include "agent/cli/top_layout.h"

namespace hitwatch::cli {

// There is at most one at a time, since standard input and output belong to it. The terminal is as
// it was before once the screen is destroyed or suspended.
class TerminalScreen {
 public:
  // Whether standard input and output are a terminal that may be drawn on.
  static bool is_possible();
  // Nothing if the terminal (TERM) is one that cannot be drawn on.
  static std::unique_ptr<TerminalScreen> open(bool with_colours);
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  ScreenSize size() const;
  // Replaces what is shown.
  void draw(const std::vector<Line>& lines);
  // The next key, or nothing if none is waiting.
  std::optional<Key> next_key();

  // Asks the terminal for its size again.
  void resize();
  // Gives the terminal back for a while; `resume` takes it again and clears it.
  void suspend();
  void resume();

 private:
  struct Terminal;
  TerminalScreen(std::unique_ptr<Terminal> terminal, bool with_colours);

  std::unique_ptr<Terminal> terminal_;
  bool with_colours_;
};

// What a signal asks of the screen: another size, giving the terminal back, taking it again. False
// if it asks for the end.
bool follow_signal(TerminalScreen& screen, int signal);

}  // namespace hitwatch::cli
