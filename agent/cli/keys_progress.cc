#include "agent/cli/keys_progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "agent/cli/keys_figures.h"
#include "agent/cli/terminal_output.h"
#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kLine{10};
constexpr std::size_t kWidestBar = 30;
constexpr std::size_t kNarrowestBar = 8;

// Keys may come and go meanwhile: never more than all.
double done_part(const keyspace::Progress& progress) {
  if (progress.keys_total == 0) return 0;
  return std::min(
      1.0, static_cast<double>(progress.keys_read) / static_cast<double>(progress.keys_total));
}

std::string rate_and_rest(const keyspace::Progress& progress) {
  const double seconds = progress.elapsed.count();
  const auto read = static_cast<double>(progress.keys_read);
  if (!(seconds > 0) || read == 0) return "";
  const double rate = read / seconds;
  const auto total = static_cast<double>(progress.keys_total);
  return fmt::format("  {} keys/s  {} left", whole_number(rate),
                     duration_words(std::max(0.0, total - read) / rate));
}

std::string bar(double part, std::size_t width) {
  const auto done = static_cast<std::size_t>(part * static_cast<double>(width));
  return "[" + std::string(done, '#') + std::string(width - done, '-') + "] ";
}

// The last column stays free: some terminals go to the next line once it is filled.
std::size_t usable_columns(int terminal) {
  constexpr std::size_t kUsual = 80;
  return std::max<std::size_t>(2, terminal_columns(terminal).value_or(kUsual)) - 1;
}

}  // namespace

std::string progress_text(const keyspace::Progress& progress, std::optional<std::size_t> columns) {
  const double part = done_part(progress);
  // Whole percents, downwards: 100 only when everything is done.
  std::string text = fmt::format("{:3}%  {} of {}", static_cast<int>(part * 100),
                                 whole_number(static_cast<double>(progress.keys_read)),
                                 count_of(static_cast<double>(progress.keys_total), "key"));
  text += rate_and_rest(progress);
  if (!columns) return text;
  constexpr std::size_t kBrackets = 3;
  const std::size_t used = columns_of(text) + kBrackets;
  if (used + kNarrowestBar <= *columns) {
    text = bar(part, std::min(kWidestBar, *columns - used)) + text;
  }
  return cut(text, *columns);
}

ProgressLine::ProgressLine(int descriptor, bool elsewhere_too)
    : descriptor_(descriptor),
      is_terminal_(isatty(descriptor) == 1),
      elsewhere_too_(elsewhere_too),
      shown_at_(is_terminal_ ? Clock::time_point{} : Clock::now()) {}

bool ProgressLine::is_due(Clock::time_point now) const {
  if (is_terminal_) return now - shown_at_ >= kRedraw;
  return elsewhere_too_ && now - shown_at_ >= kLine;
}

void ProgressLine::show(const keyspace::Progress& progress, Clock::time_point now) {
  if (!is_due(now)) return;
  shown_at_ = now;
  if (!is_terminal_) {
    write_all(descriptor_, progress_text(progress, std::nullopt) + "\n");
    return;
  }
  // Room for the ^C that the terminal shows when somebody has seen enough.
  constexpr std::size_t kRoom = 2;
  const std::size_t columns = usable_columns(descriptor_);
  const std::string text = progress_text(progress, columns - std::min(columns, kRoom));
  write_all(descriptor_, "\r" + fill_right(text, columns - std::min(columns, kRoom)));
  is_shown_ = true;
}

void ProgressLine::clear() {
  if (!is_shown_) return;
  write_all(descriptor_, "\r" + std::string(usable_columns(descriptor_), ' ') + "\r");
  is_shown_ = false;
}

}  // namespace hitwatch::cli
