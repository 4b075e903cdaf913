// Reads replies of RESP2 and RESP3
// (https://redis.io/docs/latest/develop/reference/protocol-spec/), in whatever pieces they come,
// without building anything: each value is an event that says what it is and how deep it stands.
//
// Pushes may stand anywhere, in the middle of an aggregate as well, and attributes before any
// value; neither is an element of what it stands in. The contents of strings are passed over.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "collectors/tap/resp/number_line.h"

namespace hitwatch::resp {

enum class ReplyType : std::uint8_t {
  kSimple,
  kError,
  kInteger,
  kBulk,  // verbatim strings as well
  kNull,
  kArray,
  kMap,
  kSet,
  kDouble,
  kBoolean,
  kBigNumber,
  kPush,
  kAttribute,
};

struct ReplyEvent {
  enum class Kind : std::uint8_t {
    kMore,      // all bytes are read
    kValue,     // a value begins; its elements follow, one deeper
    kEnd,       // of a reply
    kAsideEnd,  // of a push that stands outside of replies
    kBroken,    // no replies; nothing more can be read
  };
  Kind kind = Kind::kMore;
  ReplyType type = ReplyType::kNull;
  bool is_aside = false;   // a push or an attribute, or part of one
  std::uint8_t depth = 0;  // 0: the reply itself
  // An integer; the length of a string; how many elements, twice as many as a map has pairs. -1: is
  // not said beforehand (streamed).
  std::int64_t number = 0;
  // Of simple strings and errors, the first kMostText bytes of the line; until the next call.
  std::string_view text = {};
};

class ReplyReader {
 public:
  static constexpr std::size_t kMostText = 48;
  static constexpr std::size_t kMostDepth = 16;

  // Takes what it reads off the front of `bytes`.
  ReplyEvent next(std::string_view& bytes);
  // So many bytes come next that nobody has. False if they are not all of one string.
  bool skip(std::uint64_t count);

  // Between two replies.
  bool at_start() const { return state_ == State::kType && depth_ == 0 && !after_attribute_; }

 private:
  enum class State : std::uint8_t {
    kType,
    kNumber,  // of `type_`
    kText,    // of a simple string and everything else that ends with its line
    kTextEnd,
    kStreamed,     // a question mark was read
    kStreamedEnd,  // the end of a streamed aggregate: its line's
    kSkip,         // a string
    kPiece,        // of a streamed string
    kPieceLength,
    kPieceSkip,
    kComplete,
    kBroken,
  };
  // What stands around the value that is read now.
  enum class Around : std::uint8_t { kAggregate, kPush, kAttribute, kStreamed };
  struct Level {
    std::uint32_t around : 2;
    std::uint32_t remaining : 30;
  };

  bool read_type(std::string_view& bytes);
  bool begin_line(char type);
  ReplyEvent number_line(std::string_view& bytes);
  ReplyEvent text_line(std::string_view& bytes);
  ReplyEvent streamed(std::string_view& bytes);
  ReplyEvent piece(std::string_view& bytes);
  ReplyEvent string(std::int64_t length);
  ReplyEvent aggregate(std::int64_t count);
  ReplyEvent value(std::int64_t number);
  ReplyEvent complete();
  bool descend(Around around, std::uint32_t count);
  Around pop();
  bool skip_string(std::string_view& bytes);
  ReplyEvent broken();

  State state_ = State::kType;
  ReplyType type_ = ReplyType::kNull;
  std::uint8_t depth_ = 0;
  std::uint8_t aside_ = 0;  // the depth at which the outermost push or attribute stands, plus one
  bool after_attribute_ = false;  // the value that it belongs to comes next
  bool is_error_ = false;         // the string is an error
  std::uint8_t text_size_ = 0;
  std::uint64_t remaining_ = 0;  // of a string and the end of its line
  NumberLine number_;
  std::array<char, kMostText> text_{};
  std::array<Level, kMostDepth> levels_{};
};

}  // namespace hitwatch::resp
