// What Redis itself counts, beside what a conversation makes of the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "collectors/tap/resp/command_table.h"
#include "tests/resp/redis_process.h"
#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

struct Counted {
  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t commands = 0;
  Counted operator-(const Counted& other) const {
    return {hits - other.hits, misses - other.misses, commands - other.commands};
  }
};

constexpr auto kSetup = std::to_array<std::string_view>(
    {"FLUSHALL", "SET s v", "SET b a", "RPUSH l a b c", "SADD t a b", "SADD t2 b c",
     "ZADD z 1 a 2 b", "HSET h f v g w", "XADD x 1-1 a b", "XGROUP CREATE x grp 0", "PFADD p a",
     "GEOADD g 13 38 a"});
constexpr auto kKeys =
    std::to_array<std::string_view>({"m", "s", "b", "e", "l", "t", "t2", "z", "h", "x", "p", "g"});

// K stands for each of the keys.
constexpr auto kCommands = std::to_array<std::string_view>({
    "BITCOUNT K",
    "BITFIELD K GET u4 0",
    "BITFIELD K SET u4 0 1",
    "BITFIELD_RO K GET u4 0",
    "BITOP AND q K",
    "BITOP AND q K s",
    "BITOP OR q m K",
    "BITPOS K 1",
    "BITPOS K 0",
    "COPY K q",
    "COPY K s",
    "DUMP K",
    "EXISTS K",
    "EXISTS K K m s",
    "EXPIRETIME K",
    "GEODIST K a a",
    "GEODIST K a nope",
    "GEOHASH K a",
    "GEOHASH K nope",
    "GEOPOS K a nope",
    "GEOPOS K nope",
    "GEORADIUS K 13 38 9 km",
    "GEORADIUS K 1 1 9 km",
    "GEORADIUS K 13 38 9 km STORE q",
    "GEORADIUSBYMEMBER K a 9 km",
    "GEORADIUSBYMEMBER K nope 9 km",
    "GEORADIUSBYMEMBER_RO K a 9 km",
    "GEORADIUS_RO K 13 38 9 km",
    "GEOSEARCH K FROMLONLAT 13 38 BYRADIUS 9 km",
    "GEOSEARCH K FROMMEMBER nope BYRADIUS 9 km",
    "GEOSEARCHSTORE q K FROMLONLAT 13 38 BYRADIUS 9 km",
    "GET K",
    "GETBIT K 7",
    "GETBIT K 1000",
    "GETDEL K",
    "GETEX K",
    "GETEX K EX 100",
    "GETEX K EX 0",
    "GETEX K BAD",
    "GETRANGE K 0 1",
    "GETRANGE K 5 9",
    "GETSET K 1",
    "HEXISTS K f",
    "HEXISTS K nope",
    "HGET K f",
    "HGET K nope",
    "HGETALL K",
    "HKEYS K",
    "HLEN K",
    "HMGET K f nope",
    "HMGET K nope",
    "HRANDFIELD K",
    "HRANDFIELD K 0",
    "HRANDFIELD K 5",
    "HRANDFIELD K -3 WITHVALUES",
    "HSCAN K 0",
    "HSCAN K 0 MATCH nope",
    "HSCAN K bad",
    "HSTRLEN K f",
    "HSTRLEN K nope",
    "HVALS K",
    "LCS K s",
    "LCS K m",
    "LCS K s LEN",
    "LCS K s IDX",
    "LINDEX K 0",
    "LINDEX K 99",
    "LLEN K",
    "LPOS K a",
    "LPOS K nope",
    "LPOS K a COUNT 0",
    "LPOS K nope COUNT 0",
    "LRANGE K 0 -1",
    "LRANGE K 7 9",
    "LRANGE K 0 0",
    "LRANGE K 0 -9",
    "MGET K",
    "MGET m K m",
    "OBJECT ENCODING K",
    "OBJECT FREQ K",
    "OBJECT IDLETIME K",
    "OBJECT REFCOUNT K",
    "PEXPIRETIME K",
    "PFCOUNT K",
    "PFCOUNT K m",
    "PFMERGE q K",
    "PTTL K",
    "SCARD K",
    "SDIFF K",
    "SDIFF K t2",
    "SDIFF K m",
    "SDIFF m K",
    "SDIFFSTORE q K m",
    "SET K v GET",
    "SET K v",
    "SET K v EX 100 get",
    "SET K v NX GET",
    "SINTER K",
    "SINTER K t2",
    "SINTER K m",
    "SINTERCARD 1 K",
    "SINTERCARD 2 K t2",
    "SINTERSTORE q K t2",
    "SINTERSTORE q K",
    "SISMEMBER K a",
    "SISMEMBER K nope",
    "SMEMBERS K",
    "SMISMEMBER K a nope",
    "SMISMEMBER K nope",
    "SORT K ALPHA",
    "SORT K ALPHA LIMIT 5 5",
    "SORT K BY nosort GET # GET *",
    "SORT K ALPHA STORE q",
    "SORT_RO K ALPHA",
    "SRANDMEMBER K",
    "SRANDMEMBER K 0",
    "SRANDMEMBER K 3",
    "SRANDMEMBER K -3",
    "SSCAN K 0",
    "STRLEN K",
    "SUBSTR K 0 0",
    "SUNION K",
    "SUNION K t2",
    "SUNION K m",
    "SUNIONSTORE q K m",
    "TOUCH K m",
    "TTL K",
    "TYPE K",
    "XACK K grp 1-1",
    "XACK K nope 1-1",
    "XAUTOCLAIM K grp c 0 0",
    "XAUTOCLAIM K nope c 0 0",
    "XCLAIM K grp c 0 1-1",
    "XINFO CONSUMERS K grp",
    "XINFO CONSUMERS K nope",
    "XINFO GROUPS K",
    "XINFO STREAM K",
    "XLEN K",
    "XPENDING K grp",
    "XPENDING K nope",
    "XRANGE K - +",
    "XRANGE K 9 +",
    "XRANGE K - + COUNT 0",
    "XREAD STREAMS K m 0 0",
    "XREAD COUNT 1 BLOCK 1 STREAMS K $",
    "XREADGROUP GROUP grp c STREAMS K >",
    "XREVRANGE K + -",
    "ZCARD K",
    "ZCOUNT K 0 1",
    "ZCOUNT K 8 9",
    "ZDIFF 1 K",
    "ZDIFF 2 K m",
    "ZDIFF 2 m K",
    "ZDIFFSTORE q 2 K m",
    "ZINTER 1 K",
    "ZINTER 2 K z",
    "ZINTER 2 K m",
    "ZINTERCARD 2 K z",
    "ZINTERSTORE q 2 K z",
    "ZLEXCOUNT K - +",
    "ZLEXCOUNT K [x [y",
    "ZMSCORE K a nope",
    "ZMSCORE K nope",
    "ZRANDMEMBER K",
    "ZRANDMEMBER K 0",
    "ZRANDMEMBER K 3 WITHSCORES",
    "ZRANGE K 0 -1",
    "ZRANGE K 7 9",
    "ZRANGE K 0 -1 WITHSCORES",
    "ZRANGE K 0 -1 BYSCORE",
    "ZRANGE K 0 -1 REV",
    "ZRANGEBYLEX K - +",
    "ZRANGEBYSCORE K 7 9",
    "ZRANGESTORE q K 0 -1",
    "ZRANGESTORE q K 7 9",
    "ZRANK K a",
    "ZRANK K nope",
    "ZREVRANGE K 0 -1",
    "ZREVRANGEBYLEX K + -",
    "ZREVRANGEBYSCORE K 9 7",
    "ZREVRANK K a",
    "ZSCAN K 0",
    "ZSCORE K a",
    "ZSCORE K nope",
    "ZUNION 1 K",
    "ZUNION 2 K z",
    "ZUNION 2 K m",
    "ZUNIONSTORE q 2 K m",
    // What writes, and what is about the server, looks up nothing that counts.
    "APPEND K x",
    "BLMOVE K q LEFT LEFT 0.001",
    "BLPOP K 0.001",
    "BZPOPMIN K 0.001",
    "CLIENT ID",
    "CLIENT SETNAME me",
    "COMMAND COUNT",
    "CONFIG GET save",
    "DBSIZE",
    "DECR K",
    "DEL K",
    "ECHO K",
    "EVAL return{1,{2,{'a'}}} 1 K",
    "EXPIRE K 100",
    "FLUSHALL",
    "GEOADD K 1 1 q",
    "GET",
    "HDEL K f",
    "HELLO",
    "HINCRBY K c 1",
    "HINCRBYFLOAT K c 1",
    "HMSET K a b",
    "HSET K a b",
    "HSETNX K a b",
    "INCR K",
    "INCRBYFLOAT K 1",
    "KEYS *",
    "LINSERT K BEFORE a b",
    "LMOVE K q LEFT LEFT",
    "LMPOP 2 K m LEFT",
    "LPOP K",
    "LPOP K 2",
    "LPUSH K a",
    "LPUSHX K a",
    "LREM K 1 a",
    "LSET K 0 a",
    "LTRIM K 0 0",
    "MEMORY USAGE K",
    "MOVE K 1",
    "MSET K a q b",
    "MSETNX K a q b",
    "NOSUCHCOMMAND K",
    "PERSIST K",
    "PFADD K a",
    "PING",
    "PING K",
    "PSETEX K 1000 v",
    "PUBLISH K m",
    "RANDOMKEY",
    "RENAME K q",
    "RENAMENX K q",
    "RPOP K",
    "RPOPLPUSH K q",
    "RPUSH K a",
    "SADD K a",
    "SCAN 0",
    "SELECT 0",
    "SELECT 99",
    "SETBIT K 1 1",
    "SETEX K 100 v",
    "SETNX K v",
    "SETRANGE K 0 x",
    "SMOVE K t2 a",
    "SPOP K",
    "SPOP K 2",
    "SREM K a",
    "TIME",
    "UNLINK K",
    "UNWATCH",
    "XADD K * a b",
    "XDEL K 1-1",
    "XGROUP CREATE K g 0",
    "XGROUP SETID K grp 0",
    "XSETID K 9-9",
    "XTRIM K MAXLEN 5",
    "ZADD K 1 a",
    "ZADD K INCR 1 a",
    "ZINCRBY K 1 a",
    "ZMPOP 2 K m MIN",
    "ZPOPMAX K",
    "ZPOPMIN K 2",
    "ZREM K a",
    "ZREMRANGEBYRANK K 0 0",
});

