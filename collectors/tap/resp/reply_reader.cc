#include "collectors/tap/resp/reply_reader.h"

#include <algorithm>

namespace hitwatch::resp {
namespace {

constexpr std::int64_t kLongestString = 1LL << 32U;
constexpr std::int64_t kMostElements = 1LL << 28U;
constexpr std::uint32_t kUnknownCount = (1U << 30U) - 1;
constexpr std::uint64_t kAfterString = 2;  // the end of its line

}  // namespace

ReplyEvent ReplyReader::next(std::string_view& bytes) {
  for (;;) {
    switch (state_) {
      case State::kType:
        if (bytes.empty()) return {};
        if (!read_type(bytes)) return broken();
        break;
      case State::kNumber:
        if (bytes.empty()) return {};
        return number_line(bytes);
      case State::kText:
      case State::kTextEnd:
        return text_line(bytes);
      case State::kStreamed:
      case State::kStreamedEnd: {
        const ReplyEvent event = streamed(bytes);
        if (event.kind != ReplyEvent::Kind::kMore || state_ != State::kComplete) return event;
        break;
      }
      case State::kSkip:
        if (!skip_string(bytes)) return state_ == State::kBroken ? broken() : ReplyEvent{};
        state_ = State::kComplete;
        break;
      case State::kPiece:
      case State::kPieceLength:
      case State::kPieceSkip: {
        const ReplyEvent event = piece(bytes);
        if (event.kind != ReplyEvent::Kind::kMore || state_ != State::kComplete) return event;
        break;
      }
      case State::kComplete: {
        state_ = State::kType;
        const ReplyEvent event = complete();
        if (event.kind != ReplyEvent::Kind::kMore) return event;
        break;
      }
      case State::kBroken:
        return broken();
    }
  }
}

bool ReplyReader::skip(std::uint64_t count) {
  if ((state_ != State::kSkip && state_ != State::kPieceSkip) || count > remaining_) return false;
  remaining_ -= count;
  return true;
}

bool ReplyReader::read_type(std::string_view& bytes) {
  const char type = bytes.front();
  bytes.remove_prefix(1);
  if (type == '.') {
    // Ends the streamed aggregate around.
    if (depth_ == 0 || levels_[depth_ - 1U].around != static_cast<std::uint32_t>(Around::kStreamed))
      return false;
    state_ = State::kStreamedEnd;
    remaining_ = kAfterString;
    return true;
  }
  return begin_line(type);
}

bool ReplyReader::begin_line(char type) {
  is_error_ = type == '!';
  number_.reset();
  text_size_ = 0;
  state_ = State::kNumber;
  switch (type) {
    case ':':
      type_ = ReplyType::kInteger;
      return true;
    case '$':
    case '=':
    case '!':
      type_ = ReplyType::kBulk;
      return true;
    case '*':
      type_ = ReplyType::kArray;
      return true;
    case '%':
      type_ = ReplyType::kMap;
      return true;
    case '~':
      type_ = ReplyType::kSet;
      return true;
    case '>':
      type_ = ReplyType::kPush;
      return true;
    case '|':
      type_ = ReplyType::kAttribute;
      return true;
    default:
      state_ = State::kText;
  }
  switch (type) {
    case '+':
      type_ = ReplyType::kSimple;
      return true;
    case '-':
      type_ = ReplyType::kError;
      return true;
    case '_':
      type_ = ReplyType::kNull;
      return true;
    case '#':
      type_ = ReplyType::kBoolean;
      return true;
    case ',':
      type_ = ReplyType::kDouble;
      return true;
    case '(':
      type_ = ReplyType::kBigNumber;
      return true;
    default:
      return false;
  }
}

ReplyEvent ReplyReader::number_line(std::string_view& bytes) {
  if (bytes.front() == '?' && !number_.is_begun() && type_ != ReplyType::kInteger) {
    bytes.remove_prefix(1);
    remaining_ = kAfterString;
    state_ = State::kStreamed;
    return streamed(bytes);
  }
  const NumberLine::Result result = number_.take(bytes);
  if (result == NumberLine::Result::kMore) return {};
  if (result == NumberLine::Result::kBroken) return broken();
  if (type_ == ReplyType::kInteger) {
    state_ = State::kComplete;
    return value(number_.value());
  }
  return type_ == ReplyType::kBulk ? string(number_.value()) : aggregate(number_.value());
}

ReplyEvent ReplyReader::string(std::int64_t length) {
  if (length < -1 || length > kLongestString) return broken();
  if (length == -1) {
    type_ = ReplyType::kNull;
    state_ = State::kComplete;
    return value(0);
  }
  if (is_error_) type_ = ReplyType::kError;
  remaining_ = static_cast<std::uint64_t>(length) + kAfterString;
  state_ = State::kSkip;
  return value(length);
}

ReplyEvent ReplyReader::aggregate(std::int64_t count) {
  if (count == -1 && type_ == ReplyType::kArray) {
    type_ = ReplyType::kNull;
    state_ = State::kComplete;
    return value(0);
  }
  if (count < 0 || count > kMostElements) return broken();
  if (type_ == ReplyType::kMap || type_ == ReplyType::kAttribute) count *= 2;
  const bool is_aside = type_ == ReplyType::kPush || type_ == ReplyType::kAttribute;
  if (is_aside && aside_ == 0) aside_ = static_cast<std::uint8_t>(depth_ + 1);
  const ReplyEvent event = value(count);
  Around around = Around::kAggregate;
  if (type_ == ReplyType::kPush) around = Around::kPush;
  if (type_ == ReplyType::kAttribute) around = Around::kAttribute;
  if (!descend(around, static_cast<std::uint32_t>(count))) return broken();
  state_ = State::kType;
  if (count == 0) {
    // An empty one is complete, and so is what it completes.
    levels_[depth_ - 1U].remaining = 1;
    state_ = State::kComplete;
  }
  return event;
}

// The rest of the line of `$?`, `*?` and so on, or of the end of a streamed aggregate.
ReplyEvent ReplyReader::streamed(std::string_view& bytes) {
  if (!skip_string(bytes)) return state_ == State::kBroken ? broken() : ReplyEvent{};
  if (state_ == State::kStreamedEnd) {
    levels_[depth_ - 1U].remaining = 1;
    state_ = State::kComplete;
    return {};
  }
  if (type_ == ReplyType::kBulk) {
    state_ = State::kPiece;
    return value(-1);
  }
  if (type_ == ReplyType::kPush || type_ == ReplyType::kAttribute) return broken();
  const ReplyEvent event = value(-1);
  if (!descend(Around::kStreamed, kUnknownCount)) return broken();
  state_ = State::kType;
  return event;
}

// `;4`, the bytes, and again, up to `;0`.
ReplyEvent ReplyReader::piece(std::string_view& bytes) {
  for (;;) {
    if (state_ == State::kPieceSkip) {
      if (!skip_string(bytes)) return state_ == State::kBroken ? broken() : ReplyEvent{};
      state_ = State::kPiece;
    }
    if (bytes.empty()) return {};
    if (state_ == State::kPiece) {
      if (bytes.front() != ';') return broken();
      bytes.remove_prefix(1);
      number_.reset();
      state_ = State::kPieceLength;
    }
    const NumberLine::Result result = number_.take(bytes);
    if (result == NumberLine::Result::kMore) return {};
    if (result == NumberLine::Result::kBroken || number_.value() < 0 ||
        number_.value() > kLongestString)
      return broken();
    if (number_.value() == 0) {
      state_ = State::kComplete;
      return {};
    }
    remaining_ = static_cast<std::uint64_t>(number_.value()) + kAfterString;
    state_ = State::kPieceSkip;
  }
}

ReplyEvent ReplyReader::text_line(std::string_view& bytes) {
  if (state_ == State::kText) {
    const std::size_t end = std::min(bytes.find('\r'), bytes.size());
    const std::size_t taken = std::min(end, kMostText - text_size_);
    std::copy_n(bytes.begin(), taken, text_.begin() + text_size_);
    text_size_ = static_cast<std::uint8_t>(text_size_ + taken);
    bytes.remove_prefix(end);
    if (bytes.empty()) return {};
    bytes.remove_prefix(1);
    state_ = State::kTextEnd;
  }
  if (bytes.empty()) return {};
  if (bytes.front() != '\n') return broken();
  bytes.remove_prefix(1);
  state_ = State::kComplete;
  ReplyEvent event = value(0);
  event.text = {text_.data(), text_size_};
  return event;
}

ReplyEvent ReplyReader::value(std::int64_t number) {
  after_attribute_ = false;
  return {.kind = ReplyEvent::Kind::kValue,
          .type = type_,
          .is_aside = aside_ != 0,
          .depth = depth_,
          .number = number};
}

// A value is complete, and with it perhaps those around it.
ReplyEvent ReplyReader::complete() {
  while (depth_ > 0) {
    Level& level = levels_[depth_ - 1U];
    if (level.around == static_cast<std::uint32_t>(Around::kStreamed) && level.remaining != 1)
      return {};
    if (level.remaining > 1) {
      --level.remaining;
      return {};
    }
    const Around around = pop();
    if (around == Around::kPush) {
      if (depth_ > 0) return {};
      return {.kind = ReplyEvent::Kind::kAsideEnd};
    }
    if (around == Around::kAttribute) {
      after_attribute_ = true;
      return {};
    }
  }
  return {.kind = ReplyEvent::Kind::kEnd};
}

bool ReplyReader::descend(Around around, std::uint32_t count) {
  if (depth_ == kMostDepth) return false;
  levels_[depth_] = {.around = static_cast<std::uint32_t>(around) & 3U,
                     .remaining = count & kUnknownCount};
  ++depth_;
  return true;
}

ReplyReader::Around ReplyReader::pop() {
  --depth_;
  if (aside_ == depth_ + 1) aside_ = 0;
  return static_cast<Around>(levels_[depth_].around);
}

// Whether the whole of a string, or what remains of a line, was passed over.
bool ReplyReader::skip_string(std::string_view& bytes) {
  if (remaining_ > kAfterString) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(remaining_ - kAfterString, bytes.size()));
    bytes.remove_prefix(size);
    remaining_ -= size;
    if (remaining_ > kAfterString) return false;
  }
  for (; remaining_ > 0; --remaining_) {
    if (bytes.empty()) return false;
    if (bytes.front() != (remaining_ == kAfterString ? '\r' : '\n')) {
      state_ = State::kBroken;
      return false;
    }
    bytes.remove_prefix(1);
  }
  return true;
}

ReplyEvent ReplyReader::broken() {
  state_ = State::kBroken;
  return {.kind = ReplyEvent::Kind::kBroken};
}

}  // namespace hitwatch::resp
