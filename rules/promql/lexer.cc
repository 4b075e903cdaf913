#include "rules/promql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "rules/promql/quoting.h"
#include "rules/promql/utf8.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_alpha(char letter) {
  return letter == '_' || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}
bool is_alphanumeric(char letter) { return is_alpha(letter) || is_digit(letter); }
bool is_space(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

struct Sign {
  std::string_view text;
  BinaryOp op;
};
// The longer ones first.
constexpr auto kSigns = std::to_array<Sign>({{"==", BinaryOp::kEqual},
                                             {"!=", BinaryOp::kNotEqual},
                                             {"<=", BinaryOp::kLessEqual},
                                             {">=", BinaryOp::kGreaterEqual},
                                             {"<", BinaryOp::kLess},
                                             {">", BinaryOp::kGreater},
                                             {"+", BinaryOp::kAdd},
                                             {"-", BinaryOp::kSub},
                                             {"*", BinaryOp::kMul},
                                             {"/", BinaryOp::kDiv},
                                             {"%", BinaryOp::kMod},
                                             {"^", BinaryOp::kPow}});

}  // namespace

Token Lexer::next() {
  if (failed_.kind == TokenKind::kError) return failed_;
  skip_blanks();
  start_ = place_;
  return braces_ ? in_braces() : in_statement();
}

