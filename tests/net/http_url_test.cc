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

std::string moved(std::string_view base, std::string_view location) {
  const auto url = resolve_location(*parse_http_url(base), location);
  if (!url) return "";
  return (url->tls ? "https://" : "http://") + url->authority() + url->target;
}

TEST(ResolveLocation, LeadsWhereTheStandardSays) {
  constexpr std::string_view kBase = "https://a:8443/b/c/d?q";
  EXPECT_EQ(moved(kBase, "http://other/x"), "http://other/x");
  EXPECT_EQ(moved(kBase, "//other"), "https://other/");
  EXPECT_EQ(moved(kBase, "/x?y"), "https://a:8443/x?y");
  EXPECT_EQ(moved(kBase, "x"), "https://a:8443/b/c/x");
  EXPECT_EQ(moved(kBase, "x/?y=../z"), "https://a:8443/b/c/x/?y=../z");
  EXPECT_EQ(moved(kBase, "?y"), "https://a:8443/b/c/d?y");
  EXPECT_EQ(moved(kBase, "#fragment"), "https://a:8443/b/c/d?q");
  EXPECT_EQ(moved(kBase, "x#fragment"), "https://a:8443/b/c/x");
  EXPECT_EQ(moved(kBase, "../x"), "https://a:8443/b/x");
  EXPECT_EQ(moved(kBase, "../../../../x"), "https://a:8443/x");
  EXPECT_EQ(moved(kBase, "./"), "https://a:8443/b/c/");
  EXPECT_EQ(moved(kBase, ".."), "https://a:8443/b/");
  EXPECT_EQ(moved(kBase, "/b/../x//y/."), "https://a:8443/x//y/");
  EXPECT_EQ(moved("http://[::1]:81/x", "y"), "http://[::1]:81/y");
  EXPECT_EQ(moved("http://a", "y"), "http://a/y");
}

TEST(ResolveLocation, MayLeadNowhere) {
  for (const std::string_view location :
       {"ftp://a/", "mailto:a", "http://", "//", "http://u:p@a/", "/a b", "x\r\ny", ":"}) {
    EXPECT_EQ(moved("http://a/b", location), "") << location;
  }
}

}  // namespace
}  // namespace hitwatch::net
