#include "rules/templates/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kDigits = "0123456789_";

constexpr auto kKeywords = std::to_array<std::pair<std::string_view, TokenKind>>({
    {"block", TokenKind::kBlock},
    {"break", TokenKind::kBreak},
    {"continue", TokenKind::kContinue},
    {"define", TokenKind::kDefine},
    {"else", TokenKind::kElse},
    {"end", TokenKind::kEndKeyword},
    {"false", TokenKind::kBoolean},
    {"if", TokenKind::kIf},
    {"nil", TokenKind::kNil},
    {"range", TokenKind::kRange},
    {"template", TokenKind::kTemplate},
    {"true", TokenKind::kBoolean},
    {"with", TokenKind::kWith},
});

bool is_trimmed_space(char character) { return kSpaces.find(character) != std::string_view::npos; }

std::size_t trailing_spaces(std::string_view text) {
  const auto last = text.find_last_not_of(kSpaces);
  return last == std::string_view::npos ? text.size() : text.size() - last - 1;
}

std::size_t leading_spaces(std::string_view text) {
  return std::min(text.find_first_not_of(kSpaces), text.size());
}

// As %#U shows a character.
std::string described(char32_t code) {
  auto out = fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
  if (!is_printable(code)) return out;
  out += " '";
  append_rune(out, code);
  return out += '\'';
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Tokens run() {
    while (lex_text() && lex_action()) {
    }
    return std::move(result_);
  }

 private:
  std::string_view rest() const { return source_.substr(position_); }
  char32_t peek() const { return rest().empty() ? 0 : first_rune(rest()).code; }

  void emit(TokenKind kind, std::size_t size) {
    result_.tokens.push_back({kind, position_, source_.substr(position_, size)});
    position_ += size;
  }
  bool fail(std::string what) {
    result_.error = std::move(what);
    result_.tokens.push_back({TokenKind::kError, position_, {}});
    return false;
  }

  bool accept(std::string_view any_of) {
    if (rest().empty() || any_of.find(rest()[0]) == std::string_view::npos) return false;
    ++position_;
    return true;
  }
  void accept_all(std::string_view any_of) {
    while (accept(any_of)) {
    }
  }

  // Up to the next action that is none of the comments. False at the end.
  bool lex_text() {
    const auto start = position_;
    const auto left = std::min(source_.find(kLeft, position_), source_.size());
    auto text = source_.substr(start, left - start);
    const bool trims = left + 3 < source_.size() && source_[left + 2] == '-' &&
                       is_trimmed_space(source_[left + 3]);
    if (trims) text.remove_suffix(trailing_spaces(text));
    if (!text.empty()) emit(TokenKind::kText, text.size());
    position_ = left;
    if (rest().empty()) {
      emit(TokenKind::kEnd, 0);
      return false;
    }
    const std::size_t after = trims ? 4 : 2;
    if (source_.substr(left).substr(after).starts_with("/*")) {
      position_ += after;
      return lex_comment();
    }
    emit(TokenKind::kLeftDelimiter, kLeft.size());
    position_ += after - kLeft.size();
    parentheses_ = 0;
    return true;
  }

  // Ends where an action would end, and is followed by text like one.
  bool lex_comment() {
    const auto close = source_.find("*/", position_ + 2);
    if (close == std::string_view::npos) return fail("unclosed comment");
    position_ = close + 2;
    if (!at_right_delimiter()) return fail("comment ends before closing delimiter");
    skip_right_delimiter();
    in_comment_ = true;
    return true;
  }

  bool trims_right() const {
    return rest().size() >= 2 && is_trimmed_space(rest()[0]) && rest()[1] == '-' &&
           rest().substr(2).starts_with(kRight);
  }
  bool at_right_delimiter() const { return trims_right() || rest().starts_with(kRight); }
  void skip_right_delimiter() {
    const bool trims = trims_right();
    position_ += kRight.size() + (trims ? 2 : 0);
    if (trims) position_ += leading_spaces(rest());
  }

  // The inside of an action and its end. False after an error.
  bool lex_action() {
    if (std::exchange(in_comment_, false)) return true;
    while (true) {
      if (at_right_delimiter()) {
        if (parentheses_ > 0) return fail("unclosed left paren");
        const auto trims = trims_right();
        position_ += trims ? 2 : 0;
        emit(TokenKind::kRightDelimiter, kRight.size());
        if (trims) position_ += leading_spaces(rest());
        return true;
      }
      if (rest().empty()) return fail("unclosed action");
      if (!lex_word()) return false;
    }
  }

  bool lex_word() {
    const char character = rest()[0];
    if (is_trimmed_space(character)) return lex_space();
    switch (character) {
      case '=':
        emit(TokenKind::kAssign, 1);
        return true;
      case ':':
        if (!rest().starts_with(":=")) return fail("expected :=");
        emit(TokenKind::kDeclare, 2);
        return true;
      case '|':
        emit(TokenKind::kPipe, 1);
        return true;
      case '"':
        return lex_quoted('"', TokenKind::kString, "unterminated quoted string");
      case '\'':
        return lex_quoted('\'', TokenKind::kCharacterConstant, "unterminated character constant");
      case '`':
        return lex_raw();
      case '$':
        return lex_name(TokenKind::kVariable, TokenKind::kVariable);
      case '(':
        ++parentheses_;
        emit(TokenKind::kLeftParenthesis, 1);
        return true;
      case ')':
        emit(TokenKind::kRightParenthesis, 1);
        return --parentheses_ >= 0 || fail("unexpected right paren");
      default:
        return lex_other(character);
    }
  }

  bool lex_other(char character) {
    const bool digit = character >= '0' && character <= '9';
    if (character == '.') {
      const auto next = rest().size() > 1 ? rest()[1] : '\0';
      if (next < '0' || next > '9') return lex_name(TokenKind::kField, TokenKind::kDot);
      return lex_number();
    }
    if (digit || character == '+' || character == '-') return lex_number();
    if (character == '_' || is_letter_or_digit(peek())) return lex_identifier();
    if (character > 0x20 && character < 0x7f) {
      emit(TokenKind::kCharacter, 1);
      return true;
    }
    return fail("unrecognized character in action: " + described(peek()));
  }

  bool lex_space() {
    auto count = leading_spaces(rest());
    // The last space may belong to the closing delimiter.
    if (rest().substr(count).starts_with("-}}")) --count;
    if (count > 0) emit(TokenKind::kSpace, count);
    return true;
  }

  bool lex_quoted(char quotes, TokenKind kind, std::string_view complaint) {
    std::size_t size = 1;
    for (; size < rest().size() && rest()[size] != '\n'; ++size) {
      if (rest()[size] == quotes) {
        emit(kind, size + 1);
        return true;
      }
      if (rest()[size] == '\\') {
        ++size;
        if (size < rest().size() && rest()[size] == '\n') break;
      }
    }
    return fail(std::string(complaint));
  }

  bool lex_raw() {
    const auto close = rest().find('`', 1);
    if (close == std::string_view::npos) return fail("unterminated raw quoted string");
    emit(TokenKind::kRawString, close + 1);
    return true;
  }

  std::size_t name_size(std::size_t from) const {
    auto size = from;
    while (size < rest().size()) {
      const auto rune = first_rune(rest().substr(size));
      if (rune.code != '_' && !is_letter_or_digit(rune.code)) break;
      size += rune.size;
    }
    return size;
  }

  // Whether a name may end after `size` bytes.
  bool ends_at(std::size_t size) const {
    const auto after = rest().substr(size);
    return after.empty() || std::string_view(" \t\r\n.,|:()").find(after[0]) < 11 ||
           after.starts_with(kRight);
  }

  // A field or a variable, or a mere dot or dollar sign.
  bool lex_name(TokenKind kind, TokenKind bare) {
    const auto size = name_size(1);
    if (!ends_at(size)) {
      return fail("bad character " + described(first_rune(rest().substr(size)).code));
    }
    emit(size == 1 ? bare : kind, size);
    return true;
  }

  bool lex_identifier() {
    const auto size = name_size(0);
    if (!ends_at(size)) {
      return fail("bad character " + described(first_rune(rest().substr(size)).code));
    }
    const auto word = rest().substr(0, size);
    for (const auto& [keyword, kind] : kKeywords) {
      if (word == keyword) {
        emit(kind, size);
        return true;
      }
    }
    emit(TokenKind::kIdentifier, size);
    return true;
  }

  // Anything that looks like a number; whether it is one is found out when it is read.
  bool lex_number() {
    const auto start = position_;
    accept("+-");
    auto digits = kDigits;
    if (accept("0")) {
      if (accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
      } else if (accept("oO")) {
        digits = "01234567_";
      } else if (accept("bB")) {
        digits = "01_";
      }
    }
    accept_all(digits);
    if (accept(".")) accept_all(digits);
    if (digits == kDigits && accept("eE")) {
      accept("+-");
      accept_all(kDigits);
    }
    if (digits.size() > kDigits.size() && accept("pP")) {
      accept("+-");
      accept_all(kDigits);
    }
    const auto size = position_ - start;
    const auto next = peek();
    position_ = start;
    if (next == '_' || next == 'i' || is_letter_or_digit(next)) {
      const auto bad = first_rune(rest().substr(size)).size;
      return fail("bad number syntax: " + quote(rest().substr(0, size + bad)));
    }
    emit(TokenKind::kNumber, size);
    return true;
  }

  std::string_view source_;
  std::size_t position_ = 0;
  int parentheses_ = 0;
  bool in_comment_ = false;
  Tokens result_;
};

}  // namespace

Tokens tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace hitwatch::templates
