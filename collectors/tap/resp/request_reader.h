// Reads requests: arrays of bulk strings, and inline commands
// (https://redis.io/docs/latest/develop/reference/protocol-spec/), in whatever pieces they come.
//
// Nothing is copied: an argument comes as the pieces in which its bytes came. Redis' limits apply:
// what it would refuse as a protocol error is broken here, too.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/tap/resp/number_line.h"

namespace hitwatch::resp {

struct RequestEvent {
  enum class Kind : std::uint8_t {
    kMore,      // all bytes are read
    kBegin,     // of a request of `count` arguments; 0: not known, it is an inline command
    kArgument,  // a piece of the next or current argument
    kEnd,       // of a request
    kBroken,    // no requests; nothing more can be read
  };
  Kind kind = Kind::kMore;
  bool is_first = false;  // piece of its argument
  bool is_last = false;
  std::uint32_t count = 0;
  std::string_view bytes = {};
};

class RequestReader {
 public:
  // Takes what it reads off the front of `bytes`. Requests without arguments, which have no reply,
  // are passed over.
  RequestEvent next(std::string_view& bytes);
  // So many bytes come next that nobody has. False if they are not all of one argument.
  bool skip(std::uint64_t count);

  // Between two requests.
  bool at_start() const { return state_ == State::kStart; }
  // How many bytes of the current argument are still to come, and whether any piece of it came.
  std::uint64_t argument_left() const { return remaining_ > 2 ? remaining_ - 2 : 0; }
  bool is_argument_begun() const { return !is_first_; }
  bool in_argument() const { return state_ == State::kBulk; }

 private:
  enum class State : std::uint8_t {
    kStart,
    kEmptyLine,  // a carriage return was read
    kCount,
    kDollar,
    kLength,
    kBulk,
    kBulkEnd,
    kInline,  // before an argument
    kInlinePlain,
    kInlineDouble,  // in double quotes
    kInlineDoubleEscape,
    kInlineHex,
    kInlineSingle,
    kInlineSingleEscape,
    kInlineQuoted,  // after the closing quote
    kBroken,
  };

  RequestEvent start(std::string_view& bytes);
  RequestEvent count_line(std::string_view& bytes);
  bool length_line(std::string_view& bytes);
  RequestEvent bulk(std::string_view& bytes);
  bool bulk_end(std::string_view& bytes);
  RequestEvent inline_command(std::string_view& bytes);
  RequestEvent inline_plain(std::string_view& bytes);
  RequestEvent inline_quoted(std::string_view& bytes);
  RequestEvent escaped(std::string_view& bytes);
  RequestEvent inline_piece(std::string_view piece, State next);
  RequestEvent inline_end();
  RequestEvent broken();

  State state_ = State::kStart;
  bool is_inline_begun_ = false;
  bool is_first_ = true;         // the next piece is the first of its argument
  char hex_ = 0;                 // the first digit of \xHH
  char escaped_ = 0;             // what an escape stands for
  std::uint32_t arguments_ = 0;  // that are still to come
  std::uint64_t remaining_ = 0;  // of a bulk string and the end of its line
  std::uint64_t line_ = 0;       // length of an inline command
  NumberLine number_;
};

}  // namespace hitwatch::resp
