#include "agent/cli/terminal_screen.h"

#define NCURSES_NOMACROS 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <sys/ioctl.h>
#include <termcap.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "agent/cli/terminal_signals.h"

namespace hitwatch::cli {
namespace {

constexpr short kBadPair = 1;
constexpr short kDoubtfulPair = 2;
constexpr int kEscapeDelay = 25;  // milliseconds until Escape is the key and no arrow

attr_t attributes_of(Style style, bool with_colours) {
  switch (style) {
    case Style::kPlain:
      return A_NORMAL;
    case Style::kTitle:
      return A_BOLD;
    case Style::kHeader:
      return A_REVERSE;
    case Style::kSortedHeader:
      return A_REVERSE | A_BOLD | A_UNDERLINE;
    case Style::kBad:
    case Style::kWarning:
      return A_BOLD | (with_colours ? static_cast<attr_t>(COLOR_PAIR(kBadPair)) : A_NORMAL);
    case Style::kDoubtful:
      return with_colours ? static_cast<attr_t>(COLOR_PAIR(kDoubtfulPair)) : A_NORMAL;
  }
  return A_NORMAL;
}

// Texts are UTF-8. Terminals are too, even where nobody has said so (containers, cron).
void use_unicode() {
  setlocale(LC_CTYPE, "");
  if (std::string_view(nl_langinfo(CODESET)) != "UTF-8") setlocale(LC_CTYPE, "C.UTF-8");
}

std::string utf8(char32_t code) {
  std::string text;
  const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
  return text;
}

struct KeyMeaning {
  wint_t code;
  Key::Kind kind;
};

Key function_key(wint_t code) {
  constexpr KeyMeaning kMeanings[] = {
      {KEY_UP, Key::Kind::kUp},        {KEY_DOWN, Key::Kind::kDown},
      {KEY_PPAGE, Key::Kind::kPageUp}, {KEY_NPAGE, Key::Kind::kPageDown},
      {KEY_HOME, Key::Kind::kHome},    {KEY_END, Key::Kind::kEnd},
      {KEY_ENTER, Key::Kind::kEnter},  {KEY_BACKSPACE, Key::Kind::kBackspace}};
  const auto* const found = std::ranges::find(kMeanings, code, &KeyMeaning::code);
  return {found == std::end(kMeanings) ? Key::Kind::kOther : found->kind, ""};
}

Key character_key(wint_t code) {
  constexpr KeyMeaning kMeanings[] = {{'\n', Key::Kind::kEnter},  {'\r', Key::Kind::kEnter},
                                      {27, Key::Kind::kEscape},   {127, Key::Kind::kBackspace},
                                      {8, Key::Kind::kBackspace}, {'U' - '@', Key::Kind::kClear}};
  const auto* const found = std::ranges::find(kMeanings, code, &KeyMeaning::code);
  if (found != std::end(kMeanings)) return {found->kind, ""};
  if (code < 0x20) return {};
  return {Key::Kind::kCharacter, utf8(code)};
}

}  // namespace

struct TerminalScreen::Terminal {
  SCREEN* screen;
};

bool TerminalScreen::is_possible() {
  const char* const name = std::getenv("TERM");
  const std::string_view terminal = name == nullptr ? "" : name;
  return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && !terminal.empty() &&
         terminal != "dumb";
}

std::unique_ptr<TerminalScreen> TerminalScreen::open(bool with_colours) {
  use_unicode();
  // newterm() would find out too, but lose memory over it.
  const char* const name = std::getenv("TERM");
  if (name == nullptr || tgetent(nullptr, name) != 1) return nullptr;
  SCREEN* const screen = newterm(nullptr, stdout, stdin);
  if (screen == nullptr) return nullptr;
  auto terminal = std::make_unique<Terminal>(screen);
  return std::unique_ptr<TerminalScreen>(new TerminalScreen(std::move(terminal), with_colours));
}

TerminalScreen::TerminalScreen(std::unique_ptr<Terminal> terminal, bool with_colours)
    : terminal_(std::move(terminal)), with_colours_(with_colours && has_colors()) {
  cbreak();  // Ctrl-C and Ctrl-Z stay signals
  noecho();
  nodelay(stdscr, true);
  keypad(stdscr, true);
  set_escdelay(kEscapeDelay);
  curs_set(0);
  if (!with_colours_) return;
  start_color();
  use_default_colors();
  init_pair(kBadPair, COLOR_RED, -1);
  init_pair(kDoubtfulPair, COLOR_YELLOW, -1);
}

TerminalScreen::~TerminalScreen() {
  endwin();
  delscreen(terminal_->screen);
}

ScreenSize TerminalScreen::size() const {
  return {static_cast<std::size_t>(std::max(1, getmaxy(stdscr))),
          static_cast<std::size_t>(std::max(1, getmaxx(stdscr)))};
}

void TerminalScreen::draw(const std::vector<Line>& lines) {
  werase(stdscr);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    wmove(stdscr, static_cast<int>(i), 0);
    for (const Span& span : lines[i]) {
      wattrset(stdscr, static_cast<int>(attributes_of(span.style, with_colours_)));
      // An error only says that the last corner was reached.
      waddnstr(stdscr, span.text.data(), static_cast<int>(span.text.size()));
    }
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

std::optional<Key> TerminalScreen::next_key() {
  wint_t code = 0;
  switch (wget_wch(stdscr, &code)) {
    case OK:
      return character_key(code);
    case KEY_CODE_YES:
      return function_key(code);
    default:
      return std::nullopt;
  }
}

void TerminalScreen::resize() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
  resizeterm(size.ws_row, size.ws_col);
}

void TerminalScreen::suspend() { endwin(); }

void TerminalScreen::resume() {
  endwin();  // whoever had the terminal may have left it in any state
  resize();
  clearok(stdscr, true);
}

bool follow_signal(TerminalScreen& screen, int signal) {
  switch (signal) {
    case SIGTSTP:
      screen.suspend();
      TerminalSignals::stop_here();
      screen.resume();
      return true;
    case SIGCONT:
      screen.resume();
      return true;
    case SIGWINCH:
      screen.resize();
      return true;
    default:
      return false;
  }
}

}  // namespace hitwatch::cli
