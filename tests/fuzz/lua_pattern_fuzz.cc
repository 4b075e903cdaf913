// Any line is a Lua pattern or a fault, and a pattern finds in any text what Lua's string.find
// does. The input: the pattern, the end of the line, the text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/keyspace/lua_pattern.h"
#include "tests/keyspace/real_lua.h"

namespace {

using hitwatch::keyspace::LuaPattern;
using hitwatch::keyspace::RealLua;

// Lua has no allowance: what takes us longer than that is not asked of it.
constexpr std::size_t kWork = 100'000;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static RealLua lua;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  const std::string_view text = input.substr(0, end);
  const std::string_view subject =
      end == std::string_view::npos ? std::string_view() : input.substr(end + 1);

  const auto pattern = LuaPattern::parse(text);
  if (!pattern) {
    require(!pattern.error().empty());
    return 0;
  }
  std::size_t work = kWork;
  std::string captures;
  const LuaPattern::Outcome outcome = pattern->find(subject, work, captures);
  require(work <= kWork);
  if (outcome == LuaPattern::Outcome::kTooCostly) return 0;

  const std::string theirs = lua.find(text, subject);
  if (theirs == "too complex") return 0;
  const bool matches = outcome == LuaPattern::Outcome::kMatch;
  require(theirs == (matches ? "match:" + captures : "no match"));
  return 0;
}
