// `hitwatch tap` from its first report to its last.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "agent/cli/terminal_signals.h"
#include "collectors/tap/report.h"

namespace hitwatch::cli {

enum class TapOutput : std::uint8_t { kText, kJson, kSuggestion };

struct TapPlan {
  std::string subject;                           // what is watched, for the heading
  std::optional<std::chrono::seconds> duration;  // else until the user ends it
  TapOutput output = TapOutput::kText;
  bool once = false;       // no live table, even on a terminal
  std::size_t limit = 20;  // rows of the table at the end
};

// Shows reports as they come, where standard output is a terminal, else nothing until the end:
// after the plan's duration, when the user ends it (Ctrl-C, q), or when the terminal is gone. Then
// prints the last one. The exit code.
int watch_tap(const TapPlan& plan, const TerminalSignals& signals,
              const std::function<tap::Report()>& report);

// Prints a report of `seconds` as the plan says, beside a suggestion what could not be seen. The
// exit code: 1 if there were no keys to suggest anything of.
int print_tap(const TapPlan& plan, const tap::Report& report, double seconds);

// Of the exchanges of a report, from the first to the last.
double seconds_of(const tap::Report& report);

}  // namespace hitwatch::cli
