#include "collectors/keyspace/lua_pattern.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace hitwatch::keyspace {

// Reads a pattern from left to right. A fault ends it: `fault_` is then not empty.
class LuaPatternParser {
 public:
  explicit LuaPatternParser(std::string_view text) : text_(text) {}

  std::expected<LuaPattern, std::string> parse();

 private:
  using Item = LuaPattern::Item;
  using Kind = LuaPattern::Kind;
  using Bytes = LuaPattern::Bytes;

  bool more() const { return at_ < text_.size(); }
  char take() { return text_[at_++]; }
  bool next_is(char c) const { return more() && text_[at_] == c; }
  void fail(std::string text) { fault_ = std::move(text); }

  void read_item();
  void read_escape();
  void read_open();
  void read_close();
  void read_same(char digit);
  void read_balanced();
  void read_frontier();
  void read_set();
  void read_repeat(const Bytes& bytes);
  static Bytes class_bytes(char letter);
  static Bytes byte(char c) { return Bytes().set(static_cast<unsigned char>(c)); }

  std::size_t end_of_set();
  Bytes set_bytes();

  std::string_view text_;
  std::size_t at_ = 0;
  std::string fault_;
  LuaPattern pattern_;
  std::vector<std::size_t> open_;  // captures that are not closed
  std::vector<bool> closed_;       // by capture
};

std::expected<LuaPattern, std::string> LuaPatternParser::parse() {
  if (text_.size() > LuaPattern::kLongest) {
    return std::unexpected(fmt::format("longer than {} bytes", LuaPattern::kLongest));
  }
  if (next_is('^')) {
    take();
    pattern_.anchored_ = true;
  }
  while (more() && fault_.empty()) read_item();
  if (fault_.empty() && !open_.empty()) fail("a '(' without its ')'");
  if (!fault_.empty()) return std::unexpected(fault_);
  return std::move(pattern_);
}

void LuaPatternParser::read_item() {
  const char c = take();
  switch (c) {
    case '(':
      return read_open();
    case ')':
      return read_close();
    case '%':
      return read_escape();
    case '[':
      return read_set();
    case '.':
      return read_repeat(Bytes().set());
    case '$':
      if (!more()) {
        pattern_.items_.push_back({.kind = Kind::kEnd});
        return;
      }
      break;
    default:
      break;
  }
  read_repeat(byte(c));
}

void LuaPatternParser::read_open() {
  const std::size_t number = closed_.size();
  if (number == LuaPattern::kMostCaptures) {
    return fail(fmt::format("more than {} captures", LuaPattern::kMostCaptures));
  }
  if (next_is(')')) {
    take();
    closed_.push_back(true);
    pattern_.items_.push_back({.kind = Kind::kPosition, .capture = number});
    return;
  }
  closed_.push_back(false);
  open_.push_back(number);
  pattern_.items_.push_back({.kind = Kind::kOpen, .capture = number});
}

void LuaPatternParser::read_close() {
  if (open_.empty()) return fail("a ')' without its '('");
  closed_[open_.back()] = true;
  pattern_.items_.push_back({.kind = Kind::kClose, .capture = open_.back()});
  open_.pop_back();
}

void LuaPatternParser::read_escape() {
  if (!more()) return fail("ends with '%'");
  const char c = take();
  if (c == 'b') return read_balanced();
  if (c == 'f') return read_frontier();
  if (c >= '0' && c <= '9') return read_same(c);
  read_repeat(class_bytes(c));
}

void LuaPatternParser::read_same(char digit) {
  const auto number = static_cast<std::size_t>(digit - '1');  // '0' becomes a huge one
  if (number >= closed_.size() || !closed_[number]) {
    return fail(fmt::format("%{} stands before the end of a capture of that number", digit));
  }
  pattern_.items_.push_back({.kind = Kind::kSame, .capture = number});
}

