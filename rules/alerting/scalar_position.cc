// The file's text is walked beside the scalar's. They differ in quotes, in the line of a block's
// indicator, and in white space, which is therefore left out: a folded line end is one blank in the
// scalar.
#include "rules/alerting/scalar_position.h"

namespace hitwatch::alerting {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

class PositionWalk {
 public:
  PositionWalk(std::string_view document, const yaml::Node& scalar)
      : document_(document), line_(scalar.line), column_(scalar.column) {
    for (int line = 1; line < scalar.line && at_ < document_.size(); ++line) {
      const std::size_t end = document_.find('\n', at_);
      at_ = end == document_.npos ? document_.size() : end + 1;
    }
    at_ += static_cast<std::size_t>(scalar.column - 1);
  }

  // To where the scalar's text begins.
  void enter() {
    if (peek() == '&') {  // an anchor
      while (at_ < document_.size() && !is_space(peek())) advance();
      skip_space();
    }
    if (peek() == '"' || peek() == '\'') {
      quote_ = peek();
      advance();
    } else if (peek() == '|' || peek() == '>') {
      while (at_ < document_.size() && peek() != '\n') advance();
      skip_space();
    }
  }

  // Past one character of the scalar, which is not white space; false if the file has another one
  // here.
  bool follow(char c) {
    skip_space();
    if (quote_ == '\'' && c == '\'' && peek() == '\'') advance();
    if (quote_ == '"' && peek() == '\\') {
      if (c != '"' && c != '\\') return false;
      advance();
    }
    if (peek() != c) return false;
    advance();
    return true;
  }

  void skip_space() {
    while (at_ < document_.size() && is_space(peek())) advance();
  }
  FilePosition position() const { return {line_, column_}; }

 private:
  char peek() const { return at_ < document_.size() ? document_[at_] : '\0'; }

  void advance() {
    const bool ends_line = peek() == '\n';
    ++at_;
    ++column_;
    if (ends_line) {
      ++line_;
      column_ = 1;
    }
  }

  std::string_view document_;
  std::size_t at_ = 0;
  char quote_ = '\0';
  int line_;
  int column_;
};

}  // namespace

std::optional<FilePosition> position_of(std::string_view document, const yaml::Node& scalar,
                                        std::size_t offset) {
  if (scalar.line < 1 || scalar.column < 1 || offset > scalar.text.size()) return std::nullopt;
  PositionWalk walk(document, scalar);
  walk.enter();
  std::optional<FilePosition> found;
  // All of it, so that a text that only begins like the scalar's is not taken for it.
  for (std::size_t i = 0; i < scalar.text.size(); ++i) {
    const bool blank = is_space(scalar.text[i]);
    if (!blank) walk.skip_space();
    if (i == offset) found = walk.position();
    if (!blank && !walk.follow(scalar.text[i])) return std::nullopt;
  }
  return found ? found : walk.position();
}

}  // namespace hitwatch::alerting
