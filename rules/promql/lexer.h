// Splits an expression into tokens.
//
// What a letter means depends on where it stands: names within braces may be keywords, and a colon
// within brackets is no part of a name. The lexer keeps count of them, and so notices a parenthesis
// that is closed once too often or not at all. After an error or the end, it answers the same
// again.
#pragma once

#include <string>
#include <string_view>

#include "rules/promql/token.h"

namespace hitwatch::promql {

class Lexer {
 public:
  // The text must be shorter than 4 GiB and outlive the tokens, which point into it.
  explicit Lexer(std::string_view text) : text_(text) {}

  // Each byte is looked at a bounded number of times.
  Token next();

 private:
  Token in_statement();
  Token in_braces();
  Token word();
  Token bracket_word();
  Token string();
  Token number_or_duration();
  bool scan_number();
  bool scan_rest_of_duration();
  Token punctuation();
  Token operator_sign();
  Token matcher_sign();
  Token right_paren();
  Token left_bracket();
  Token right_bracket();
  Token colon_in_brackets();
  Token end();
  void skip_blanks();

  Token token(TokenKind kind, std::size_t size);
  Token binary(BinaryOp op, std::size_t size);
  Token error(std::string text);
  Token error_at(std::size_t place, std::string text);
  Token unexpected_character();

  // 0 beyond the end.
  char peek(std::size_t ahead = 0) const {
    return place_ + ahead < text_.size() ? text_[place_ + ahead] : '\0';
  }
  // As errors quote it; U+FFFD beyond the end.
  std::string quoted_rune(std::size_t place) const;
  bool at_end() const { return place_ >= text_.size(); }
  // Takes one of `letters`, if it comes next.
  bool accept(std::string_view letters);

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t start_ = 0;  // of the token
  std::size_t parens_ = 0;
  bool braces_ = false;
  bool brackets_ = false;
  bool colon_ = false;        // seen since the bracket was opened
  bool past_number_ = false;  // a number or keyword was seen since the bracket was opened
  Token failed_;              // kError once there was one
};

}  // namespace hitwatch::promql