void LuaPatternParser::read_balanced() {
  if (text_.size() - at_ < 2) return fail("%b without its two characters");
  Item item{.kind = Kind::kBalanced};
  item.opening = static_cast<unsigned char>(take());
  item.closing = static_cast<unsigned char>(take());
  pattern_.items_.push_back(item);
}

void LuaPatternParser::read_frontier() {
  if (!next_is('[')) return fail("%f without a '[' behind it");
  take();
  const Bytes bytes = set_bytes();
  pattern_.items_.push_back({.kind = Kind::kFrontier, .bytes = bytes});
}

void LuaPatternParser::read_set() {
  const Bytes bytes = set_bytes();
  if (fault_.empty()) read_repeat(bytes);
}

// Where the ']' is that ends the set which begins at `at_`. The first character of a set is always
// one of its members, so "[]]" and "[^]]" are sets.
std::size_t LuaPatternParser::end_of_set() {
  std::size_t end = at_;
  do {
    if (end >= text_.size()) {
      fail("a '[' without its ']'");
      return end;
    }
    const bool escape = text_[end++] == '%';
    if (escape && end < text_.size()) ++end;
  } while (end >= text_.size() || text_[end] != ']');
  return end;
}

LuaPattern::Bytes LuaPatternParser::set_bytes() {
  const bool inverted = next_is('^');
  if (inverted) take();
  const std::size_t end = end_of_set();
  Bytes bytes;
  if (!fault_.empty()) return bytes;
  while (at_ < end) {
    const char c = take();
    if (c == '%') {
      bytes |= class_bytes(take());
    } else if (next_is('-') && at_ + 1 < end) {
      take();
      const auto last = static_cast<unsigned char>(take());
      for (unsigned b = static_cast<unsigned char>(c); b <= last; ++b) bytes.set(b);
    } else {
      bytes |= byte(c);
    }
  }
  take();
  return inverted ? ~bytes : bytes;
}

void LuaPatternParser::read_repeat(const Bytes& bytes) {
  constexpr std::string_view kRepeats = "?*+-";
  const char repeat = more() && kRepeats.contains(text_[at_]) ? take() : '\0';
  if (repeat == '+') pattern_.items_.push_back({.kind = Kind::kOne, .bytes = bytes});
  const Kind kind = repeat == '?'                    ? Kind::kOptional
                    : repeat == '*' || repeat == '+' ? Kind::kMost
                    : repeat == '-'                  ? Kind::kFewest
                                                     : Kind::kOne;
  pattern_.items_.push_back({.kind = kind, .bytes = bytes});
}

LuaPattern::Bytes LuaPatternParser::class_bytes(char letter) {
  int (*is)(int) = nullptr;
  switch (std::tolower(static_cast<unsigned char>(letter))) {
    case 'a':
      is = std::isalpha;
      break;
    case 'c':
      is = std::iscntrl;
      break;
    case 'd':
      is = std::isdigit;
      break;
    case 'g':
      is = std::isgraph;
      break;
    case 'l':
      is = std::islower;
      break;
    case 'p':
      is = std::ispunct;
      break;
    case 's':
      is = std::isspace;
      break;
    case 'u':
      is = std::isupper;
      break;
    case 'w':
      is = std::isalnum;
      break;
    case 'x':
      is = std::isxdigit;
      break;
    case 'z':
      is = [](int c) { return c == 0 ? 1 : 0; };
      break;
    default:
      return byte(letter);
  }
  Bytes bytes;
  for (int b = 0; b < 256; ++b) bytes[static_cast<std::size_t>(b)] = is(b) != 0;
  return std::isupper(static_cast<unsigned char>(letter)) != 0 ? ~bytes : bytes;
}

std::expected<LuaPattern, std::string> LuaPattern::parse(std::string_view pattern) {
  return LuaPatternParser(pattern).parse();
}

std::optional<std::string> lua_pattern_fault(std::string_view pattern) {
  auto parsed = LuaPattern::parse(pattern);
  if (parsed) return std::nullopt;
  return parsed.error();
}

}  // namespace hitwatch::keyspace