std::string with_key(std::string_view command, std::string_view key) {
  std::string line;
  std::istringstream in{std::string(command)};
  for (std::string word; in >> word;) {
    if (!line.empty()) line += ' ';
    line += word == "K" ? key : std::string_view(word);
  }
  return line;
}

class RealServer : public testing::Test {
 protected:
  Counted counted() {
    const std::string info = observer_.ask("INFO stats\r\n", 1);
    const auto field = [&](const std::string& name) {
      const std::size_t at = info.find("\n" + name + ":");
      return at == std::string::npos ? -1 : std::stoll(info.substr(at + name.size() + 2));
    };
    return {field("keyspace_hits"), field("keyspace_misses"), field("total_commands_processed")};
  }
  void set_up() {
    std::string bytes;
    for (const std::string_view line : kSetup) bytes += words(line);
    bytes += request({"SET", "e", ""});
    observer_.ask(bytes, static_cast<int>(kSetup.size()) + 1);
  }

  RedisProcess server_;
  RedisLine observer_{server_.port()};
};

// Everything that was told since the last call.
struct Sum {
  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t undecided = 0;
  std::int64_t executed = 0;
  bool unseen = false;
  std::string text;
};
Sum sum(Dialogue& dialogue) {
  Sum sum;
  for (const Told& told : dialogue.teller.told) {
    sum.hits += static_cast<std::int64_t>(told.hits);
    sum.misses += static_cast<std::int64_t>(told.misses);
    sum.undecided += static_cast<std::int64_t>(told.undecided);
    sum.executed += told.executed ? 1 : 0;
    sum.unseen = sum.unseen || told.unseen;
    sum.text += to_string(told) + "\n";
  }
  dialogue.teller.told.clear();
  return sum;
}

