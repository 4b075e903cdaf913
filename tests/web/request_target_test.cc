#include "agent/web/request_target.h"

#include <gtest/gtest.h>

namespace hitwatch::web {
namespace {

// "path|name=value|name=value", or "broken".
std::string parsed(std::string_view target) {
  std::string path;
  std::vector<Header> query;
  if (!parse_request_target(target, path, query)) return "broken";
  for (const Header& parameter : query) path += "|" + parameter.name + "=" + parameter.value;
  return path;
}

TEST(RequestTarget, IsDecoded) {
  EXPECT_EQ(parsed("/"), "/");
  EXPECT_EQ(parsed("/a%2Fb+c"), "/a/b+c");
  EXPECT_EQ(parsed("/m?b=2&a=1&b=3"), "/m|b=2|a=1|b=3");
  EXPECT_EQ(parsed("/m?target=redis%3A%2F%2Fh%3A6379&x=a+b%2B"), "/m|target=redis://h:6379|x=a b+");
  EXPECT_EQ(parsed("/m?flag&&empty=&=v&a=b=c"), "/m|flag=|empty=|=v|a=b=c");
  EXPECT_EQ(parsed("/m?a=?"), "/m|a=?");
  EXPECT_EQ(parsed("/m?"), "/m");
}

TEST(RequestTarget, MayBeAbsoluteOrAStar) {
  EXPECT_EQ(parsed("http://host:9121/m?a=1"), "/m|a=1");
  EXPECT_EQ(parsed("http://host"), "/");
  EXPECT_EQ(parsed("http://host?a=1"), "/|a=1");
  EXPECT_EQ(parsed("*"), "*");
}

TEST(RequestTarget, MayBeBroken) {
  for (const char* target : {"", "host:80", "relative/path", "/%", "/%4", "/%g0", "/?a=%0x",
                             "/?%=1", "/%00", "/?a=%00"}) {
    EXPECT_EQ(parsed(target), "broken") << target;
  }
}

}  // namespace
}  // namespace hitwatch::web
