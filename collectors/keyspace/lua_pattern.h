// The patterns of Lua's string.find, as redis_exporter takes them to group keys:
// https://www.lua.org/manual/5.4/manual.html#6.4.1
//
// A pattern is made into a list of items once. Matching tries them in turn and goes back where one
// fails, as Lua does. That can take a time that grows with a high power of the subject's length, so
// every try is counted and a match is given up when its allowance is used up.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::keyspace {

class LuaPattern {
 public:
  static constexpr std::size_t kLongest = 1024;  // bytes
  static constexpr std::size_t kMostCaptures = 32;

  // What is wrong with it, for people, if it is no pattern. Unlike Lua, which finds a fault when a
  // match comes to it.
  static std::expected<LuaPattern, std::string> parse(std::string_view pattern);

  enum class Outcome : std::uint8_t { kNoMatch, kMatch, kTooCostly };
  // Finds the first match in `subject`. `captures` becomes what its captures hold, one after the
  // other; those of `()` are positions, counted from 1. Takes from `work_left` one for each try.
  Outcome find(std::string_view subject, std::size_t& work_left, std::string& captures) const;

 private:
  friend class LuaPatternParser;
  friend class LuaPatternMatch;

  using Bytes = std::bitset<256>;
  enum class Kind : std::uint8_t {
    kOne,       // one byte of `bytes`
    kOptional,  // ?
    kMost,      // * and, after a kOne, +
    kFewest,    // -
    kOpen,
    kClose,
    kPosition,
    kSame,      // %1: what capture `capture` holds
    kBalanced,  // %bxy
    kFrontier,  // %f[set]
    kEnd        // $
  };
  struct Item {
    Kind kind;
    Bytes bytes{};
    std::size_t capture = 0;
    unsigned char opening = 0, closing = 0;
  };

  bool anchored_ = false;
  std::vector<Item> items_;
};

// What is wrong with a pattern; nothing if it is one.
std::optional<std::string> lua_pattern_fault(std::string_view pattern);

}  // namespace hitwatch::keyspace
