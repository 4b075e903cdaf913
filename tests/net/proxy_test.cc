// Which proxy a URL goes through.
#include "agent/net/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace hitwatch::net {
namespace {

using testing::HasSubstr;
using testing::Not;

HttpUrl url(std::string_view text) { return *parse_http_url(text); }

TEST(ProxyUrl, NamesHostPortAndPassword) {
  EXPECT_EQ(parse_proxy_url("http://proxy.example:3128"),
            (Proxy{.host = "proxy.example", .port = 3128, .authorization = ""}));
  EXPECT_EQ(parse_proxy_url("HTTP://proxy.example/")->port, 80);
  EXPECT_EQ(parse_proxy_url("http://[::1]:3128")->address(), "[::1]:3128");
  // printf 'ada:pa:ss@/' | base64
  EXPECT_EQ(
      parse_proxy_url("http://ada:pa:ss%40%2F@proxy.example:3128"),
      (Proxy{.host = "proxy.example", .port = 3128, .authorization = "Basic YWRhOnBhOnNzQC8="}));
  // printf 'ada:' | base64
  EXPECT_EQ(parse_proxy_url("http://ada@proxy.example")->authorization, "Basic YWRhOg==");
}

TEST(ProxyUrl, WhatIsNoneIsRefusedWithoutRepeatingIt) {
  for (const std::string_view text :
       {"", "proxy.example:3128", "https://u:hunter2@proxy.example",
        "socks5://hunter2@proxy.example", "http://u:hunter2@",
        "http://u:hunter2@proxy.example/path", "http://u:hunter2@p.example?q",
        "http://u:hunter2%@proxy.example", "http://proxy.example:hunter2", "http://u@b c"}) {
    const auto proxy = parse_proxy_url(text);
    ASSERT_FALSE(proxy) << text;
    EXPECT_THAT(proxy.error(), Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(DirectHosts, FollowTheRulesOfNoProxy) {
  struct Case {
    std::string_view list;
    std::string_view url;
    bool direct;
  };
  for (const auto& [list, text, direct] : std::initializer_list<Case>{
           {"", "http://example.com/", false},
           {"*", "http://example.com/", true},
           {"example.com", "http://example.com/", true},
           {"example.com", "https://EXAMPLE.com./", true},
           {"Example.Com", "http://hooks.example.com/", true},
           {"example.com", "http://notexample.com/", false},
           {"example.com", "http://example.com.evil.test/", false},
           {".example.com", "http://hooks.example.com/", true},
           {".example.com", "http://example.com/", false},
           {"*.example.com", "http://hooks.example.com/", true},
           {"*.example.com", "http://example.com/", false},
           {"other.test, example.com ,x", "http://example.com/", true},
           {"example.com:8080", "http://example.com:8080/", true},
           {"example.com:8080", "http://example.com/", false},
           {"example.com:443", "https://example.com/", true},
           {"10.1.2.3", "http://10.1.2.3/", true},
           {"10.1.2.3", "http://10.1.2.4/", false},
           {"10.1.2.3:90", "http://10.1.2.3/", false},
           {"10.1.2.3:90", "http://10.1.2.3:90/", true},
           {"10.0.0.0/8", "http://10.9.8.7/", true},
           {"10.0.0.0/8", "http://11.9.8.7/", false},
           {"192.168.4.0/22", "http://192.168.7.255/", true},
           {"192.168.4.0/22", "http://192.168.8.0/", false},
           {"0.0.0.0/0", "http://8.8.8.8/", true},
           {"0.0.0.0/0", "http://[2001:db8::1]/", false},
           {"2001:db8::/32", "http://[2001:db8:1::2]/", true},
           {"2001:db8::/32", "http://[2001:db9::2]/", false},
           {"[2001:db8::1]:81", "http://[2001:db8::1]:81/", true},
           {"[2001:db8::1]:81", "http://[2001:db8::1]/", false},
           {"2001:db8::1", "http://[2001:db8:0::1]/", true},
           {"", "http://localhost:9093/", true},
           {"", "http://127.8.9.1/", true},
           {"", "http://[::1]/", true},
           {"10.0.0.0/33,10.0.0.0/x,/8,host:port,.,*.", "http://10.0.0.1/", false},
       }) {
    EXPECT_EQ(DirectHosts(list).contains(url(text)), direct) << list << " | " << text;
  }
}

TEST(Proxies, OneForEverythingButTheExceptions) {
  const auto proxies = make_proxies("http://proxy.example:3128", "example.com");
  ASSERT_TRUE(proxies);
  EXPECT_EQ(proxies->of(url("http://other.test/"))->port, 3128);
  EXPECT_EQ(proxies->of(url("https://other.test/"))->port, 3128);
  EXPECT_EQ(proxies->of(url("https://example.com/")), nullptr);
  EXPECT_EQ(proxies->of(url("http://127.0.0.1/")), nullptr);
  EXPECT_FALSE(make_proxies("socks5://proxy.example", ""));
}

TEST(Proxies, WithoutExceptionsLoopbackGoesThroughItToo) {
  EXPECT_NE(make_proxies("http://proxy.example", "")->of(url("http://127.0.0.1/")), nullptr);
}

TEST(Proxies, ThereIsNoneByDefault) {
  EXPECT_EQ(Proxies().of(url("http://example.com/")), nullptr);
}

std::expected<Proxies, std::string> from(const std::map<std::string, std::string>& variables) {
  return proxies_from_environment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Proxies, ComeFromTheEnvironment) {
  const auto proxies = from({{"HTTP_PROXY", "http://a.example:1"},
                             {"http_proxy", "http://b.example:2"},
                             {"HTTPS_PROXY", ""},
                             {"https_proxy", "c.example:3"},
                             {"no_proxy", "direct.test"}});
  ASSERT_TRUE(proxies) << proxies.error();
  EXPECT_EQ(proxies->of(url("http://example.com/"))->address(), "a.example:1");
  EXPECT_EQ(proxies->of(url("https://example.com/"))->address(), "c.example:3");
  EXPECT_EQ(proxies->of(url("https://direct.test/")), nullptr);
  EXPECT_EQ(proxies->of(url("https://localhost/")), nullptr);
  EXPECT_EQ(from({})->of(url("http://example.com/")), nullptr);
  EXPECT_EQ(from({{"HTTP_PROXY", "http://a.example"}})->of(url("https://example.com/")), nullptr);
}

TEST(Proxies, ABrokenVariableIsNamed) {
  const auto proxies = from({{"https_proxy", "socks5://u:hunter2@a.example"}});
  ASSERT_FALSE(proxies);
  EXPECT_THAT(proxies.error(), HasSubstr("HTTPS_PROXY"));
  EXPECT_THAT(proxies.error(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace hitwatch::net