// MGET of a key of another type: a hit for Redis, nil for everybody else.
bool is_mget_of_wrong_type(std::string_view line) {
  if (!line.starts_with("MGET")) return false;
  return std::ranges::any_of(line.substr(5), [](char c) {
    return c != 'm' && c != 's' && c != 'b' && c != 'e' && c != 'p' && c != ' ';
  });
}

void expect_counted(const Sum& told, const Counted& real, const std::string& line,
                    const std::string& reply) {
  SCOPED_TRACE(line + " → " + reply.substr(0, 200) + "\n" + told.text + "hits " +
               std::to_string(real.hits) + " misses " + std::to_string(real.misses));
  // The second INFO counts the first.
  if (!line.starts_with("EVAL")) {
    EXPECT_EQ(told.executed, real.commands - 1);
  }
  if (told.unseen) return;
  EXPECT_EQ(told.hits + told.misses + told.undecided, real.hits + real.misses);
  if (is_mget_of_wrong_type(line)) return;
  EXPECT_LE(told.hits, real.hits);
  EXPECT_LE(real.hits, told.hits + told.undecided);
}

class EachCommand : public RealServer, public testing::WithParamInterface<int> {};

TEST_P(EachCommand, LooksUpWhatInfoCounts) {
  RedisLine line(server_.port());
  Dialogue dialogue;
  const std::string hello = words("HELLO " + std::to_string(GetParam()));
  dialogue.client(hello);
  dialogue.server(line.ask(hello, 1));
  for (const std::string_view command : kCommands) {
    for (const std::string_view key : kKeys) {
      const std::string text = with_key(command, key);
      set_up();
      sum(dialogue);
      const Counted before = counted();
      dialogue.client(words(text));
      const std::string reply = line.ask(words(text), 1);
      dialogue.server(reply);
      const Counted real = counted() - before;
      expect_counted(sum(dialogue), real, text, reply);
      ASSERT_TRUE(dialogue.conversation.is_trusted()) << text << " → " << reply;
      if (text == command) break;  // the same for all keys
    }
  }
}

