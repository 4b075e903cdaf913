// Lua itself, to judge what we make of its patterns.
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <memory>
#include <string>
#include <string_view>

namespace hitwatch::keyspace {

class RealLua {
 public:
  RealLua() : state_(luaL_newstate(), &lua_close) { luaL_openlibs(state_.get()); }

  // What string.find says: "match:" and its captures joined, "no match", "fault", or "too complex"
  // where Lua itself gives up.
  std::string find(std::string_view pattern, std::string_view subject) {
    lua_State* lua = state_.get();
    lua_settop(lua, 0);
    lua_getglobal(lua, "string");
    lua_getfield(lua, -1, "find");
    lua_remove(lua, 1);
    lua_pushlstring(lua, subject.data(), subject.size());
    lua_pushlstring(lua, pattern.data(), pattern.size());
    if (lua_pcall(lua, 2, LUA_MULTRET, 0) != LUA_OK) {
      return text_at(-1).ends_with("too complex") ? "too complex" : "fault";
    }
    if (lua_isnil(lua, 1)) return "no match";
    std::string captures = "match:";
    for (int i = 3; i <= lua_gettop(lua); ++i) captures += text_at(i);
    return captures;
  }

 private:
  std::string_view text_at(int index) {
    std::size_t size = 0;
    const char* text = lua_tolstring(state_.get(), index, &size);
    return {text, size};
  }

  std::unique_ptr<lua_State, decltype(&lua_close)> state_;
};

}  // namespace hitwatch::keyspace
