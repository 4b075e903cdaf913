// Where redirects lead, and what goes along.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "tests/net/https_server.h"

namespace hitwatch::net {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string redirect(int status, const std::string& location) {
  return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location +
         "\r\nContent-Length: 0\r\n\r\n";
}

// Answers one request after the other, and keeps what came: heads, and the body `news`.
class Site {
 public:
  explicit Site(std::vector<std::string> answers, std::shared_ptr<SSL_CTX> tls = nullptr)
      : answers_(std::move(answers)),
        peer_([this](PeerConnection& client) { serve(client); }, std::move(tls)) {}

  const ScriptedPeer& peer() const { return peer_; }
  std::string url(const std::string& target, const std::string& scheme = "http",
                  const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(peer_.port()) + target;
  }
  std::vector<std::string> seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }

 private:
  void serve(PeerConnection& client) {
    std::string request = client.read_until("\r\n\r\n");
    if (request.contains("Content-Length: 4")) request += client.read_until("news");
    std::size_t index = 0;
    {
      const std::scoped_lock lock(mutex_);
      index = std::min(seen_.size(), answers_.size() - 1);
      seen_.push_back(request);
    }
    client.write(answers_[index]);
  }

  std::vector<std::string> answers_;
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  ScriptedPeer peer_;
};

HttpRequest report_to(const Site& site) {
  HttpRequest request = request_to(site.peer(), "/hook");
  request.method = "POST";
  request.body = "news";
  request.headers = {{"Authorization", "Bearer t0ken"}, {"X-Key", "k3y"}, {"X-Other", "1"}};
  request.secret_headers = {"x-key"};
  request.max_redirects = 10;
  return request;
}

TEST(HttpRedirects, KeepMethodBodyAndHeadersOnTheSameServer) {
  for (const int status : {307, 308}) {
    Site site({redirect(status, "/new?x=1"), ok("taken")});
    const auto answer = fetch(report_to(site));
    ASSERT_TRUE(answer) << answer.error().text;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "taken");
    EXPECT_THAT(site.seen(), ElementsAre(StartsWith("POST /hook "),
                                         AllOf(StartsWith("POST /new?x=1 HTTP/1.1\r\n"),
                                               HasSubstr("\r\n\r\nnews"), HasSubstr("Bearer t0ken"),
                                               HasSubstr("k3y"))));
  }
}

TEST(HttpRedirects, SecretsStayBehindOnTheWayToAnotherServer) {
  Site other({ok("taken")});
  Site site({redirect(307, other.url("/there"))});
  ASSERT_TRUE(fetch(report_to(site)));
  EXPECT_THAT(other.seen(), ElementsAre(AllOf(StartsWith("POST /there "), HasSubstr("\r\n\r\nnews"),
                                              Not(HasSubstr("t0ken")), Not(HasSubstr("k3y")),
                                              HasSubstr("X-Other: 1"))));
}

TEST(HttpRedirects, AnotherNameOfTheServerIsAnotherServer) {
  Site site({redirect(307, "PLACE"), ok("taken")});
  Site named({redirect(307, site.url("/b", "http", "localhost"))});
  ASSERT_TRUE(fetch(report_to(named)));
  EXPECT_THAT(site.seen().front(), Not(HasSubstr("t0ken")));
}

TEST(HttpRedirects, SecretsDoNotComeBack) {
  std::atomic<std::uint16_t> port = 0;
  ScriptedPeer between([&](PeerConnection& client) {
    client.read_until("news");
    client.write(redirect(307, "http://127.0.0.1:" + std::to_string(port) + "/back"));
  });
  Site site(
      {redirect(307, "http://127.0.0.1:" + std::to_string(between.port()) + "/away"), ok("taken")});
  port = site.peer().port();
  ASSERT_TRUE(fetch(report_to(site)));
  EXPECT_THAT(site.seen(), ElementsAre(HasSubstr("t0ken"),
                                       AllOf(StartsWith("POST /back "), Not(HasSubstr("t0ken")),
                                             Not(HasSubstr("k3y")))));
}