TEST_P(EachCommand, LooksUpTheSameInATransaction) {
  RedisLine line(server_.port());
  Dialogue dialogue;
  const std::string hello = words("HELLO " + std::to_string(GetParam()));
  dialogue.client(hello);
  dialogue.server(line.ask(hello, 1));
  for (const std::string_view command : kCommands) {
    if (command.starts_with("HELLO")) continue;
    for (const std::string_view key : kKeys) {
      const std::string text = with_key(command, key);
      set_up();
      sum(dialogue);
      const std::string bytes = words("MULTI") + words("GET s") + words(text) + words("EXEC");
      const Counted before = counted();
      dialogue.client(bytes);
      const std::string reply = line.ask(bytes, 4);
      dialogue.server(reply);
      const Counted real = counted() - before;
      expect_counted(sum(dialogue), real, text, reply);
      ASSERT_TRUE(dialogue.conversation.is_trusted()) << text << " → " << reply;
      if (text == command) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Resp, EachCommand, testing::Values(2, 3));

TEST_F(RealServer, APipelineOfAllCommandsLooksUpWhatInfoCounts) {
  RedisLine line(server_.port());
  Dialogue dialogue;
  set_up();
  std::string bytes;
  int count = 0;
  for (const std::string_view command : kCommands) {
    if (command.starts_with("MGET") || command.starts_with("EVAL")) continue;
    for (const std::string_view key : {"m", "s", "h"}) {
      bytes += words(with_key(command, key));
      ++count;
    }
  }
  const Counted before = counted();
  const std::string reply = line.ask(bytes, count);
  dialogue.client(bytes);
  dialogue.server(reply);
  const Counted real = counted() - before;
  ASSERT_EQ(dialogue.teller.told.size(), static_cast<std::size_t>(count));
  std::erase_if(dialogue.teller.told, [](const Told& told) { return told.unseen; });
  EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 0U);
  const Sum told = sum(dialogue);
  EXPECT_LE(told.hits, real.hits);
  EXPECT_LE(told.misses, real.misses);
}

TEST_F(RealServer, EveryReadOfItsTableIsMeasured) {
  std::set<std::string_view> measured;
  for (const std::string_view command : kCommands) {
    const std::string_view name = command.substr(0, command.find(' '));
    measured.insert(name);
  }
  const std::string known = observer_.ask("COMMAND LIST\r\n", 1);
  const std::set<std::string_view> not_countable{"EVALSHA", "EVAL_RO",  "EVALSHA_RO",
                                                 "FCALL",   "FCALL_RO", "MIGRATE"};
  for (const CommandRow& row : command_table()) {
    const std::string_view name = row.name.substr(0, row.name.find(' '));
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (row.asks == Asks::kNothing || not_countable.contains(name)) continue;
    if (known.find("\r\n" + lower + "\r\n") == std::string::npos) continue;  // of later versions
    EXPECT_TRUE(measured.contains(name)) << row.name;
  }
}

// All commands that the server knows, none of which may change how replies are paired.
TEST_F(RealServer, CommandsWithoutArgumentsFitTheirRows) {
  RedisLine line(server_.port());
  Dialogue dialogue;
  for (const CommandRow& row : command_table()) {
    const bool ends_it = row.effect != Effect::kNone || row.name == "SHUTDOWN" ||
                         row.name == "FAILOVER" || row.name == "DEBUG" || row.name == "QUIT";
    if (ends_it) continue;
    const std::string bytes = words(row.name);
    dialogue.client(bytes);
    const std::string reply = line.ask(bytes, 1);
    dialogue.server(reply);
    ASSERT_TRUE(dialogue.conversation.is_trusted()) << row.name << " → " << reply.substr(0, 100);
  }
  dialogue.client(words("COMMAND DOCS"));
  dialogue.server(line.ask(words("COMMAND DOCS"), 1));
  EXPECT_TRUE(dialogue.conversation.is_trusted());
}

}  // namespace
}  // namespace hitwatch::resp::test