void Lexer::skip_blanks() {
  while (!at_end()) {
    if (is_space(peek())) {
      ++place_;
    } else if (peek() == '#') {
      place_ = std::min(text_.find_first_of("\r\n", place_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::in_statement() {
  if (at_end()) return end();
  const char letter = peek();
  if (is_digit(letter) || (letter == '.' && is_digit(peek(1)))) return number_or_duration();
  if (brackets_ && letter == ':') return colon_in_brackets();
  if (brackets_ && is_alpha(letter)) return bracket_word();
  if (is_alpha(letter) || letter == ':') return word();
  if (brackets_ && !past_number_ && std::string_view("[{\"'`@=!<>").find(letter) < 10) {
    return unexpected_character();
  }
  return punctuation();
}

Token Lexer::punctuation() {
  switch (peek()) {
    case ',':
      return token(TokenKind::kComma, 1);
    case '@':
      return token(TokenKind::kAt, 1);
    case '(':
      ++parens_;
      return token(TokenKind::kLeftParen, 1);
    case ')':
      return right_paren();
    case '{':
      braces_ = true;
      return token(TokenKind::kLeftBrace, 1);
    case '[':
      return left_bracket();
    case ']':
      return right_bracket();
    case '"':
    case '\'':
    case '`':
      return string();
    default:
      return operator_sign();
  }
}

Token Lexer::operator_sign() {
  const std::string_view rest = text_.substr(place_);
  const auto* sign = std::ranges::find_if(
      kSigns, [&](const Sign& candidate) { return rest.starts_with(candidate.text); });
  if (sign != kSigns.end()) return binary(sign->op, sign->text.size());
  if (peek() == '=') {
    if (peek(1) != '~') return token(TokenKind::kEqual, 1);
    return error("unexpected character after '=': '~'");
  }
  if (peek() == '!') {
    return error(fmt::format("unexpected character after '!': {}", quoted_rune(place_ + 1)));
  }
  return unexpected_character();
}

Token Lexer::unexpected_character() {
  const std::string_view where = brackets_ && !past_number_ ? " in duration expression" : "";
  return error(fmt::format("unexpected character{}: {}", where, quoted_rune(place_)));
}

Token Lexer::right_paren() {
  // The place is behind it, where Prometheus has it, too.
  if (parens_ == 0) return error_at(place_ + 1, "unexpected right parenthesis ')'");
  --parens_;
  return token(TokenKind::kRightParen, 1);
}

Token Lexer::left_bracket() {
  if (brackets_) return error("unexpected left bracket '['");
  brackets_ = true;
  colon_ = false;
  past_number_ = false;
  return token(TokenKind::kLeftBracket, 1);
}

Token Lexer::right_bracket() {
  if (!brackets_) return error("unexpected right bracket ']'");
  brackets_ = false;
  return token(TokenKind::kRightBracket, 1);
}

Token Lexer::colon_in_brackets() {
  if (!past_number_) {
    return error_at(place_ + 1, "unexpected colon before duration in duration expression");
  }
  if (colon_) return error("unexpected colon ':'");
  colon_ = true;
  return token(TokenKind::kColon, 1);
}

Token Lexer::end() {
  if (parens_ != 0 && !(brackets_ && !past_number_)) return error("unclosed left parenthesis");
  if (brackets_) {
    return error(past_number_ ? "unclosed left bracket"
                              : "unexpected end of input in duration expression");
  }
  return token(TokenKind::kEnd, 0);
}

Token Lexer::in_braces() {
  if (at_end()) return error("unexpected end of input inside braces");
  const char letter = peek();
  if (is_alpha(letter)) {
    std::size_t size = 1;
    while (is_alphanumeric(peek(size))) ++size;
    return token(TokenKind::kIdentifier, size);
  }
  switch (letter) {
    case ',':
      return token(TokenKind::kComma, 1);
    case '"':
    case '\'':
    case '`':
      return string();
    case '=':
    case '!':
      return matcher_sign();
    case '{':
      return error("unexpected left brace '{'");
    case '}':
      braces_ = false;
      return token(TokenKind::kRightBrace, 1);
    default:
      return error(fmt::format("unexpected character inside braces: {}", quoted_rune(place_)));
  }
}

Token Lexer::matcher_sign() {
  const bool equal = peek() == '=';
  if (peek(1) == '~') return token(equal ? TokenKind::kMatches : TokenKind::kDoesNotMatch, 2);
  if (equal) return token(TokenKind::kEqual, 1);
  if (peek(1) == '=') return binary(BinaryOp::kNotEqual, 2);
  return error(
      fmt::format("unexpected character after '!' inside braces: {}", quoted_rune(place_ + 1)));
}

Token Lexer::word() {
  std::size_t size = 1;
  while (is_alphanumeric(peek(size)) || peek(size) == ':') ++size;
  Token found = token(TokenKind::kIdentifier, size);
  classify_word(found);
  return found;
}

// step, range, min, max, min_of, max_of: what a duration is made of besides numbers.
Token Lexer::bracket_word() {
  std::size_t size = 1;
  while (is_alphanumeric(peek(size))) ++size;
  Token found = token(TokenKind::kIdentifier, size);
  classify_word(found);
  switch (found.kind) {
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      past_number_ = true;
      return found;
    case TokenKind::kAggregator:
      if (found.aggregate == AggregateOp::kMin || found.aggregate == AggregateOp::kMax) {
        past_number_ = true;
        return found;
      }
      break;
    default:
      break;
  }
  place_ = start_;
  if (!past_number_) return unexpected_character();
  return error(fmt::format("unexpected character: {}, expected ':'", quoted_rune(place_)));
}

// Escapes are looked at only so far as to find the end; a wrong one is noticed then, too.
Token Lexer::string() {
  const char mark = peek();
  const bool raw = mark == '`';
  std::size_t place = place_ + 1;
  for (;; ++place) {
    if (place >= text_.size() || (!raw && text_[place] == '\n')) {
      return error(raw ? "unterminated raw string" : "unterminated quoted string");
    }
    if (text_[place] == mark) break;
    if (text_[place] == '\\' && !raw && ++place >= text_.size()) {
      return error("escape sequence not terminated");
    }
  }
  const std::string_view literal = text_.substr(place_, place + 1 - place_);
  if (!is_utf8(literal)) return error("invalid UTF-8 rune");
  if (const auto text = unquote(literal); !text) return error(text.error());
  return token(TokenKind::kString, literal.size());
}

Token Lexer::number_or_duration() {
  const bool number = scan_number();
  if (!number && !scan_rest_of_duration()) {
    const std::string_view bad = text_.substr(start_, place_ - start_);
    return error(fmt::format("bad number or duration syntax: {}", window::quoted(bad)));
  }
  if (brackets_) past_number_ = true;
  const std::size_t size = place_ - start_;
  place_ = start_;
  return token(number ? TokenKind::kNumber : TokenKind::kDuration, size);
}

bool Lexer::accept(std::string_view letters) {
  if (at_end() || letters.find(peek()) == std::string_view::npos) return false;
  ++place_;
  return true;
}

// Digits with at most one point and one exponent, and `_` between them. What a number is in the end
// is for parse_number() to say. False if it goes on with a letter, as durations do.
bool Lexer::scan_number() {
  std::string_view digits = kDigits;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
    place_ += 2;
    accept("_");
    digits = kHexDigits;
  }
  const bool decimal = digits == kDigits;
  bool point = false;
  bool exponent = false;
  while (!at_end()) {
    if (accept(digits)) continue;
    if (accept(".")) {
      if (std::exchange(point, true) || !decimal || accept("_.")) return false;
    } else if (accept("eE")) {
      if (std::exchange(exponent, true)) return false;
      accept("+-");
      if (accept("._eE") || at_end()) return false;
    } else if (accept("_")) {
      if (accept("._eE") || at_end()) return false;
    } else {
      break;
    }
  }
  return !is_alphanumeric(peek());
}

// Behind the first digits of a duration.
bool Lexer::scan_rest_of_duration() {
  if (!accept("smhdwy")) return false;
  accept("s");
  while (accept(kDigits)) {
    while (accept(kDigits)) {
    }
    if (!accept("smhdwy")) return false;
    accept("s");
  }
  if (!is_alphanumeric(peek())) return true;
  ++place_;
  return false;
}

Token Lexer::token(TokenKind kind, std::size_t size) {
  const Span at{.begin = static_cast<std::uint32_t>(place_),
                .end = static_cast<std::uint32_t>(place_ + size)};
  Token found;
  found.kind = kind;
  found.at = at;
  found.text = text_.substr(place_, size);
  place_ += size;
  return found;
}

Token Lexer::binary(BinaryOp op, std::size_t size) {
  Token found = token(TokenKind::kBinary, size);
  found.binary = op;
  return found;
}

Token Lexer::error(std::string text) { return error_at(start_, std::move(text)); }

Token Lexer::error_at(std::size_t place, std::string text) {
  failed_.kind = TokenKind::kError;
  failed_.at = {.begin = static_cast<std::uint32_t>(place),
                .end = static_cast<std::uint32_t>(text_.size())};
  failed_.error = std::move(text);
  return failed_;
}

std::string Lexer::quoted_rune(std::size_t place) const {
  const DecodedRune rune =
      place < text_.size() ? decode_rune(text_.substr(place)) : DecodedRune{.value = 0xfffd};
  return quote_rune(rune.value);
}

}  // namespace hitwatch::promql
