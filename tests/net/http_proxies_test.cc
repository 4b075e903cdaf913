// Requests through a real proxy, and through some that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/net/connect_proxy.h"
#include "tests/net/https_server.h"

namespace hitwatch::net {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Proxies through(std::uint16_t port, const std::string& user = "") {
  return *make_proxies("http://" + user + "127.0.0.1:" + std::to_string(port), "");
}

TEST(HttpProxies, PlainRequestsAreInAbsoluteForm) {
  ConnectProxy proxy;
  std::promise<std::string> seen;
  ScriptedPeer peer([&](PeerConnection& client) {
    seen.set_value(client.read_until("news"));
    client.write(ok("taken"));
  });
  HttpRequest request = request_to(peer, "/hook?x=1", "hooks.example");  // the proxy finds it
  request.method = "POST";
  request.body = "news";
  request.proxies = through(proxy.port(), "ada:pa%40ss@");
  const auto answer = fetch(std::move(request));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body, "taken");
  const std::string authority = "hooks.example:" + std::to_string(peer.port());
  EXPECT_THAT(proxy.heads(),
              ElementsAre(AllOf(StartsWith("POST http://" + authority + "/hook?x=1 HTTP/1.1\r\n"),
                                HasSubstr("Host: " + authority + "\r\n"),
                                HasSubstr("Proxy-Authorization: Basic YWRhOnBhQHNz\r\n"))));
  EXPECT_THAT(seen.get_future().get(), StartsWith("POST /hook?x=1 HTTP/1.1\r\n"));
}

TEST(HttpProxies, ExceptionsAreAskedDirectly) {
  ConnectProxy proxy;
  ScriptedPeer peer(answers(ok("direct")));
  HttpRequest request = request_to(peer);
  request.proxies = *make_proxies("http://127.0.0.1:" + std::to_string(proxy.port()), "x.test");
  EXPECT_EQ(fetch(std::move(request))->body, "direct");
  EXPECT_THAT(proxy.heads(), IsEmpty());
}

TEST(HttpProxies, ARedirectMayLeadPastTheProxy) {
  ConnectProxy proxy;
  ScriptedPeer direct(answers(ok("direct")));
  ScriptedPeer first(answers("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:" +
                             std::to_string(direct.port()) + "/\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request = request_to(first, "/", "hooks.example");
  request.max_redirects = 1;
  request.proxies = *make_proxies("http://127.0.0.1:" + std::to_string(proxy.port()), "x.test");
  EXPECT_EQ(fetch(std::move(request))->body, "direct");
  EXPECT_EQ(proxy.heads().size(), 1U);
}

TEST(HttpProxies, ADeadOneIsNamed) {
  std::uint16_t port = 0;
  {
    const ScriptedPeer gone([](PeerConnection&) {});
    port = gone.port();
  }
  HttpRequest request{.url = {.host = "hooks.example", .target = "/"}};
  request.proxies = through(port, "ada:hunter2@");
  const auto answer = fetch(std::move(request));
  EXPECT_EQ(answer.error().reason, Reason::kRefused);
  EXPECT_THAT(answer.error().text, AllOf(HasSubstr("the proxy 127.0.0.1:" + std::to_string(port)),
                                         Not(HasSubstr("hunter2"))));
}

class HttpsProxies : public testing::Test, protected HttpsServer {
 protected:
  HttpRequest tunneled(const ScriptedPeer& peer, std::uint16_t proxy) const {
    HttpRequest made = request(peer, "localhost");
    made.headers = {{"Authorization", "Bearer t0ken"}};
    made.proxies = through(proxy, "ada:pass@");
    return made;
  }
};

TEST_F(HttpsProxies, AreTunneledThrough) {
  ConnectProxy proxy;
  std::promise<std::string> seen;
  ScriptedPeer peer(
      [&](PeerConnection& client) {
        seen.set_value(client.read_until("\r\n\r\n"));
        client.write(ok("secret"));
      },
      context);
  const auto answer = fetch(tunneled(peer, proxy.port()));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body, "secret");
  const std::string address = "localhost:" + std::to_string(peer.port());
  // printf ada:pass | base64
  EXPECT_THAT(proxy.heads(),
              ElementsAre(AllOf(StartsWith("CONNECT " + address + " HTTP/1.1\r\n"),
                                HasSubstr("Host: " + address + "\r\n"),
                                HasSubstr("Basic YWRhOnBhc3M="), Not(HasSubstr("t0ken")))));
  EXPECT_THAT(seen.get_future().get(),
              AllOf(StartsWith("GET / HTTP/1.1\r\n"), HasSubstr("Bearer t0ken"),
                    Not(HasSubstr("Proxy-Authorization"))));
}

TEST_F(HttpsProxies, TheServerIsVerifiedNotTheProxy) {
  ConnectProxy proxy;
  ScriptedPeer peer(answers(ok("secret")), context);
  HttpRequest other = tunneled(peer, proxy.port());
  other.url.host = "other.example";
  const auto answer = fetch(std::move(other));
  EXPECT_EQ(answer.error().reason, Reason::kTls);
  EXPECT_THAT(answer.error().text, HasSubstr("certificate is not accepted"));
}

TEST_F(HttpsProxies, ThatRefuseAreSaidSo) {
  ScriptedPeer peer(answers(ok("secret")), context);
  ScriptedPeer asking(answers("HTTP/1.1 407 Who\r\nContent-Length: 5\r\n\r\nhello"));
  auto answer = fetch(tunneled(peer, asking.port()));
  EXPECT_EQ(answer.error().reason, Reason::kAuth);
  EXPECT_THAT(answer.error().text, AllOf(HasSubstr("HTTP status 407"), HasSubstr("the proxy 127")));
  ScriptedPeer refusing(answers("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  answer = fetch(tunneled(peer, refusing.port()));
  EXPECT_EQ(answer.error().reason, Reason::kError);
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(HttpsProxies, ThatAreNoneAreErrors) {
  using namespace std::chrono_literals;
  ScriptedPeer peer(answers(ok("secret")), context);
  for (const std::string garbage :
       {"220 smtp.example ESMTP\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nmore than a head"}) {
    ScriptedPeer proxy(answers(garbage));
    EXPECT_EQ(fetch(tunneled(peer, proxy.port())).error().reason, Reason::kProtocol) << garbage;
  }
  ScriptedPeer gone(answers(""));
  EXPECT_EQ(fetch(tunneled(peer, gone.port())).error().reason, Reason::kReset);
  ScriptedPeer silent([](PeerConnection& client) { client.wait_for_end(); });
  const auto answer = fetch(tunneled(peer, silent.port()), 100ms);
  EXPECT_EQ(answer.error().reason, Reason::kTimeout);
  EXPECT_THAT(answer.error().text, HasSubstr("waiting for the proxy"));
}

}  // namespace
}  // namespace hitwatch::net