TEST(HttpRedirects, ThatChangeTheMethodOfAPostAreAnswers) {
  for (const int status : {301, 302, 303}) {
    Site site({redirect(status, "/new")});
    const auto answer = fetch(report_to(site));
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->header("Location"), "/new");
    EXPECT_EQ(site.seen().size(), 1U);
  }
}

TEST(HttpRedirects, AGetIsAGetAnywhere) {
  for (const int status : {301, 302, 303, 307, 308}) {
    Site site({redirect(status, "/new"), ok("here")});
    HttpRequest request = request_to(site.peer());
    request.max_redirects = 1;
    EXPECT_EQ(fetch(std::move(request))->body, "here");
  }
}

TEST(HttpRedirects, AreNotFollowedUnlessAskedFor) {
  Site site({redirect(307, "/new"), ok("taken")});
  HttpRequest request = report_to(site);
  request.max_redirects = 0;
  EXPECT_EQ(fetch(std::move(request))->status, 307);
}

TEST(HttpRedirects, InACircleEnd) {
  Site site({redirect(307, "/hook")});
  HttpRequest request = report_to(site);
  request.max_redirects = 1000;
  const auto answer = fetch(std::move(request));
  EXPECT_EQ(answer.error().reason, Reason::kProtocol);
  EXPECT_THAT(answer.error().text, HasSubstr("more than 10 times"));
  EXPECT_EQ(site.seen().size(), 11U);
}

TEST(HttpRedirects, ThatLeadNowhereAreErrors) {
  for (const std::string location :
       {"ftp://example.com/", "http://", "http://u:hunter2@example.com/", "http://host:0/"}) {
    Site site({redirect(307, location)});
    const auto answer = fetch(report_to(site));
    ASSERT_FALSE(answer) << location;
    EXPECT_THAT(answer.error().text, AllOf(HasSubstr("leads nowhere"), Not(HasSubstr("hunter2"))));
  }
  Site silent({"HTTP/1.1 307 Elsewhere\r\nContent-Length: 0\r\n\r\n"});
  EXPECT_EQ(fetch(report_to(silent))->status, 307);
}

TEST(HttpRedirects, ShareOneDeadline) {
  using namespace std::chrono_literals;
  ScriptedPeer slow([](PeerConnection& client) {
    client.read_until("news");
    std::this_thread::sleep_for(60ms);
    client.write(redirect(307, "/again"));
  });
  HttpRequest request = request_to(slow);
  request.method = "POST";
  request.body = "news";
  request.max_redirects = 10;
  EXPECT_EQ(fetch(std::move(request), 150ms).error().reason, Reason::kTimeout);
}

class HttpsRedirects : public testing::Test, protected HttpsServer {};

TEST_F(HttpsRedirects, DoNotLeadOutOfTls) {
  Site plain({ok("taken")});
  Site site({redirect(307, plain.url("/"))}, context);
  HttpRequest from = request(site.peer());
  from.max_redirects = 3;
  const auto answer = fetch(std::move(from));
  EXPECT_EQ(answer.error().reason, Reason::kProtocol);
  EXPECT_THAT(answer.error().text, HasSubstr("from https to http"));
  EXPECT_TRUE(plain.seen().empty());
}

TEST_F(HttpsRedirects, MayLeadIntoTls) {
  Site safe({ok("taken")}, context);
  Site site({redirect(308, safe.url("/", "https", "localhost"))});
  HttpRequest from = report_to(site);
  from.tls.ca_file = folder.path("ca.pem");
  from.tls.server_name = "other.example";  // of the first server
  const auto answer = fetch(std::move(from));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body, "taken");
  EXPECT_THAT(safe.seen().front(), Not(HasSubstr("t0ken")));
}

}  // namespace
}  // namespace hitwatch::net
