// What is shown of a command: its name, its first key, and nothing that may be private.
#include "collectors/redis/command_keys.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace hitwatch::redis {
namespace {

using Args = std::vector<std::string>;

std::string key_of(const Args& args) { return std::string(first_key(args).value_or("none")); }

TEST(CommandKeys, TheOperationIsTheCommandInCapitals) {
  EXPECT_EQ(operation_of(Args{"get", "a"}), "GET");
  EXPECT_EQ(operation_of(Args{"config", "set", "a", "b"}), "CONFIG SET");
  EXPECT_EQ(operation_of(Args{"DEBUG", "sleep", "1"}), "DEBUG SLEEP");
  EXPECT_EQ(operation_of(Args{"JSON.GET", "a"}), "JSON.GET");
  EXPECT_EQ(operation_of(Args{}), "");
  EXPECT_EQ(operation_of(Args{"GET\r\nx"}), "");
  EXPECT_EQ(operation_of(Args{std::string(65, 'a')}), "");
}

TEST(CommandKeys, TheFirstKeyIsMostlyTheFirstArgument) {
  EXPECT_EQ(key_of({"GET", "k"}), "k");
  EXPECT_EQ(key_of({"hset", "k", "f", "v"}), "k");
  EXPECT_EQ(key_of({"MGET", "k", "l"}), "k");
  EXPECT_EQ(key_of({"UNKNOWNCOMMAND", "k"}), "k");
}

TEST(CommandKeys, SomeHaveItElsewhere) {
  EXPECT_EQ(key_of({"EVAL", "return 1", "1", "k", "a"}), "k");
  EXPECT_EQ(key_of({"EVAL", "return 1", "0", "a"}), "none");
  EXPECT_EQ(key_of({"EVALSHA", "abc", "2", "k", "l"}), "k");
  EXPECT_EQ(key_of({"OBJECT", "ENCODING", "k"}), "k");
  EXPECT_EQ(key_of({"XREAD", "COUNT", "2", "STREAMS", "k", "0"}), "k");
  EXPECT_EQ(key_of({"XREADGROUP", "GROUP", "g", "c", "streams", "k", ">"}), "k");
  EXPECT_EQ(key_of({"BITOP", "AND", "k", "l"}), "k");
  EXPECT_EQ(key_of({"ZUNION", "2", "k", "l"}), "k");
  EXPECT_EQ(key_of({"BLMPOP", "0", "1", "k", "LEFT"}), "k");
}

TEST(CommandKeys, SomeHaveNone) {
  for (const Args& args :
       {Args{"PING"}, Args{"PING", "x"}, Args{"DEBUG", "SLEEP", "1"}, Args{"KEYS", "*"},
        Args{"SCAN", "0"}, Args{"FLUSHALL"}, Args{"CONFIG", "SET", "a", "b"},
        Args{"PUBLISH", "c", "m"}, Args{}, Args{"GET"}, Args{"XREAD", "COUNT", "1"}}) {
    EXPECT_EQ(key_of(args), "none");
  }
}

TEST(CommandKeys, IndexesAreNoKeys) {
  EXPECT_EQ(key_of({"FT.SEARCH", "idx", "*"}), "none");
  EXPECT_EQ(key_of({"ft.aggregate", "idx", "*"}), "none");
  EXPECT_EQ(key_of({"_FT.SEARCH", "idx", "*"}), "none");
  EXPECT_EQ(key_of({"FT.SUGGET", "k", "pre"}), "k");
  EXPECT_EQ(key_of({"TS.MRANGE", "-", "+", "FILTER", "a=b"}), "none");
  EXPECT_EQ(key_of({"TS.RANGE", "k", "-", "+"}), "k");
  EXPECT_EQ(key_of({"JSON.DEBUG", "MEMORY", "k"}), "k");
  EXPECT_EQ(key_of({"MSETEX", "1", "k", "v"}), "k");
  EXPECT_EQ(key_of({"TFCALL", "lib.f", "1", "k", "a"}), "k");
  EXPECT_EQ(key_of({"TFCALL", "lib.f", "0", "a"}), "none");
}

TEST(CommandKeys, RedactedTextShowsNoArgument) {
  EXPECT_EQ(redacted_text(Args{"set", "user:42", "secret"}), "SET ? ?");
  EXPECT_EQ(redacted_text(Args{"config", "set", "requirepass", "secret"}), "CONFIG SET ? ?");
  EXPECT_EQ(redacted_text(Args{"EVAL", "return 'secret'", "0"}), "EVAL ? ?");
  EXPECT_EQ(redacted_text(Args{"not a word", "secret"}), "?");
  EXPECT_EQ(redacted_text(Args{}), "?");
}

TEST(CommandKeys, FullTextShowsAllButPasswords) {
  EXPECT_EQ(full_text(Args{"SET", "user:42", "a\nb\xff"}), "SET user:42 a\\x0ab\\xff");
  EXPECT_EQ(full_text(Args{"AUTH", "secret"}), "AUTH ?");
  EXPECT_EQ(full_text(Args{"config", "set", "requirepass", "secret"}), "CONFIG SET ? ?");
  EXPECT_EQ(full_text(Args{"HELLO", "3", "AUTH", "user", "secret"}), "HELLO ? ? ? ?");
  EXPECT_EQ(full_text(Args{"MODULE", "LOADEX", "m.so", "CONFIG", "m.key", "secret"}),
            "MODULE LOADEX ? ? ? ?");
  EXPECT_EQ(full_text(Args{"SENTINEL", "SET", "m", "auth-pass", "secret"}), "SENTINEL SET ? ? ?");
  EXPECT_EQ(full_text(Args{"ft.config", "SET", "OSS_GLOBAL_PASSWORD", "secret"}),
            "FT.CONFIG ? ? ?");
  EXPECT_EQ(full_text(Args{"SEARCH.CLUSTERSET", "ADDR", "secret@a:1"}), "SEARCH.CLUSTERSET ? ?");
  EXPECT_EQ(full_text(Args{"EVAL", "return ARGV[1]", "0", "auth"}), "EVAL return ARGV[1] 0 auth");
  EXPECT_EQ(full_text(Args{"CLIENT", "KILL", "USER", "ann"}), "CLIENT KILL USER ann");
  EXPECT_EQ(full_text(Args{"FUNCTION", "LOAD", "#!lua name=l"}), "FUNCTION LOAD #!lua name=l");
}

TEST(CommandKeys, FullTextShowsNothingAfterAWordThatAnnouncesAPassword) {
  EXPECT_EQ(full_text(Args{"renamed", "SET", "RequirePass", "secret", "maxmemory", "1"}),
            "renamed SET RequirePass ? ? ?");
  EXPECT_EQ(full_text(Args{"renamed", "3", "AUTH", "user", "secret"}), "renamed 3 AUTH ? ?");
  EXPECT_EQ(full_text(Args{"renamed", "SETUSER", "ann", ">secret"}), "renamed SETUSER ? ?");
  EXPECT_EQ(full_text(Args{"HSET", "user:1", "password", "secret"}), "HSET user:1 password ?");
  EXPECT_EQ(full_text(Args{"GET", "auth:1"}), "GET auth:1");
}

}  // namespace
}  // namespace hitwatch::redis
