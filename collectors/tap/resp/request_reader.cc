#include "collectors/tap/resp/request_reader.h"

#include <algorithm>

namespace hitwatch::resp {
namespace {

using Kind = RequestEvent::Kind;

constexpr std::int64_t kMostArguments = 0x7fffffff;     // Redis' own
constexpr std::int64_t kLongestArgument = 1LL << 32U;   // more than proto-max-bulk-len has to be
constexpr std::uint64_t kLongestInline = 64ULL << 10U;  // Redis' own
constexpr std::uint64_t kLineEnd = 2;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

RequestEvent RequestReader::next(std::string_view& bytes) {
  for (;;) {
    switch (state_) {
      case State::kStart:
      case State::kEmptyLine: {
        if (bytes.empty()) return {};
        const RequestEvent event = start(bytes);
        if (event.kind != Kind::kMore) return event;
        break;
      }
      case State::kCount: {
        const RequestEvent event = count_line(bytes);
        if (event.kind != Kind::kMore || state_ == State::kCount) return event;
        break;
      }
      case State::kDollar:
        if (bytes.empty()) return {};
        if (bytes.front() != '$') return broken();
        bytes.remove_prefix(1);
        number_.reset();
        state_ = State::kLength;
        break;
      case State::kLength:
        if (!length_line(bytes)) return state_ == State::kBroken ? broken() : RequestEvent{};
        break;
      case State::kBulk:
        return bulk(bytes);
      case State::kBulkEnd:
        if (!bulk_end(bytes)) return state_ == State::kBroken ? broken() : RequestEvent{};
        if (state_ == State::kStart) return {.kind = Kind::kEnd};
        break;
      case State::kBroken:
        return broken();
      default: {
        const RequestEvent event = inline_command(bytes);
        if (event.kind != Kind::kMore || bytes.empty()) return event;
        break;
      }
    }
  }
}

bool RequestReader::skip(std::uint64_t count) {
  if (state_ != State::kBulk || count > remaining_) return false;
  remaining_ -= count;
  return true;
}

// The first byte of a request.
RequestEvent RequestReader::start(std::string_view& bytes) {
  const char first = bytes.front();
  if (state_ == State::kEmptyLine) {
    if (first != '\n') return broken();
    bytes.remove_prefix(1);
    state_ = State::kStart;
  } else if (first == '*') {
    bytes.remove_prefix(1);
    number_.reset();
    state_ = State::kCount;
  } else if (first == '\r' || first == '\n') {
    bytes.remove_prefix(1);
    if (first == '\r') state_ = State::kEmptyLine;
  } else {
    is_inline_begun_ = false;
    line_ = 0;
    state_ = State::kInline;
  }
  return {};
}

RequestEvent RequestReader::count_line(std::string_view& bytes) {
  const NumberLine::Result result = number_.take(bytes);
  if (result == NumberLine::Result::kMore) return {};
  if (result == NumberLine::Result::kBroken || number_.value() > kMostArguments) return broken();
  if (number_.value() <= 0) {
    state_ = State::kStart;
    return {};
  }
  arguments_ = static_cast<std::uint32_t>(number_.value());
  state_ = State::kDollar;
  return {.kind = Kind::kBegin, .count = arguments_};
}

// Whether the length of an argument was read.
bool RequestReader::length_line(std::string_view& bytes) {
  const NumberLine::Result result = number_.take(bytes);
  if (result == NumberLine::Result::kMore) return false;
  if (result == NumberLine::Result::kBroken || number_.value() < 0 ||
      number_.value() > kLongestArgument) {
    state_ = State::kBroken;
    return false;
  }
  remaining_ = static_cast<std::uint64_t>(number_.value()) + kLineEnd;
  is_first_ = true;
  state_ = State::kBulk;
  return true;
}

RequestEvent RequestReader::bulk(std::string_view& bytes) {
  const std::uint64_t left = remaining_ > kLineEnd ? remaining_ - kLineEnd : 0;
  if (bytes.empty() && left > 0) return {};
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
  const RequestEvent event{.kind = Kind::kArgument,
                           .is_first = is_first_,
                           .is_last = size == left,
                           .bytes = bytes.substr(0, size)};
  bytes.remove_prefix(size);
  remaining_ -= size;
  is_first_ = false;
  if (event.is_last) state_ = State::kBulkEnd;
  return event;
}

// Whether the end of an argument's line was read.
bool RequestReader::bulk_end(std::string_view& bytes) {
  for (; remaining_ > 0; --remaining_) {
    if (bytes.empty()) return false;
    if (bytes.front() != (remaining_ == kLineEnd ? '\r' : '\n')) {
      state_ = State::kBroken;
      return false;
    }
    bytes.remove_prefix(1);
  }
  state_ = --arguments_ == 0 ? State::kStart : State::kDollar;
  return true;
}

// As Redis splits a line (sdssplitargs): blanks part arguments; a quoted one may hold escapes and
// has to be followed by a blank.
RequestEvent RequestReader::inline_command(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (line_ > kLongestInline) return broken();
    if (state_ == State::kInlinePlain) return inline_plain(bytes);
    const char c = bytes.front();
    if (state_ == State::kInline || state_ == State::kInlineQuoted) {
      if (c == '\n') {
        bytes.remove_prefix(1);
        return inline_end();
      }
      if (!is_blank(c)) {
        if (state_ == State::kInlineQuoted) return broken();
        is_first_ = true;
        state_ = State::kInlinePlain;
        if (is_inline_begun_) continue;
        is_inline_begun_ = true;
        return {.kind = Kind::kBegin};
      }
      state_ = State::kInline;
      bytes.remove_prefix(1);
      ++line_;
      continue;
    }
    return inline_quoted(bytes);
  }
  return {};
}

RequestEvent RequestReader::inline_plain(std::string_view& bytes) {
  const auto end = std::ranges::find_if(
      bytes, [](char c) { return is_blank(c) || c == '"' || c == '\'' || c == '\0'; });
  const auto size = static_cast<std::size_t>(end - bytes.begin());
  const std::string_view piece = bytes.substr(0, size);
  bytes.remove_prefix(size);
  line_ += size;
  if (bytes.empty()) return inline_piece(piece, State::kInlinePlain);
  const char c = bytes.front();
  if (c == '\0') return broken();
  if (is_blank(c)) return inline_piece(piece, State::kInline);
  bytes.remove_prefix(1);
  ++line_;
  return inline_piece(piece, c == '"' ? State::kInlineDouble : State::kInlineSingle);
}

// A byte inside of quotes, or the run of bytes up to the next special one.
RequestEvent RequestReader::inline_quoted(std::string_view& bytes) {
  const bool is_single = state_ == State::kInlineSingle;
  if (!is_single && state_ != State::kInlineDouble) return escaped(bytes);
  const std::size_t special = bytes.find_first_of(is_single ? "'\\\n" : "\"\\\n");
  const std::string_view piece = bytes.substr(0, special);
  bytes.remove_prefix(piece.size());
  line_ += piece.size();
  if (bytes.empty()) return inline_piece(piece, state_);
  const char c = bytes.front();
  if (c == '\n') return broken();
  bytes.remove_prefix(1);
  ++line_;
  if (c != '\\') return inline_piece(piece, State::kInlineQuoted);
  return inline_piece(piece, is_single ? State::kInlineSingleEscape : State::kInlineDoubleEscape);
}

RequestEvent RequestReader::escaped(std::string_view& bytes) {
  const char c = bytes.front();
  if (c == '\n') return broken();
  // In single quotes only those are escaped.
  if (state_ == State::kInlineSingleEscape && c != '\'') {
    return inline_piece("\\", State::kInlineSingle);
  }
  bytes.remove_prefix(1);
  ++line_;
  if (state_ == State::kInlineSingleEscape) return inline_piece("'", State::kInlineSingle);
  if (state_ == State::kInlineDoubleEscape) {
    if (c == 'x') {
      hex_ = 0;
      state_ = State::kInlineHex;
      return inline_piece({}, State::kInlineHex);
    }
    constexpr std::string_view kLetters = "nrtba";
    constexpr std::string_view kMeaning = "\n\r\t\b\a";
    const std::size_t letter = kLetters.find(c);
    escaped_ = letter == std::string_view::npos ? c : kMeaning[letter];
    return inline_piece({&escaped_, 1}, State::kInlineDouble);
  }
  if (hex_digit(c) < 0) return broken();
  if (hex_ == 0) {
    hex_ = c;
    return inline_piece({}, State::kInlineHex);
  }
  escaped_ = static_cast<char>(hex_digit(hex_) * 16 + hex_digit(c));
  return inline_piece({&escaped_, 1}, State::kInlineDouble);
}

RequestEvent RequestReader::inline_piece(std::string_view piece, State next) {
  const RequestEvent event{.kind = Kind::kArgument,
                           .is_first = is_first_,
                           .is_last = next == State::kInline || next == State::kInlineQuoted,
                           .bytes = piece};
  is_first_ = false;
  state_ = next;
  return event;
}

RequestEvent RequestReader::inline_end() {
  state_ = State::kStart;
  if (!is_inline_begun_) return {};
  return {.kind = Kind::kEnd};
}

RequestEvent RequestReader::broken() {
  state_ = State::kBroken;
  return {.kind = Kind::kBroken};
}

}  // namespace hitwatch::resp
