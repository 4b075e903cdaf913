#include <fmt/format.h>

#include <array>

#include "collectors/keyspace/lua_pattern.h"

namespace hitwatch::keyspace {

// One search in one subject.
class LuaPatternMatch {
 public:
  LuaPatternMatch(const LuaPattern& pattern, std::string_view subject, std::size_t& work_left)
      : items_(pattern.items_), subject_(subject), work_left_(work_left) {}

  // Whether the items from `item` on match at `at`. False too when the work is used up.
  bool match(std::size_t item, std::size_t at);
  bool too_costly() const { return work_left_ == 0; }
  std::string captures() const;

 private:
  using Item = LuaPattern::Item;
  using Kind = LuaPattern::Kind;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  struct Capture {
    std::size_t begin = kNone;
    std::size_t end = kNone;  // kNone in one that begun: a position
  };

  bool spend() {
    if (work_left_ > 0) --work_left_;
    return work_left_ > 0;
  }
  bool one(const Item& item, std::size_t at) const {
    return at < subject_.size() && item.bytes[static_cast<unsigned char>(subject_[at])];
  }
  bool match_most(std::size_t item, std::size_t at);
  bool match_fewest(std::size_t item, std::size_t at);
  bool match_capture(std::size_t item, std::size_t at);
  // Where what the item matches at `at` ends; nothing if it does not match there. Of items that
  // match in one way only.
  std::optional<std::size_t> end_of(const Item& item, std::size_t at);
  std::optional<std::size_t> end_of_balanced(const Item& item, std::size_t at);
  std::optional<std::size_t> end_of_same(const Item& item, std::size_t at) const;
  bool at_frontier(const Item& item, std::size_t at) const;

  const std::vector<Item>& items_;
  std::string_view subject_;
  std::size_t& work_left_;
  std::array<Capture, LuaPattern::kMostCaptures> captures_{};
  std::size_t captured_ = 0;
};

bool LuaPatternMatch::match(std::size_t item, std::size_t at) {
  for (; item < items_.size(); ++item) {
    if (!spend()) return false;
    switch (items_[item].kind) {
      case Kind::kMost:
        return match_most(item, at);
      case Kind::kFewest:
        return match_fewest(item, at);
      case Kind::kOpen:
      case Kind::kClose:
      case Kind::kPosition:
        return match_capture(item, at);
      case Kind::kOptional:
        if (one(items_[item], at) && match(item + 1, at + 1)) return true;
        break;
      default: {
        const auto end = end_of(items_[item], at);
        if (!end) return false;
        at = *end;
      }
    }
  }
  return true;
}

bool LuaPatternMatch::match_most(std::size_t item, std::size_t at) {
  std::size_t end = at;
  while (one(items_[item], end) && spend()) ++end;
  for (;; --end) {
    if (match(item + 1, end)) return true;
    if (end == at || !spend()) return false;
  }
}

bool LuaPatternMatch::match_fewest(std::size_t item, std::size_t at) {
  for (;; ++at) {
    if (match(item + 1, at)) return true;
    if (!one(items_[item], at) || !spend()) return false;
  }
}

bool LuaPatternMatch::match_capture(std::size_t item, std::size_t at) {
  const std::size_t captured_before = captured_;
  Capture& capture = captures_[items_[item].capture];
  const Capture before = capture;
  if (items_[item].kind == Kind::kClose) {
    capture.end = at;
  } else {
    capture = {.begin = at, .end = kNone};
    captured_ = items_[item].capture + 1;
  }
  if (match(item + 1, at)) return true;
  capture = before;
  captured_ = captured_before;
  return false;
}

std::optional<std::size_t> LuaPatternMatch::end_of(const Item& item, std::size_t at) {
  switch (item.kind) {
    case Kind::kOne:
      return one(item, at) ? std::optional(at + 1) : std::nullopt;
    case Kind::kSame:
      return end_of_same(item, at);
    case Kind::kBalanced:
      return end_of_balanced(item, at);
    case Kind::kFrontier:
      return at_frontier(item, at) ? std::optional(at) : std::nullopt;
    default:  // kEnd
      return at == subject_.size() ? std::optional(at) : std::nullopt;
  }
}

std::optional<std::size_t> LuaPatternMatch::end_of_same(const Item& item, std::size_t at) const {
  const Capture& capture = captures_[item.capture];
  if (capture.end == kNone) return std::nullopt;  // a position is no text
  const std::string_view text = subject_.substr(capture.begin, capture.end - capture.begin);
  if (!subject_.substr(at).starts_with(text)) return std::nullopt;
  return at + text.size();
}

std::optional<std::size_t> LuaPatternMatch::end_of_balanced(const Item& item, std::size_t at) {
  const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(subject_[i]); };
  if (at >= subject_.size() || byte_at(at) != item.opening) return std::nullopt;
  std::size_t depth = 1;
  for (std::size_t i = at + 1; i < subject_.size() && spend(); ++i) {
    if (byte_at(i) == item.closing) {  // looked at first: both may be the same character
      if (--depth == 0) return i + 1;
    } else if (byte_at(i) == item.opening) {
      ++depth;
    }
  }
  return std::nullopt;
}

// Both ends of the subject count as a zero byte.
bool LuaPatternMatch::at_frontier(const Item& item, std::size_t at) const {
  const auto byte_at = [&](std::size_t i) -> std::size_t {
    return i < subject_.size() ? static_cast<unsigned char>(subject_[i]) : 0;
  };
  const std::size_t before = at == 0 ? 0 : byte_at(at - 1);
  return !item.bytes[before] && item.bytes[byte_at(at)];
}

std::string LuaPatternMatch::captures() const {
  std::string text;
  for (std::size_t i = 0; i < captured_; ++i) {
    const Capture& capture = captures_[i];
    if (capture.end == kNone) {
      text += fmt::to_string(capture.begin + 1);
    } else {
      text += subject_.substr(capture.begin, capture.end - capture.begin);
    }
  }
  return text;
}

LuaPattern::Outcome LuaPattern::find(std::string_view subject, std::size_t& work_left,
                                     std::string& captures) const {
  for (std::size_t begin = 0; begin <= subject.size(); ++begin) {
    LuaPatternMatch match(*this, subject, work_left);
    if (match.match(0, begin)) {
      captures = match.captures();
      return Outcome::kMatch;
    }
    if (match.too_costly()) return Outcome::kTooCostly;
    if (anchored_) break;
  }
  return Outcome::kNoMatch;
}

}  // namespace hitwatch::keyspace
