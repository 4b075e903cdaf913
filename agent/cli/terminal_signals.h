// The signals that concern a program on a terminal, as a descriptor to poll.
#pragma once

#include <signal.h>

namespace hitwatch::cli {

// They are blocked until this is destroyed: make one before any thread, so that all of them block
// these.
class TerminalSignals {
 public:
  TerminalSignals();
  ~TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;

  int descriptor() const { return descriptor_; }
  // The number of the next one, or 0.
  int next() const;
  // Stops the process as Ctrl-Z does one that takes no notice; returns when it goes on.
  static void stop_here();

 private:
  sigset_t set_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace hitwatch::cli
