// Receivers that misbehave, and what the built daemon makes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>

#include "tests/net/connect_proxy.h"
#include "tests/system/certificates.h"
#include "tests/system/fixed_receiver.h"
#include "tests/system/notify_daemon.h"

namespace hitwatch::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class BadReceivers : public NotifyingDaemon {};

// Until the other side ends the connection.
void wait_for_end(int socket) {
  while (true) {
    pollfd waiting{socket, POLLIN, 0};
    char bytes[4096];
    if (poll(&waiting, 1, 30'000) <= 0 || recv(socket, bytes, sizeof bytes, 0) <= 0) return;
  }
}

TEST_F(BadReceivers, OneThatAnswersTooLateIsTriedAgainAndHoldsUpNobody) {
  const SinkProcess slow({"--json", "--delay", "1m"});
  const SinkProcess good({"--json"});
  start_with(team("    webhook_configs: [{url: '" + slow.url() + "', timeout: 1s}, {url: '" +
                  good.url() + "'}]\n"));
  fire("A");
  EXPECT_TRUE(eventually([&] { return alerts_told(good).size() == 1; })) << log();
  fire("B");
  EXPECT_TRUE(eventually([&] { return alerts_told(good).size() == 2; })) << log();
  EXPECT_TRUE(eventually(
      [&] { return metric(of_team("hitwatch_notifications_failed_attempts_total")) >= 2; }));
  EXPECT_THAT(pending_error(), HasSubstr("time")) << list("pending");
  EXPECT_EQ(metric(of_team("hitwatch_notifications_pending")), 2);
  EXPECT_THAT(list("dead"), IsEmpty());
}

TEST_F(BadReceivers, OneWhoseAnswerNeverEndsHasAccepted) {
  const FixedReceiver endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
                              wait_for_end);
  start_with(team(webhook(endless.url(), "timeout: 1s")));
  fire("A");
  EXPECT_TRUE(daemon_->shows(of_team("hitwatch_notifications_sent_total") + " 1")) << log();
  EXPECT_EQ(metric(of_team("hitwatch_notifications_failed_attempts_total")), 0);
  EXPECT_THAT(list("pending"), IsEmpty());
}

TEST_F(BadReceivers, OneThatClosesWithoutAnAnswerIsTriedAgain) {
  const FixedReceiver rude("");
  start_with(team(webhook(rude.url())));
  fire("A");
  EXPECT_TRUE(eventually([&] { return !pending_error().empty(); })) << log();
  EXPECT_THAT(list("dead"), IsEmpty());
}

TEST_F(BadReceivers, TroubleIsSaidOnceAndThatItIsOver) {
  const SinkProcess sink({"--json", "--fail", "3", "--status", "503"});
  start_with(team(webhook(sink.url() + "geheim-token")));
  fire("A");
  EXPECT_TRUE(eventually([&] { return log().contains("a receiver answers again"); })) << log();
  EXPECT_EQ(occurrences(log(), "a receiver does not accept notifications"), 1);
  EXPECT_THAT(log(), AllOf(HasSubstr("receiver=team/webhook[0]"),
                           HasSubstr("reason=\"HTTP status 503: The sink was told to fail.\""),
                           Not(HasSubstr("geheim"))));
}

TEST_F(BadReceivers, OneThatSpeaksNoHttpIsTriedAgainAndSaid) {
  const FixedReceiver other("220 mail.example ESMTP\r\n");
  start_with(team(webhook(other.url())));
  fire("A");
  EXPECT_TRUE(eventually([&] { return pending_error().contains("HTTP"); })) << pending_error();
}

// Kilobytes.
long peak_memory(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return -1;
}

TEST_F(BadReceivers, OfAHugeAnswerOnlyTheBeginningIsRead) {
  std::atomic<std::size_t> taken = 0;
  constexpr std::size_t kGigabyte = 1U << 30;
  const FixedReceiver huge(
      "HTTP/1.1 500 Oops\r\nContent-Length: " + std::to_string(kGigabyte) + "\r\n\r\n",
      [&](int socket) {
        const std::string chunk(1 << 16, 'x');
        for (std::size_t sent = 0; sent < kGigabyte;) {
          const ssize_t count = send(socket, chunk.data(), chunk.size(), MSG_NOSIGNAL);
          if (count <= 0) return;
          sent += static_cast<std::size_t>(count);
          taken += static_cast<std::size_t>(count);
        }
      });
  start_with(team(webhook(huge.url())));
  const long before = peak_memory(daemon_->process().pid());
  fire("A");
  EXPECT_TRUE(eventually([&] { return pending_error().contains("HTTP status 500: xxx"); }));
  // What lies in the buffers of both sockets is sent, too.
  EXPECT_LT(taken, std::size_t{64} << 20);
  EXPECT_LT(peak_memory(daemon_->process().pid()) - before, 64 << 10);
  EXPECT_LT(pending_error().size(), 1000U);
}

std::string redirect(const std::string& status, const std::string& to) {
  return "HTTP/1.1 " + status + " Elsewhere\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n";
}

constexpr const char* kToken = "geheim-token";
const std::string kWithToken = std::string("authorization: {credentials: ") + kToken + "}";

TEST_F(BadReceivers, ARedirectToAnotherHostIsFollowedWithoutTheCredentials) {
  const FixedReceiver there("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const FixedReceiver here(redirect("307", there.url() + "elsewhere"));
  start_with(team(webhook(here.url(), "http_config: {" + kWithToken + "}")));
  fire("A");
  EXPECT_TRUE(daemon_->shows(of_team("hitwatch_notifications_sent_total") + " 1")) << log();
  EXPECT_THAT(here.requests(), HasSubstr(kToken));
  EXPECT_THAT(there.requests(), AllOf(HasSubstr("POST /elsewhere HTTP/1.1"),
                                      HasSubstr("webhook-id: "), Not(HasSubstr(kToken))));
}

TEST_F(BadReceivers, ARedirectIsNotFollowedIfThatIsConfigured) {
  const FixedReceiver there("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const FixedReceiver here(redirect("307", there.url()));
  start_with(team(webhook(here.url(), "http_config: {follow_redirects: false}")));
  fire("A");
  EXPECT_TRUE(eventually([&] { return pending_error().contains("HTTP status 307"); })) << log();
  EXPECT_THAT(there.requests(), IsEmpty());
}

TEST_F(BadReceivers, ARedirectThatWouldMakeAGetOfAPostIsNotFollowed) {
  const FixedReceiver there("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (const char* status : {"301", "302", "303"}) {
    const FixedReceiver here(redirect(status, there.url()));
    start_with(team(webhook(here.url())));
    fire(std::string("A") + status);
    EXPECT_TRUE(eventually([&] {
      return pending_error().contains(std::string("HTTP status ") + status);
    })) << log();
    std::filesystem::remove_all(data());
  }
  EXPECT_THAT(there.requests(), IsEmpty());
}

TEST_F(BadReceivers, RedirectsInACircleEndAndAreTriedAgain) {
  const FixedReceiver circle(redirect("308", "/again"));
  start_with(team(webhook(circle.url())));
  fire("A");
  EXPECT_TRUE(eventually([&] { return !pending_error().empty(); })) << log();
  EXPECT_THAT(list("dead"), IsEmpty());
}

// The sink behind TLS with a certificate that can be replaced.
class TlsReceiver {
 public:
  TlsReceiver(const Authority::Certificate& certificate, int port)
      : server_(certificate.cert_file.c_str(), certificate.key_file.c_str()) {
    server_.Post("/", [this](const auto& request, auto& response) {
      const std::scoped_lock lock(mutex_);
      bodies_.push_back(request.body);
      response.status = 200;
    });
    EXPECT_TRUE(server_.bind_to_port("127.0.0.1", port));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    eventually([this] { return server_.is_running(); });
  }
  ~TlsReceiver() {
    server_.stop();
    thread_.join();
  }
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  std::vector<std::string> bodies() const {
    const std::scoped_lock lock(mutex_);
    return bodies_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
  httplib::SSLServer server_;
  std::thread thread_;
};

TEST_F(BadReceivers, AnExpiredCertificateIsSaidUntilItIsRenewed) {
  const Authority authority;
  const int port = free_port();
  start_with(team(webhook("https://127.0.0.1:" + std::to_string(port) + "/",
                          "http_config: {tls_config: {ca_file: '" + authority.ca_file() + "'}}")));
  {
    const TlsReceiver expired(authority.issue("127.0.0.1", -1), port);
    fire("A");
    EXPECT_TRUE(eventually([&] { return pending_error().contains("certificate has expired"); }))
        << pending_error();
    const Finished shown = run_to_end({hitwatch_binary(), "notify", "pending", "--url",
                                       "http://127.0.0.1:" + std::to_string(daemon_->port())});
    EXPECT_THAT(shown.output, HasSubstr("certificate has expired"));
    EXPECT_THAT(log(), HasSubstr("certificate has expired"));
    EXPECT_THAT(expired.bodies(), IsEmpty());
  }
  const TlsReceiver renewed(authority.issue("127.0.0.1"), port);
  EXPECT_TRUE(eventually([&] { return renewed.bodies().size() == 1; })) << pending_error();
  EXPECT_TRUE(daemon_->shows(of_team("hitwatch_notifications_sent_total") + " 1"));
}

// --- proxies ---

// A name that only the proxy can find: it goes to 127.0.0.1, whatever it is asked for.
std::string at_name(const std::string& name, const SinkProcess& sink) {
  return "http://" + name + ":" + std::to_string(sink.port()) + "/";
}

class Proxies : public NotifyingDaemon {
 protected:
  std::string proxy_url(const std::string& user = "") const {
    return "http://" + user + "127.0.0.1:" + std::to_string(proxy_.port());
  }
  void expect_told() {
    fire("A");
    EXPECT_TRUE(eventually([&] { return alerts_told(sink_).size() == 1; }))
        << pending_error() << log();
  }

  const SinkProcess sink_{{"--json"}};
  net::ConnectProxy proxy_;
};

TEST_F(Proxies, ProxyUrlIsTheWayToAReceiver) {
  start_with(team(webhook(at_name("receiver.invalid", sink_),
                          "http_config: {proxy_url: '" + proxy_url("ada:geheim@") + "'}")));
  expect_told();
  ASSERT_FALSE(proxy_.heads().empty());
  EXPECT_THAT(proxy_.heads()[0],
              AllOf(HasSubstr("POST http://receiver.invalid:"),
                    HasSubstr("Proxy-Authorization: Basic YWRhOmdlaGVpbQ==\r\n")));
  EXPECT_THAT(log(), Not(HasSubstr("geheim")));
}

TEST_F(Proxies, HttpsGoesThroughATunnel) {
  const Authority authority;
  const int port = free_port();
  const TlsReceiver receiver(authority.issue("receiver.invalid"), port);
  start_with(
      team(webhook("https://receiver.invalid:" + std::to_string(port) + "/",
                   "http_config: {proxy_url: '" + proxy_url() + "', tls_config: {ca_file: '" +
                       authority.ca_file() + "'}, " + kWithToken + "}")));
  fire("A");
  EXPECT_TRUE(eventually([&] { return receiver.bodies().size() == 1; })) << pending_error();
  ASSERT_FALSE(proxy_.heads().empty());
  EXPECT_THAT(proxy_.heads()[0],
              AllOf(HasSubstr("CONNECT receiver.invalid:"), Not(HasSubstr(kToken))));
}

TEST_F(Proxies, NoProxyNamesWhoIsReachedDirectly) {
  start_with(team(webhook(at_name("127.0.0.1", sink_), "http_config: {proxy_url: '" + proxy_url() +
                                                           "', no_proxy: '127.0.0.0/8'}")));
  expect_told();
  EXPECT_THAT(proxy_.heads(), IsEmpty());
}

TEST_F(Proxies, TheEnvironmentIsReadIfThatIsConfigured) {
  const Process::Environment environment{{"HTTP_PROXY", proxy_url()},
                                         {"NO_PROXY", "elsewhere.invalid"}};
  configure(team(
      webhook(at_name("receiver.invalid", sink_), "http_config: {proxy_from_environment: true}")));
  start(environment);
  expect_told();
  EXPECT_THAT(proxy_.heads(), ElementsAre(HasSubstr("POST http://receiver.invalid:")));
}

TEST_F(Proxies, TheEnvironmentIsNotReadOtherwise) {
  configure(team(webhook(at_name("receiver.invalid", sink_))));
  start({{"HTTP_PROXY", proxy_url()}, {"http_proxy", proxy_url()}});
  fire("A");
  EXPECT_TRUE(eventually([&] { return !pending_error().empty(); }));
  EXPECT_THAT(proxy_.heads(), IsEmpty());
}

TEST_F(Proxies, AProxyThatIsDownIsSaidAndTheMessageWaits) {
  start_with(team(webhook(sink_.url(), "http_config: {proxy_url: 'http://ada:geheim@127.0.0.1:" +
                                           std::to_string(free_port()) + "'}")));
  fire("A");
  EXPECT_TRUE(eventually([&] { return pending_error().contains("proxy"); })) << pending_error();
  EXPECT_THAT(pending_error(), Not(HasSubstr("geheim")));
  EXPECT_THAT(alerts_told(sink_), IsEmpty());
}

TEST_F(Proxies, HeadersForProxiesAreRefusedByName) {
  configure(team(webhook(sink_.url(), "http_config: {proxy_url: '" + proxy_url() +
                                          "', proxy_connect_header: {X-A: [geheim]}}")));
  const Finished checked =
      run_to_end({hitwatch_binary(), "check", "config", dir_.path("hitwatch.yaml")});
  EXPECT_NE(checked.code, 0);
  EXPECT_THAT(checked.output, AllOf(HasSubstr("proxy_connect_header"), Not(HasSubstr("geheim"))));
}

}  // namespace
}  // namespace hitwatch::test
