#include "agent/cli/terminal_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <initializer_list>

namespace hitwatch::cli {

TerminalSignals::TerminalSignals() {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT}) {
    sigaddset(&set_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
  descriptor_ = signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
}

TerminalSignals::~TerminalSignals() {
  close(descriptor_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int TerminalSignals::next() const {
  signalfd_siginfo info{};
  return read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                              : 0;
}

void TerminalSignals::stop_here() {
  struct sigaction as_usual{};
  as_usual.sa_handler = SIG_DFL;
  struct sigaction before{};
  sigaction(SIGTSTP, &as_usual, &before);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // here it stops
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  sigaction(SIGTSTP, &before, nullptr);
}

}  // namespace hitwatch::cli
