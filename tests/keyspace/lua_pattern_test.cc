// Patterns against Lua itself.
#include "collectors/keyspace/lua_pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/keyspace/real_lua.h"

namespace hitwatch::keyspace {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMuchWork = 10'000'000;

std::string our_find(const std::string& text, const std::string& subject) {
  const auto pattern = LuaPattern::parse(text);
  if (!pattern) return "fault";
  std::size_t work = kMuchWork;
  std::string captures;
  switch (pattern->find(subject, work, captures)) {
    case LuaPattern::Outcome::kMatch:
      return "match:" + captures;
    case LuaPattern::Outcome::kNoMatch:
      return "no match";
    case LuaPattern::Outcome::kTooCostly:
      break;
  }
  return "too costly";
}

TEST(LuaPattern, CapturesNameTheGroup) {
  EXPECT_EQ(our_find("^(.*)_[^_]+$", "key_ring_1"), "match:key_ring");
  EXPECT_EQ(our_find("^(%a+):(%d+)", "user:42:x"), "match:user42");
  EXPECT_EQ(our_find("^user:", "user:42"), "match:");
  EXPECT_EQ(our_find("^user:", "a user:42"), "no match");
  EXPECT_EQ(our_find("()b()", "aab"), "match:34");
}

TEST(LuaPattern, SaysWhatIsWrongBeforeAnyMatch) {
  EXPECT_EQ(lua_pattern_fault("^(.*)_%d+$"), std::nullopt);
  EXPECT_EQ(lua_pattern_fault("ab%"), "ends with '%'");
  EXPECT_EQ(lua_pattern_fault("a[b"), "a '[' without its ']'");
  EXPECT_EQ(lua_pattern_fault("(a"), "a '(' without its ')'");
  EXPECT_EQ(lua_pattern_fault("a)"), "a ')' without its '('");
  EXPECT_EQ(lua_pattern_fault("%bx"), "%b without its two characters");
  EXPECT_EQ(lua_pattern_fault("%fx"), "%f without a '[' behind it");
  EXPECT_EQ(lua_pattern_fault("(a%1)"), "%1 stands before the end of a capture of that number");
  EXPECT_EQ(lua_pattern_fault(std::string(33 * 2, '(')), "more than 32 captures");
  EXPECT_EQ(lua_pattern_fault(std::string(2000, 'a')), "longer than 1024 bytes");
}

TEST(LuaPattern, OddPatternsMeanWhatTheyMeanToLua) {
  RealLua lua;
  const std::vector<std::string> patterns = {"",
                                             "^",
                                             "$",
                                             "^$",
                                             "[]]+",
                                             "[^]]",
                                             "[a-]+",
                                             "[%]]",
                                             "[]",
                                             "[^]",
                                             "[%",
                                             "[a-%z]",
                                             "^*",
                                             "**",
                                             "$*a",
                                             "a$b",
                                             "a^b",
                                             "(a)*",
                                             "(a*(.)%w(%s*))",
                                             "%bxx",
                                             "%b()",
                                             "%f[%w]%w+%f[%W]",
                                             "(.-)%1",
                                             "()%1",
                                             "(a-)(b?)",
                                             "%z",
                                             "%Z+",
                                             "%g+",
                                             "%%",
                                             "%.",
                                             "[%a_]+",
                                             "[^%s]+",
                                             "[--/]",
                                             "[+--]",
                                             "[%-x]",
                                             ".-b",
                                             "a.-b?c*",
                                             "%q",
                                             "%0",
                                             "%9",
                                             "((a))",
                                             "(()a())",
                                             "[z-a]",
                                             "\0"s,
                                             "[\0a]"s,
                                             "[^\0]+"s,
                                             "a+b",
                                             "[%w-z]+",
                                             "%u%l*",
                                             "%D+",
                                             "%x%X",
                                             "x?x?x?xxx",
                                             "[[]",
                                             "[]-a]+"};
  const std::vector<std::string> subjects = {
      "",    "a",     "aa",      "ab",   "]]",  "a-b",  "x(y(z))w", "hello world", "xxyxx",
      "\0"s, "a\0b"s, "key:1:2", "*",    "$a",  "a$b",  "a^b",      "(a)*",        "%",
      "zzz", "A1b2",  "q",       "[x]-", "--/", "+,-.", "xxx",      "\xff\xfe",    "UPPER lower"};
  for (const std::string& pattern : patterns) {
    for (const std::string& subject : subjects) {
      const std::string theirs = lua.find(pattern, subject);
      // Lua finds some faults only when a match comes to them.
      if (lua_pattern_fault(pattern) && theirs == "no match") continue;
      EXPECT_EQ(our_find(pattern, subject), theirs) << pattern << " in " << subject;
    }
  }
}

TEST(LuaPattern, RandomPatternsMeanWhatTheyMeanToLua) {
  constexpr int kRounds = 100'000;
  const std::vector<std::string> pieces = {"a",  "b",  ":",    ".",    "%a",    "%W",     "[ab]",
                                           "*",  "+",  "-",    "?",    "(",     ")",      "()",
                                           "%1", "%2", "%b:a", "[^:]", "%f[a]", "[%w:-]", "$"};
  RealLua lua;
  std::mt19937 random(7);
  const auto pick = [&](std::size_t below) { return random() % below; };
  int matches = 0;
  for (int i = 0; i < kRounds; ++i) {
    std::string pattern = pick(3) == 0 ? "^" : "";
    for (std::size_t n = pick(8); n > 0; --n) pattern += pieces[pick(pieces.size())];
    std::string subject;
    for (std::size_t n = pick(12); n > 0; --n) subject += "ab:1"[pick(4)];
    const std::string ours = our_find(pattern, subject);
    if (ours == "fault") continue;
    ASSERT_EQ(ours, lua.find(pattern, subject)) << pattern << " in " << subject;
    if (ours.starts_with("match")) ++matches;
  }
  EXPECT_GT(matches, kRounds / 10);
}

TEST(LuaPattern, WhatLuaCallsAFaultIsOne) {
  constexpr int kRounds = 50'000;
  RealLua lua;
  std::mt19937 random(8);
  for (int i = 0; i < kRounds; ++i) {
    std::string pattern;
    for (std::size_t n = random() % 6; n > 0; --n) pattern += "a%[]()^$*-b1f."[random() % 14];
    if (lua.find(pattern, "aab1ba(a)[b]") == "fault") {
      ASSERT_NE(lua_pattern_fault(pattern), std::nullopt) << pattern;
    }
  }
}

TEST(LuaPattern, AMatchThatTakesTooLongIsGivenUp) {
  const auto pattern = LuaPattern::parse("(.-)(.-)(.-)(.-)(.-)(.-)(.-)(.-)x$");
  ASSERT_TRUE(pattern);
  std::size_t work = 100'000;
  std::string captures;
  EXPECT_EQ(pattern->find(std::string(4096, 'a'), work, captures), LuaPattern::Outcome::kTooCostly);
  EXPECT_EQ(work, 0U);
}

}  // namespace
}  // namespace hitwatch::keyspace
