#include "agent/cli/top.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/cli/terminal_output.h"
#include "agent/cli/terminal_screen.h"
#include "agent/cli/terminal_signals.h"
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

int print_once(const TopOptions& options) {
  const TopResult answer = ask_once(options.url, options.query);
  if (!answer) {
    fmt::print(stderr, "hitwatch top: {}\n", answer.error());
    return 1;
  }
  const std::string table = plain_table(*answer, options.query, terminal_columns(STDOUT_FILENO));
  if (std::fwrite(table.data(), 1, table.size(), stdout) != table.size() ||
      std::fflush(stdout) != 0) {
    fmt::print(stderr, "hitwatch top: cannot write the table\n");
    return 1;
  }
  return 0;
}

class Session {
 public:
  Session(const TopOptions& options, TerminalScreen& screen, const TerminalSignals& signals)
      : screen_(screen), signals_(signals), poller_(options.url, options.interval, options.query) {
    view_.url = options.url.text;
    view_.state.query = options.query;
  }

  // Returns when the user, or the end of the terminal, asks for the end.
  void run() {
    while (!ended_) {
      draw();
      wait();
      while (const int signal = signals_.next()) {
        if (!follow_signal(screen_, signal)) ended_ = true;
      }
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
  const TerminalSignals& signals_;
  TopPoller poller_;
  TopView view_;
  steady_clock::time_point answered_at_{};
  bool ended_ = false;
};

}  // namespace

int top(const TopOptions& options) {
  if (options.once || !TerminalScreen::is_possible()) return print_once(options);
  {
    const TerminalSignals signals;  // before any thread, so that all of them block these
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
