// The words of a template (text/template's lexical grammar).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::templates {

enum class TokenKind : std::uint8_t {
  kError,  // the last
  kEnd,    // of the template
  kText,
  kLeftDelimiter,
  kRightDelimiter,
  kSpace,
  kAssign,   // =
  kDeclare,  // :=
  kPipe,
  kLeftParenthesis,
  kRightParenthesis,
  kCharacter,  // any other punctuation
  kBoolean,
  kNumber,
  kCharacterConstant,
  kString,
  kRawString,
  kField,  // .name
  kVariable,
  kIdentifier,
  kDot,
  kNil,
  // Keywords
  kBlock,
  kBreak,
  kContinue,
  kDefine,
  kElse,
  kEndKeyword,
  kIf,
  kRange,
  kTemplate,
  kWith,
};

struct Token {
  TokenKind kind;
  std::size_t position;  // byte in the source
  std::string_view text;
};

struct Tokens {
  std::vector<Token> tokens;  // the last is kEnd or kError; texts point into the source
  std::string error;          // what is wrong, if the last is kError
};

// Spaces are trimmed where `{{-` and `-}}` ask for it.
Tokens tokenize(std::string_view source);

}  // namespace hitwatch::templates
