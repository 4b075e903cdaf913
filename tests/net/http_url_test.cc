#include "agent/net/http_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HttpUrl, HasItsPartsAndDefaults) {
  EXPECT_EQ(parse_http_url("http://app:3001/health/cache?full=1"),
            (HttpUrl{.host = "app", .port = 3001, .target = "/health/cache?full=1"}));
  EXPECT_EQ(parse_http_url("https://app.example"),
            (HttpUrl{.tls = true, .host = "app.example", .port = 443, .target = "/"}));
  EXPECT_EQ(parse_http_url("HTTP://127.0.0.1?a=b"),
            (HttpUrl{.host = "127.0.0.1", .port = 80, .target = "/?a=b"}));
  EXPECT_EQ(parse_http_url("http://[::1]:8080/x"),
            (HttpUrl{.host = "::1", .port = 8080, .target = "/x"}));
}

TEST(HttpUrl, SaysWhereItLeads) {
  EXPECT_EQ(parse_http_url("http://[::1]/x")->address(), "[::1]:80");
  EXPECT_EQ(parse_http_url("http://[::1]/x")->authority(), "[::1]");
  EXPECT_EQ(parse_http_url("https://a")->authority(), "a");
  EXPECT_EQ(parse_http_url("https://a:80")->authority(), "a:80");
}

TEST(HttpUrl, NeedsAScheme) {
  for (const char* text : {"app:3001", "//app", "ftp://app", "http:/app", "httpsx://app", "app"}) {
    EXPECT_THAT(parse_http_url(text).error(), HasSubstr("http:// or https://")) << text;
  }
  EXPECT_FALSE(parse_http_url(""));
}

TEST(HttpUrl, AUserOrPasswordIsRefusedAndNotRepeated) {
  for (const char* text :
       {"http://bob:hunter2@app/", "http://hunter2@app", "http://bob:hunter2/x@app/",
        "https://bob:hunter2 @app", "http://bob:hunter2#@app", "http://bob:hunter2"}) {
    const auto url = parse_http_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error(), Not(HasSubstr("hunter2"))) << text;
  }
  EXPECT_TRUE(parse_http_url("http://app/?mail=a@b"));
}

TEST(HttpUrl, BadHostsAndPortsAreRefused) {
  for (const char* text :
       {"http://", "http:///x", "http://:80/", "http://a b/", "http://a\r\nX: y/", "http://a:0/",
        "http://a:65536/", "http://a:/", "http://a:8o/", "http://a:-1/", "http://::1/",
        "http://[::1/", "http://[::g]/", "http://[::1]80/", "http://caf\xc3\xa9/", "http://a/#top",
        "http://a/\x7f", "http://a!b/"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
  EXPECT_FALSE(parse_http_url("http://" + std::string(254, 'a') + "/"));
  EXPECT_FALSE(parse_http_url("http://a/" + std::string(4096, 'a')));
}

}  // namespace
}  // namespace hitwatch::net
