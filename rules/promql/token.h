// The words of PromQL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/promql/ast.h"
#include "rules/promql/position.h"

namespace hitwatch::promql {

enum class TokenKind : std::uint8_t {
  kEnd,
  kError,  // the text cannot be split here; Token::error says why
  kIdentifier,
  kMetricIdentifier,  // an identifier with colons
  kString,
  kNumber,
  kDuration,

  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kAt,

  kEqual,         // =
  kMatches,       // =~
  kDoesNotMatch,  // !~
  kBinary,        // any of BinaryOp; `!=` of matchers, too
  kAggregator,    // any of AggregateOp
  kBool,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kOffset,
  kFill,
  kFillLeft,
  kFillRight,
  kAnchored,
  kSmoothed,
  kStart,
  kStop,  // `end`
  kStep,
  kRange,
  kMinOf,
  kMaxOf,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span at;
  std::string_view text;
  BinaryOp binary = BinaryOp::kAdd;           // of kBinary
  AggregateOp aggregate = AggregateOp::kSum;  // of kAggregator
  std::string error;                          // of kError
};

// Sets the kind of a word, which is an identifier unless it is a keyword in any case of letters.
void classify_word(Token& token);
// As errors name a token: `identifier "up"`, `<op:+>`, `end of input`.
std::string describe(const Token& token);
// Keywords that may be the name of a metric, and those that may be that of a label in on(…) and
// by(…). Identifiers are among both.
bool may_name_metric(const Token& token);
bool may_name_label(const Token& token);

}  // namespace hitwatch::promql
