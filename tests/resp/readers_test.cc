#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "collectors/tap/resp/command_table.h"
#include "collectors/tap/resp/reply_reader.h"
#include "collectors/tap/resp/request_reader.h"

namespace hitwatch::resp::test {
namespace {

using testing::ElementsAre;

// What a reader of replies says of them: "0:int 5", its depth before, "end".
std::vector<std::string> read_all(std::string_view bytes) {
  static constexpr auto kNames =
      std::to_array<const char*>({"simple", "error", "int", "bulk", "null", "array", "map", "set",
                                  "double", "bool", "big", "push", "attribute"});
  ReplyReader reader;
  std::vector<std::string> events;
  for (;;) {
    const ReplyEvent event = reader.next(bytes);
    switch (event.kind) {
      case ReplyEvent::Kind::kMore:
        return events;
      case ReplyEvent::Kind::kBroken:
        events.emplace_back("broken");
        return events;
      case ReplyEvent::Kind::kEnd:
        events.emplace_back("end");
        break;
      case ReplyEvent::Kind::kAsideEnd:
        events.emplace_back("aside end");
        break;
      case ReplyEvent::Kind::kValue: {
        std::string line =
            std::to_string(event.depth) + ":" + kNames[static_cast<std::size_t>(event.type)];
        if (event.number != 0) line += " " + std::to_string(event.number);
        if (!event.text.empty()) line += " " + std::string(event.text);
        if (event.is_aside) line += " aside";
        events.push_back(line);
      }
    }
  }
}

TEST(ReplyReader, ReadsWhatResp2Has) {
  EXPECT_THAT(read_all("+OK\r\n-ERR no\r\n:-5\r\n$3\r\nabc\r\n$-1\r\n*-1\r\n*0\r\n"),
              ElementsAre("0:simple OK", "end", "0:error ERR no", "end", "0:int -5", "end",
                          "0:bulk 3", "end", "0:null", "end", "0:null", "end", "0:array", "end"));
}

TEST(ReplyReader, ReadsWhatResp3Has) {
  EXPECT_THAT(
      read_all("_\r\n#t\r\n,1.5\r\n(12\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n%1\r\n+a\r\n~0\r\n"),
      ElementsAre("0:null", "end", "0:bool t", "end", "0:double 1.5", "end", "0:big 12", "end",
                  "0:bulk 7", "end", "0:error 5", "end", "0:map 2", "1:simple a", "1:set", "end"));
}

TEST(ReplyReader, APushIsNoElementOfWhatItStandsIn) {
  EXPECT_THAT(read_all("*2\r\n:1\r\n>1\r\n*1\r\n:9\r\n:2\r\n>0\r\n"),
              ElementsAre("0:array 2", "1:int 1", "1:push 1 aside", "2:array 1 aside",
                          "3:int 9 aside", "1:int 2", "end", "0:push aside", "aside end"));
}

TEST(ReplyReader, AnAttributeIsNoReply) {
  EXPECT_THAT(
      read_all("|1\r\n+a\r\n:1\r\n*1\r\n|1\r\n+b\r\n:2\r\n:3\r\n"),
      ElementsAre("0:attribute 2 aside", "1:simple a aside", "1:int 1 aside", "0:array 1",
                  "1:attribute 2 aside", "2:simple b aside", "2:int 2 aside", "1:int 3", "end"));
}

TEST(ReplyReader, ReadsStreams) {
  EXPECT_THAT(read_all("$?\r\n;3\r\nabc\r\n;1\r\nx\r\n;0\r\n*?\r\n:1\r\n*?\r\n.\r\n.\r\n:7\r\n"),
              ElementsAre("0:bulk -1", "end", "0:array -1", "1:int 1", "1:array -1", "end",
                          "0:int 7", "end"));
}

TEST(ReplyReader, BreaksOnWhatIsNoReply) {
  for (const std::string_view bytes :
       {"x", "$abc\r\n", "$3\r\nabcde", "$-2\r\n", "*-2\r\n", ".\r\n", "+OK\rx", ":\r\n",
        ":12345678901234567890\r\n", "$99999999999\r\n", "*999999999\r\n", "$1?\r\n", ":--1\r\n"}) {
    EXPECT_EQ(read_all(bytes).back(), "broken") << bytes;
  }
}

TEST(ReplyReader, BoundsHowDeepValuesStand) {
  std::string bytes;
  for (std::size_t i = 0; i < ReplyReader::kMostDepth; ++i) bytes += "*1\r\n";
  EXPECT_EQ(read_all(bytes + ":1\r\n").back(), "end");
  EXPECT_EQ(read_all("*1\r\n" + bytes + ":1\r\n").back(), "broken");
}

TEST(ReplyReader, SkipsOnlyWithinAString) {
  ReplyReader reader;
  std::string_view bytes = "$10\r\nab";
  EXPECT_EQ(reader.next(bytes).number, 10);
  EXPECT_EQ(reader.next(bytes).kind, ReplyEvent::Kind::kMore);
  EXPECT_FALSE(reader.skip(11));
  EXPECT_TRUE(reader.skip(10));
  EXPECT_EQ(reader.next(bytes).kind, ReplyEvent::Kind::kEnd);
  EXPECT_FALSE(reader.skip(1));
}

std::vector<std::string> requests_of(std::string_view bytes) {
  RequestReader reader;
  std::vector<std::string> lines;
  for (;;) {
    const RequestEvent event = reader.next(bytes);
    switch (event.kind) {
      case RequestEvent::Kind::kMore:
        return lines;
      case RequestEvent::Kind::kBroken:
        lines.emplace_back("broken");
        return lines;
      case RequestEvent::Kind::kBegin:
        lines.emplace_back();
        break;
      case RequestEvent::Kind::kArgument:
        if (event.is_first) lines.back() += '[';
        lines.back() += event.bytes;
        if (event.is_last) lines.back() += ']';
        break;
      case RequestEvent::Kind::kEnd:
        lines.back() += '.';
        break;
    }
  }
}

TEST(RequestReader, SplitsInlineCommandsAsRedisDoes) {
  EXPECT_THAT(requests_of("set  a\t\"x \\\"\\n\\x41\\q\" 'it\\'s\\n' pre\"fix\"\r\n"),
              ElementsAre("[set][a][x \"\nAq][it's\\n][prefix]."));
  EXPECT_THAT(requests_of("\"\" ''\n"), ElementsAre("[][]."));
  EXPECT_THAT(requests_of("\r\n\n  \r\nPING\r\n"), ElementsAre("[PING]."));
  EXPECT_EQ(requests_of("a \"b\"c\r\n").back(), "broken");
  EXPECT_EQ(requests_of("a \"b\r\n").back(), "broken");
  EXPECT_EQ(requests_of(std::string(70'000, ' ') + "x\r\n").back(), "broken");
}

TEST(RequestReader, BreaksOnWhatRedisRefuses) {
  for (const std::string_view bytes :
       {"*1\r\n+OK\r\n", "*x\r\n", "*1\r\n$-1\r\n", "*1\r\n$99999999999\r\n", "*9999999999\r\n",
        "*1\r\n$1\r\nab\r\n"}) {
    EXPECT_EQ(requests_of(bytes).back(), "broken") << bytes;
  }
}

TEST(CommandTable, FindsNamesInWhateverCase) {
  for (const CommandRow& row : command_table()) {
    const std::size_t blank = row.name.find(' ');
    std::string lower(row.name);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    const CommandRow& found =
        blank == std::string_view::npos
            ? find_command(lower)
            : find_subcommand(find_command(lower.substr(0, blank)), lower.substr(blank + 1));
    EXPECT_EQ(&found, &row) << row.name;
    EXPECT_EQ(&row_at(index_of(row)), &row);
  }
  EXPECT_EQ(find_command("NOSUCH").name, "");
  EXPECT_EQ(find_command("").name, "");
  EXPECT_EQ(find_subcommand(find_command("CLIENT"), "NOSUCH").name, "CLIENT");
}

}  // namespace
}  // namespace hitwatch::resp::test
