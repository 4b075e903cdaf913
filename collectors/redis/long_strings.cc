// Items of RESP2 stand one behind the other, those of an array too, so that their nesting need not
// be known: each is a line, or a line that announces a length, so many bytes and two more.
#include "collectors/redis/long_strings.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace hitwatch::redis {
namespace {

constexpr std::size_t kMostHeader = 32;  // no length that fits 64 bits is longer

// The length of a string that has bytes; nothing for nil, for "" and for what is no length. As
// strict as the reader: what it refuses must not be made right.
std::optional<std::uint64_t> parse_length(std::string_view digits) {
  if (digits.empty() || digits.front() < '1' || digits.front() > '9') return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return length;
}

// Takes of `bytes` what is left of `count`.
std::size_t take_counted(std::string_view bytes, std::uint64_t& count) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), count));
  count -= taken;
  return taken;
}

}  // namespace

void LongStrings::filter(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    std::size_t taken = 0;
    switch (state_) {
      case State::kType:
        taken = take_type(bytes, out);
        break;
      case State::kLine:
        taken = take_line(bytes, out);
        break;
      case State::kHeader:
        taken = take_header(bytes, out);
        break;
      case State::kKept:
        taken = take_counted(bytes, keep_);
        out += bytes.substr(0, taken);
        if (keep_ == 0) state_ = cut_ > 0 ? State::kCut : State::kEnd;
        break;
      case State::kCut:
        taken = take_counted(bytes, cut_);
        if (cut_ == 0) state_ = State::kEnd;
        break;
      case State::kEnd:
        taken = take_counted(bytes, end_);
        out += bytes.substr(0, taken);
        if (end_ == 0) state_ = State::kType;
        break;
      case State::kNoResp:
        out += bytes;
        return;
    }
    bytes.remove_prefix(taken);
  }
}

std::size_t LongStrings::take_type(std::string_view bytes, std::string& out) {
  switch (bytes.front()) {
    case '+':
    case '-':
    case ':':
    case '*':
      out += bytes.front();
      after_return_ = false;
      state_ = State::kLine;
      return 1;
    case '$':
      header_ = '$';
      state_ = State::kHeader;
      return 1;
    default:
      state_ = State::kNoResp;
      return 0;
  }
}

std::size_t LongStrings::take_line(std::string_view bytes, std::string& out) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ == State::kLine) {
    const char byte = bytes[taken++];
    if (byte == '\n' && after_return_) state_ = State::kType;
    after_return_ = byte == '\r';
  }
  out += bytes.substr(0, taken);
  return taken;
}

std::size_t LongStrings::take_header(std::string_view bytes, std::string& out) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ == State::kHeader) {
    header_ += bytes[taken++];
    if (header_.ends_with("\r\n")) {
      announce(out);
    } else if (header_.size() >= kMostHeader) {
      out += header_;
      state_ = State::kNoResp;
    }
  }
  return taken;
}

// Passes on the announcement of a string, or of its beginning.
void LongStrings::announce(std::string& out) {
  const std::string_view digits = std::string_view(header_).substr(1, header_.size() - 3);
  const auto length = parse_length(digits);
  if (!length || *length > kMostSkipped) {
    out += header_;
    end_ = 2;
    // Nil has nothing behind its line.
    state_ = digits == "0" ? State::kEnd : digits == "-1" ? State::kType : State::kNoResp;
    return;
  }
  keep_ = std::min(*length, limit_);
  cut_ = *length - keep_;
  end_ = 2;
  state_ = State::kKept;
  if (cut_ == 0) {
    out += header_;
  } else {
    out += '$';
    out += std::to_string(keep_);
    out += "\r\n";
  }
}

}  // namespace hitwatch::redis
