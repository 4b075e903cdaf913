#include "agent/cli/top.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/cli/terminal_screen.h"
#include "agent/cli/top_keys.h"
#include "agent/cli/top_layout.h"
#include "agent/cli/top_poller.h"

namespace hitwatch::cli {
namespace {

using std::chrono::steady_clock;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool can_be_drawn_on() {
  const std::string_view terminal = variable("TERM");
  return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && !terminal.empty() &&
         terminal != "dumb";
}

// Of standard output, if it is a terminal that knows.
std::optional<std::size_t> output_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

int print_once(const TopOptions& options) {
  const TopResult answer = ask_once(options.url, options.query);
  if (!answer) {
    fmt::print(stderr, "hitwatch top: {}\n", answer.error());
    return 1;
  }
  const std::string table = plain_table(*answer, options.query, output_columns());
  if (std::fwrite(table.data(), 1, table.size(), stdout) != table.size() ||
      std::fflush(stdout) != 0) {
    fmt::print(stderr, "hitwatch top: cannot write the table\n");
    return 1;
  }
  return 0;
}

// The signals that concern a program on a terminal, as a descriptor to poll. Blocked until the end.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT}) {
      sigaddset(&set_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    descriptor_ = signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Signals() {
    close(descriptor_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const { return descriptor_; }

  // The number of the next one, or 0.
  int next() const {
    signalfd_siginfo info{};
    return read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
  }

  // Stops the process as Ctrl-Z does one that takes no notice; returns when it goes on.
  static void stop_here() {
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

 private:
  sigset_t set_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

class Session {
 public:
  Session(const TopOptions& options, TerminalScreen& screen, const Signals& signals)
      : screen_(screen), signals_(signals), poller_(options.url, options.interval, options.query) {
    view_.url = options.url.text;
    view_.state.query = options.query;
  }

  // Returns when the user, or the end of the terminal, asks for the end.
  void run() {
    while (!ended_) {
      draw();
      wait();
      while (const int signal = signals_.next()) handle_signal(signal);
      while (const auto key = screen_.next_key()) handle_key(*key);
      if (auto polled = poller_.take()) show(*std::move(polled));
    }
  }

 private:
  void draw() {
    view_.age_seconds = std::chrono::duration<double>(steady_clock::now() - answered_at_).count();
    screen_.draw(lay_out(view_, screen_.size()));
  }

  // Until something happens, at most a second: the age of the figures is shown too.
  void wait() {
    pollfd sources[] = {{STDIN_FILENO, POLLIN, 0},
                        {signals_.descriptor(), POLLIN, 0},
                        {poller_.descriptor(), POLLIN, 0}};
    poll(sources, std::size(sources), 1000);
    if ((sources[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) ended_ = true;
  }

  void handle_signal(int signal) {
    switch (signal) {
      case SIGTSTP:
        screen_.suspend();
        Signals::stop_here();
        screen_.resume();
        break;
      case SIGCONT:
        screen_.resume();
        break;
      case SIGWINCH:
        screen_.resize();
        break;
      default:
        ended_ = true;
    }
  }

  void handle_key(const Key& key) {
    const std::size_t rows = view_.answer ? view_.answer->rows.size() : 0;
    switch (press(view_.state, key, {rows, visible_rows(screen_.size())})) {
      case Effect::kQuit:
        ended_ = true;
        break;
      case Effect::kAskAgain:
        poller_.ask(view_.state.query);
        break;
      case Effect::kRedraw:
        break;
    }
  }

  void show(Polled polled) {
    if (!polled.result) {
      view_.problem = polled.result.error();
      return;
    }
    view_.problem.clear();
    view_.answer = *std::move(polled.result);
    answered_at_ = polled.at;
  }

  TerminalScreen& screen_;
  const Signals& signals_;
  TopPoller poller_;
  TopView view_;
  steady_clock::time_point answered_at_{};
  bool ended_ = false;
};

}  // namespace

int top(const TopOptions& options) {
  if (options.once || !can_be_drawn_on()) return print_once(options);
  {
    const Signals signals;  // before any thread, so that all of them block these
    if (const auto screen = TerminalScreen::open(variable("NO_COLOR").empty())) {
      Session(options, *screen, signals).run();
      return 0;
    }
  }
  fmt::print(stderr, "hitwatch top: the terminal '{}' is not known; printing once\n",
             variable("TERM"));
  return print_once(options);
}

}  // namespace hitwatch::cli
