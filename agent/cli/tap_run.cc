#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include "agent/cli/tap_command.h"
#include "agent/cli/terminal_screen.h"
#include "agent/log/log.h"
#include "collectors/tap/capture_reading.h"
#include "collectors/tap/tap.h"

namespace hitwatch::cli {
namespace {

int fail(const std::string& text) {
  fmt::print(stderr, "hitwatch tap: {}\n", text);
  return 1;
}

bool is_fed_by_a_program(int descriptor) {
  struct stat status{};
  return fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

// Ctrl-C ends what writes into a pipe, and what reads it should come to the end. A second one ends
// this, too. Where nobody writes, or whoever started this ignores Ctrl-C, all stays as it is.
void outlive_one_interrupt() {
  struct sigaction inherited{};
  sigaction(SIGINT, nullptr, &inherited);
  if (inherited.sa_handler != SIG_DFL || !is_fed_by_a_program(STDIN_FILENO)) return;
  struct sigaction action{};
  action.sa_handler = [](int) {};
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
}

int read_file(const std::string& file, TapWork work) {
  if (file == "-") outlive_one_interrupt();
  const auto report = tap::read_capture(file, work.filter(), std::move(work.rules));
  if (!report) return fail(report.error());
  return print_tap(work.plan, *report, seconds_of(*report));
}

}  // namespace

int run_tap(const TapOptions& options) {
  auto work = plan_tap(options, TerminalScreen::is_possible());
  if (!work) return fail(work.error());
  if (!options.capture_file.empty()) return read_file(options.capture_file, *std::move(work));
  const TerminalSignals signals;  // before any thread, so that all of them block these
  log::Log log(log::Level::kError,
               log::Format::kLogfmt);  // of a start that fails one line is enough
  const auto tap = tap::Tap::open(work->tap, work->filter(), std::move(work->rules), nullptr, log);
  if (!tap) return fail(tap.error());
  const std::vector<std::string> faults = (*tap)->counters().faults;
  const std::size_t rings = work->tap.interfaces.size() * (1 + work->tap.network_namespaces.size());
  if (faults.size() == rings) return fail(faults.front());  // there is nothing to wait for
  log.set_level(log::Level::kWarn);
  for (const std::string& fault : faults) {
    log.warn("the tap captures nothing there until it is back", {{"error", fault}});
  }
  (*tap)->start();
  return watch_tap(work->plan, signals, [&tap] { return (*tap)->report(); });
}

}  // namespace hitwatch::cli
