// How far a survey is, while it is under way: a bar on a terminal, elsewhere a line now and then.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "collectors/keyspace/survey.h"

namespace hitwatch::cli {

// "[####------]  40%  400,000 of 1,000,000 keys  152,000 keys/s  4 s left", in at most so many
// columns: without room the bar goes first, then figures from the right.
std::string progress_text(const keyspace::Progress& progress, std::optional<std::size_t> columns);

class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;

  // Writes to `descriptor`. If that is no terminal, a line every ten seconds, and none without
  // `elsewhere_too`.
  ProgressLine(int descriptor, bool elsewhere_too);

  void show(const keyspace::Progress& progress, Clock::time_point now);
  // Makes room for other text.
  void clear();

 private:
  bool is_due(Clock::time_point now) const;

  const int descriptor_;
  const bool is_terminal_;
  const bool elsewhere_too_;
  Clock::time_point shown_at_;
  bool is_shown_ = false;  // on the terminal's last line
};

}  // namespace hitwatch::cli
