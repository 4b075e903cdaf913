#include "tests/cli/pseudo_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "agent/cli/terminal_text.h"

namespace hitwatch::test {
namespace {

std::size_t character_bytes(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// The numbers of "5;1", with `missing` for what is not there.
std::size_t parameter(std::string_view parameters, std::size_t index, std::size_t missing) {
  for (; index > 0; --index) {
    const std::size_t semicolon = parameters.find(';');
    if (semicolon == parameters.npos) return missing;
    parameters.remove_prefix(semicolon + 1);
  }
  const int number = std::atoi(std::string(parameters.substr(0, parameters.find(';'))).c_str());
  return number > 0 ? static_cast<std::size_t>(number) : missing;
}

}  // namespace

DrawnScreen::DrawnScreen(std::size_t rows, std::size_t columns) { resize(rows, columns); }

void DrawnScreen::resize(std::size_t rows, std::size_t columns) {
  cells_.resize(rows);
  for (auto& row : cells_) row.resize(columns, " ");
  row_ = std::min(row_, rows - 1);
  column_ = std::min(column_, columns);
  top_ = 0;
  bottom_ = rows - 1;
}

std::string DrawnScreen::line(std::size_t row) const {
  std::string text;
  for (const std::string& cell : cells_.at(row)) text += cell;
  return text.erase(text.find_last_not_of(' ') + 1);
}

std::string DrawnScreen::text() const {
  std::string text;
  for (std::size_t row = 0; row < cells_.size(); ++row) text += line(row) + '\n';
  return text;
}

void DrawnScreen::clear(std::size_t row, std::size_t from, std::size_t to) {
  auto& cells = cells_.at(row);
  for (std::size_t i = from; i < std::min(to, cells.size()); ++i) cells[i] = " ";
}

void DrawnScreen::scroll_up() {
  std::rotate(&cells_[top_], &cells_[top_ + 1], &cells_[bottom_] + 1);
  clear(bottom_, 0, cells_[0].size());
}

void DrawnScreen::scroll_down() {
  std::rotate(&cells_[top_], &cells_[bottom_], &cells_[bottom_] + 1);
  clear(top_, 0, cells_[0].size());
}

void DrawnScreen::put(std::string_view character) {
  auto& cells = cells_.at(row_);
  const std::size_t width = cli::columns_of(character);
  if (width == 0) {
    if (column_ > 0) cells[column_ - 1] += character;
    return;
  }
  if (column_ + width > cells.size()) {
    wrapped_ = true;
    return;
  }
  cells[column_] = character;
  if (width == 2) cells[column_ + 1] = "";
  column_ += width;
}

void DrawnScreen::control(char byte) {
  switch (byte) {
    case '\r':
      column_ = 0;
      break;
    case '\n':
      if (row_ == bottom_) {
        scroll_up();
      } else if (row_ + 1 < cells_.size()) {
        ++row_;
      }
      break;
    case '\b':
      if (column_ > 0) --column_;
      break;
    default:
      break;
  }
}

void DrawnScreen::sequence(std::string_view parameters, char final) {
  const std::size_t rows = cells_.size();
  const std::size_t columns = cells_[0].size();
  const std::size_t count = parameter(parameters, 0, 1);
  switch (final) {
    case 'H':
      row_ = std::min(count, rows) - 1;
      column_ = std::min(parameter(parameters, 1, 1), columns) - 1;
      break;
    case 'A':
      row_ -= std::min(row_, count);
      break;
    case 'B':
      row_ = std::min(row_ + count, rows - 1);
      break;
    case 'C':
      column_ = std::min(column_ + count, columns - 1);
      break;
    case 'D':
      column_ -= std::min(column_, count);
      break;
    case 'r':
      top_ = std::min(count, rows) - 1;
      bottom_ = std::min(parameter(parameters, 1, rows), rows) - 1;
      row_ = column_ = 0;
      break;
    case 'J':
      clear(row_, column_, columns);
      for (std::size_t row = row_ + 1; row < rows; ++row) clear(row, 0, columns);
      break;
    case 'K':
      clear(row_, parameters == "1" ? 0 : column_, parameters == "1" ? column_ + 1 : columns);
      break;
    default:
      break;  // attributes and modes
  }
}

void DrawnScreen::feed(std::string_view bytes) {
  for (const char byte : bytes) {
    pending_ += byte;
    const auto first = static_cast<unsigned char>(pending_[0]);
    if (first == 0x1B) {
      if (pending_.size() == 1 || (pending_.size() == 2 && std::strchr("[()", byte) != nullptr)) {
        continue;
      }
      const bool is_sequence = pending_[1] == '[';
      if (is_sequence && (byte < 0x40 || byte > 0x7E)) continue;
      if (pending_[1] == 'M' && row_ == top_) {
        scroll_down();
      } else if (pending_[1] == 'M' && row_ > 0) {
        --row_;
      }
      if (is_sequence) {
        sequence(std::string_view(pending_).substr(2, pending_.size() - 3), byte);
      }
    } else if (first < 0x20) {
      control(byte);
    } else if (pending_.size() < character_bytes(first)) {
      continue;
    } else {
      put(pending_);
    }
    pending_.clear();
  }
}

PseudoTerminal::PseudoTerminal(std::vector<std::string> arguments,
                               const std::map<std::string, std::string>& environment)
    : screen_(kRows, kColumns) {
  winsize size{.ws_row = kRows, .ws_col = kColumns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (openpty(&master_, &slave_, nullptr, nullptr, &size) != 0) {
    throw std::runtime_error(std::string("openpty: ") + std::strerror(errno));
  }
  fcntl(master_, F_SETFD, FD_CLOEXEC);
  tcgetattr(slave_, &before_);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (pid_ == 0) {
    setenv("TERM", "vt100", 1);
    unsetenv("NO_COLOR");
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    login_tty(slave_);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  fcntl(slave_, F_SETFD, FD_CLOEXEC);
}

PseudoTerminal::~PseudoTerminal() {
  if (!status_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(master_);
  close(slave_);
}

void PseudoTerminal::type(std::string_view keys) const {
  [[maybe_unused]] const auto written = write(master_, keys.data(), keys.size());
}

void PseudoTerminal::resize(std::size_t rows, std::size_t columns) {
  const winsize size{.ws_row = static_cast<unsigned short>(rows),
                     .ws_col = static_cast<unsigned short>(columns),
                     .ws_xpixel = 0,
                     .ws_ypixel = 0};
  screen_.resize(rows, columns);
  ioctl(master_, TIOCSWINSZ, &size);
}

bool PseudoTerminal::receive() {
  pollfd readable{master_, POLLIN, 0};
  if (poll(&readable, 1, 50) != 1) return false;
  char buffer[65536];
  const ssize_t size = read(master_, buffer, sizeof buffer);
  if (size <= 0) return false;
  raw_.append(buffer, static_cast<std::size_t>(size));
  screen_.feed({buffer, static_cast<std::size_t>(size)});
  return true;
}

bool PseudoTerminal::until(const std::function<bool(const DrawnScreen&)>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition(screen_)) {
    if (std::chrono::steady_clock::now() >= end) return false;
    receive();
  }
  return true;
}

bool PseudoTerminal::shows(const std::string& text) {
  return until([&](const DrawnScreen& screen) { return screen.text().contains(text); });
}

int PseudoTerminal::wait() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    receive();
    if (std::chrono::steady_clock::now() < end) continue;
    kill(pid_, SIGKILL);
  }
  while (receive()) {
  }
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *status_;
}

termios PseudoTerminal::modes() const {
  termios modes{};
  tcgetattr(slave_, &modes);
  return modes;
}

}  // namespace hitwatch::test
