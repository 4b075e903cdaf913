// A program on a pseudo terminal, and what a person would see there.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::test {

// The cells of a VT100: as much of it as ncurses needs for one. Texts are UTF-8.
class DrawnScreen {
 public:
  DrawnScreen(std::size_t rows, std::size_t columns);

  void feed(std::string_view bytes);
  void resize(std::size_t rows, std::size_t columns);

  // Without blanks at the end.
  std::string line(std::size_t row) const;
  std::string text() const;
  // Whether anything was ever drawn past the right edge.
  bool has_wrapped() const { return wrapped_; }

 private:
  void put(std::string_view character);
  void control(char byte);
  void sequence(std::string_view parameters, char final);
  void clear(std::size_t row, std::size_t from, std::size_t to);
  // Between the margins, by one line.
  void scroll_up();
  void scroll_down();

  std::vector<std::vector<std::string>> cells_;  // "" continues a wide character
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::size_t top_ = 0;  // margins
  std::size_t bottom_ = 0;
  bool wrapped_ = false;
  std::string pending_;  // the beginning of a sequence or character
};

class PseudoTerminal {
 public:
  static constexpr std::size_t kRows = 24;
  static constexpr std::size_t kColumns = 80;

  explicit PseudoTerminal(std::vector<std::string> arguments,
                          const std::map<std::string, std::string>& environment = {});
  ~PseudoTerminal();
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  pid_t pid() const { return pid_; }
  void type(std::string_view keys) const;
  void resize(std::size_t rows, std::size_t columns);
  // Reads what is drawn until the screen satisfies `condition`; false after 20 s.
  bool until(const std::function<bool(const DrawnScreen&)>& condition);
  bool shows(const std::string& text);
  // Reads on until the program has ended. Its exit code, or 128 + the signal's number.
  int wait();

  const DrawnScreen& screen() const { return screen_; }
  const std::string& raw() const { return raw_; }  // every byte so far
  termios modes() const;
  const termios& modes_before() const { return before_; }

 private:
  bool receive();

  int master_ = -1;
  int slave_ = -1;  // kept open, so that its modes can be read after the end
  pid_t pid_ = -1;
  std::optional<int> status_;
  termios before_{};
  DrawnScreen screen_;
  std::string raw_;
};

}  // namespace hitwatch::test
