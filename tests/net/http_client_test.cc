// Requests to servers that behave, and to those that do not.
#include "agent/net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/net/https_server.h"

namespace hitwatch::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Answer fetch_from(const ScriptedPeer& peer, std::chrono::milliseconds within = 20s) {
  return fetch(request_to(peer), within);
}

TEST(HttpClient, AsksAsItShould) {
  std::promise<std::string> seen;
  ScriptedPeer peer([&](PeerConnection& client) {
    seen.set_value(client.read_until("\r\n\r\n"));
    client.write(ok("{}", "Content-Type: application/json\r\n"));
  });
  HttpRequest request = request_to(peer, "/stats?full=1");
  request.headers = {{"Authorization", "Bearer t0ken"}};
  const auto answer = fetch(std::move(request));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_EQ(answer->body, "{}");
  const std::string head = seen.get_future().get();
  EXPECT_THAT(head, testing::StartsWith("GET /stats?full=1 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer t0ken\r\n"));
  EXPECT_THAT(head, HasSubstr("Accept-Encoding: identity\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
}

TEST(HttpClient, SendsABody) {
  std::promise<std::string> seen;
  ScriptedPeer peer([&](PeerConnection& client) {
    const std::string head = client.read_until("\r\n\r\n");
    seen.set_value(head + client.read_until("end"));
    client.write(ok(""));
  });
  HttpRequest request = request_to(peer);
  request.method = "POST";
  request.body = "text end";
  ASSERT_TRUE(fetch(std::move(request)));
  const std::string sent = seen.get_future().get();
  EXPECT_THAT(sent, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(sent, testing::EndsWith("\r\n\r\ntext end"));
}

TEST(HttpClient, AnyStatusIsAnAnswer) {
  ScriptedPeer missing(answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(fetch_from(missing)->status, 404);
  ScriptedPeer empty(answers("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(fetch_from(empty)->status, 204);
}

TEST(HttpClient, RedirectsAreNotFollowed) {
  ScriptedPeer peer(answers("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(fetch_from(peer)->status, 302);
  EXPECT_EQ(peer.connections(), 1);
}

TEST(HttpClient, BodiesComeInEveryFraming) {
  ScriptedPeer chunked(answers(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(fetch_from(chunked)->body, "abcde");
  ScriptedPeer until_end(answers("HTTP/1.0 200 OK\r\n\r\nabcde"));
  EXPECT_EQ(fetch_from(until_end)->body, "abcde");
  ScriptedPeer more(answers(ok("abc") + "and more"));
  EXPECT_EQ(fetch_from(more)->body, "abc");
}

TEST(HttpClient, TheAnswerToHeadHasNoBody) {
  ScriptedPeer peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"));
  HttpRequest request = request_to(peer);
  request.method = "HEAD";
  const auto answer = fetch(std::move(request));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body, "");
}

TEST(HttpClient, InterimAnswersAreSkipped) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  ScriptedPeer peer(answers(interim + interim + ok("real")));
  EXPECT_EQ(fetch_from(peer)->body, "real");
  std::string endless;
  for (int i = 0; i < 100; ++i) endless += interim;
  ScriptedPeer teaser(answers(endless));
  EXPECT_EQ(fetch_from(teaser).error().reason, Reason::kProtocol);
}

TEST(HttpClient, NobodyListens) {
  std::uint16_t port = 0;
  {
    const ScriptedPeer gone([](PeerConnection&) {});
    port = gone.port();
  }
  const auto answer = fetch({.url = {.host = "127.0.0.1", .port = port, .target = "/"}});
  EXPECT_EQ(answer.error().reason, Reason::kRefused);
  EXPECT_THAT(answer.error().text, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST(HttpClient, OneOfSeveralAddressesListens) {
  ScriptedPeer peer(answers(ok("here")));  // not on ::1, which localhost may be as well
  EXPECT_EQ(fetch(request_to(peer, "/", "localhost"))->body, "here");
}

TEST(HttpClient, ANameThatDoesNotResolve) {
  const auto answer = fetch({.url = {.host = "no-such-host.invalid", .port = 80, .target = "/"}});
  EXPECT_EQ(answer.error().reason, Reason::kDns);
}

TEST(HttpClient, AServerThatSaysNothingIsLeftAtTheDeadline) {
  ScriptedPeer peer([](PeerConnection& client) { client.wait_for_end(); });
  const auto answer = fetch_from(peer, 100ms);
  EXPECT_EQ(answer.error().reason, Reason::kTimeout);
  EXPECT_THAT(answer.error().text, HasSubstr("waiting for the answer"));
}

TEST(HttpClient, AServerThatTricklesIsLeftAtTheDeadline) {
  ScriptedPeer peer([](PeerConnection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (client.write("x")) std::this_thread::sleep_for(5ms);
  });
  EXPECT_EQ(fetch_from(peer, 100ms).error().reason, Reason::kTimeout);
}

TEST(HttpClient, AHugeHeadIsLeft) {
  const std::string field = "X-Long: " + std::string(1000, 'a') + "\r\n";
  ScriptedPeer peer([&](PeerConnection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\n");
    while (client.write(field)) {
    }
  });
  const auto answer = fetch_from(peer);
  EXPECT_EQ(answer.error().reason, Reason::kProtocol);
  EXPECT_THAT(answer.error().text, HasSubstr("larger than 16 KiB"));
}

TEST(HttpClient, ALineWithoutEndIsLeft) {
  ScriptedPeer peer([](PeerConnection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 ");
    while (client.write(std::string(1000, 'O'))) {
    }
  });
  EXPECT_EQ(fetch_from(peer).error().reason, Reason::kProtocol);
}

TEST(HttpClient, ABodyWithoutEndIsLeft) {
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"}) {
    ScriptedPeer peer([&](PeerConnection& client) {
      client.read_until("\r\n\r\n");
      client.write(head);
      while (client.write(std::string(10'000, 'x'))) {
      }
    });
    HttpRequest request = request_to(peer);
    request.max_body = 100'000;
    const auto answer = fetch(std::move(request));
    EXPECT_EQ(answer.error().reason, Reason::kProtocol) << head;
    EXPECT_THAT(answer.error().text, HasSubstr("larger than 100000 bytes")) << head;
  }
}

TEST(HttpClient, TheBoundOfBodiesItselfIsAllowed) {
  ScriptedPeer peer(answers(ok(std::string(1000, 'x'))));
  HttpRequest request = request_to(peer);
  request.max_body = 1000;
  EXPECT_EQ(fetch(std::move(request))->body.size(), 1000U);
  request = request_to(peer);
  request.max_body = 999;
  EXPECT_EQ(fetch(std::move(request)).error().reason, Reason::kProtocol);
}

TEST(HttpClient, WhatIsNotHttpIsSaidSo) {
  for (const std::string garbage :
       {"-ERR unknown command 'GET'\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    ScriptedPeer peer(answers(garbage));
    const auto answer = fetch_from(peer);
    ASSERT_FALSE(answer) << garbage;
    EXPECT_EQ(answer.error().reason, Reason::kProtocol) << garbage << answer.error().text;
  }
}

TEST(HttpClient, HalfAnAnswerIsNone) {
  for (const std::string half :
       {"", "HT", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"}) {
    ScriptedPeer peer(answers(half));
    const auto answer = fetch_from(peer);
    ASSERT_FALSE(answer) << half;
    EXPECT_EQ(answer.error().reason, Reason::kReset) << half << answer.error().text;
  }
}

TEST(HttpClient, CompressedAnswersAreRefused) {
  for (const std::string coding : {"gzip", "br", "identity, gzip"}) {
    ScriptedPeer peer(answers(ok("x", "Content-Encoding: " + coding + "\r\n")));
    EXPECT_EQ(fetch_from(peer).error().reason, Reason::kProtocol) << coding;
  }
  ScriptedPeer plain(answers(ok("x", "Content-Encoding: Identity\r\n")));
  EXPECT_TRUE(fetch_from(plain));
}

TEST(HttpClient, AHeaderCannotSmuggleAnother) {
  ScriptedPeer peer(answers(ok("")));
  HttpRequest request = request_to(peer);
  request.headers = {{"Authorization", "Bearer hunter2\r\nX-Admin: yes"}};
  const auto answer = fetch(std::move(request));
  EXPECT_EQ(answer.error().reason, Reason::kError);
  EXPECT_THAT(answer.error().text, HasSubstr("Authorization"));
  EXPECT_THAT(answer.error().text, Not(HasSubstr("hunter2")));
  EXPECT_EQ(peer.connections(), 0);
}

TEST(HttpClient, GivesTheHeadersOfTheAnswer) {
  ScriptedPeer peer(answers(
      "HTTP/1.1 503 Busy\r\nretry-after: 120\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n"));
  const auto answer = fetch_from(peer);
  EXPECT_EQ(answer->header("Retry-After"), "120");
  EXPECT_EQ(answer->header("x-a"), "1");
  EXPECT_EQ(answer->header("X-B"), "");
  EXPECT_THAT(answer->headers, testing::Contains(testing::Pair("X-A", "2")));
}

// Who sends wants to know whether something was taken.
HttpRequest report_to(const ScriptedPeer& peer) {
  HttpRequest request = request_to(peer);
  request.method = "POST";
  request.body = "news";
  request.max_body = 1000;
  request.cut_body = true;
  return request;
}

TEST(HttpClient, TheStatusCountsWhateverTheSizeOfTheBody) {
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"}) {
    ScriptedPeer peer([&](PeerConnection& client) {
      client.read_until("news");
      client.write(head);
      while (client.write(std::string(10'000, 'x'))) {
      }
    });
    const auto answer = fetch(report_to(peer));
    ASSERT_TRUE(answer) << head << answer.error().text;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, std::string(1000, 'x')) << head;
  }
}

TEST(HttpClient, TheStatusCountsWhenTheBodyDoesNotEnd) {
  ScriptedPeer silent([](PeerConnection& client) {
    client.read_until("news");
    client.write("HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf");
    client.wait_for_end();
  });
  const auto late = fetch(report_to(silent), 200ms);
  ASSERT_TRUE(late) << late.error().text;
  EXPECT_EQ(late->status, 202);
  EXPECT_EQ(late->body, "half");
  ScriptedPeer gone(answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  EXPECT_EQ(fetch(report_to(gone))->body, "half");
  ScriptedPeer broken(
      answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno number\r\n"));
  EXPECT_EQ(fetch(report_to(broken))->status, 200);
  ScriptedPeer encoded(answers(ok("x", "Content-Encoding: gzip\r\n")));
  EXPECT_EQ(fetch(report_to(encoded))->status, 200);
  EXPECT_EQ(fetch(report_to(encoded))->body, "");
}

TEST(HttpClient, WithoutAStatusNothingCounts) {
  ScriptedPeer silent([](PeerConnection& client) {
    client.read_until("news");
    client.write("HTTP/1.1 200 OK\r\nContent-Le");
    client.wait_for_end();
  });
  EXPECT_EQ(fetch(report_to(silent), 200ms).error().reason, Reason::kTimeout);
  ScriptedPeer gone(answers("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(fetch(report_to(gone)).error().reason, Reason::kReset);
}

TEST(HttpClient, AnAnswerThatComesWholeIsWholeWithABoundToo) {
  ScriptedPeer peer(answers(ok("ok")));
  EXPECT_EQ(fetch(report_to(peer))->body, "ok");
  ScriptedPeer exact(answers(ok(std::string(1000, 'x'))));
  EXPECT_EQ(fetch(report_to(exact))->body.size(), 1000U);
  ScriptedPeer none(answers("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(fetch(report_to(none))->status, 204);
}

TEST(HttpClient, ALargeBodyGoesThroughInBothDirections) {
  const std::string large(300'000, 'y');
  std::promise<std::size_t> seen;
  ScriptedPeer peer([&](PeerConnection& client) {
    seen.set_value(client.read_until("end").size());
    client.write(ok(large));
  });
  HttpRequest request = request_to(peer);
  request.method = "POST";
  request.body = large + "end";
  request.max_body = large.size();
  const auto answer = fetch(std::move(request));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body, large);
  EXPECT_GT(seen.get_future().get(), large.size());
}

class HttpsClient : public testing::Test, protected HttpsServer {};

TEST_F(HttpsClient, AKnownAuthorityIsTrusted) {
  ScriptedPeer peer(answers(ok("secret")), context);
  const auto answer = fetch(request(peer));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body, "secret");
}

TEST_F(HttpsClient, SendsTheNameThatItExpects) {
  std::promise<std::string> name;
  ScriptedPeer peer(
      [&](PeerConnection& client) {
        name.set_value(client.server_name());
        answers(ok(""))(client);
      },
      context);
  ASSERT_TRUE(fetch(request(peer, "localhost")));
  EXPECT_EQ(name.get_future().get(), "localhost");
}

TEST_F(HttpsClient, AnUnknownAuthorityIsNot) {
  ScriptedPeer peer(answers(ok("secret")), context);
  HttpRequest distrusting = request(peer);
  distrusting.tls.ca_file = folder.write("other.pem", web::make_authority("Other CA").pem());
  const auto answer = fetch(std::move(distrusting));
  EXPECT_EQ(answer.error().reason, Reason::kTls);
  EXPECT_THAT(answer.error().text, HasSubstr("certificate is not accepted"));
}

TEST_F(HttpsClient, ACertificateForAnotherNameIsRefused) {
  ScriptedPeer peer(answers(ok("secret")), context);
  HttpRequest other = request(peer);
  other.tls.server_name = "other.example";
  EXPECT_EQ(fetch(other).error().reason, Reason::kTls);
  other.tls.server_name = "localhost";
  EXPECT_TRUE(fetch(other));
  other.tls.server_name = "127.0.0.2";
  EXPECT_EQ(fetch(other).error().reason, Reason::kTls);
}

TEST_F(HttpsClient, VerificationCanBeSwitchedOff) {
  ScriptedPeer peer(answers(ok("secret")), context);
  HttpRequest careless = request(peer);
  careless.tls.ca_file.clear();
  careless.tls.server_name = "other.example";
  careless.tls.insecure_skip_verify = true;
  EXPECT_TRUE(fetch(std::move(careless)));
}

TEST_F(HttpsClient, ShowsItsCertificateWhenAsked) {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.certificate.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ScriptedPeer peer(answers(ok("secret")), context);
  EXPECT_EQ(fetch(request(peer)).error().reason, Reason::kTls);
  const web::Certificate client = web::make_certificate("client", authority);
  HttpRequest known = request(peer);
  known.tls.cert_file = folder.write("client.pem", client.pem());
  known.tls.key_file = folder.write("client.key", client.key_pem());
  const auto answer = fetch(std::move(known));
  EXPECT_TRUE(answer) << answer.error().text;
}

TEST_F(HttpsClient, APortWithoutTlsIsSaidSo) {
  ScriptedPeer peer([](PeerConnection& client) {
    client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.wait_for_end();
  });
  const auto answer = fetch(request(peer));
  EXPECT_EQ(answer.error().reason, Reason::kTls);
  EXPECT_THAT(answer.error().text, HasSubstr("does not seem to speak TLS"));
}

TEST_F(HttpsClient, AHandshakeWithoutEndIsLeftAtTheDeadline) {
  ScriptedPeer peer([](PeerConnection& client) { client.wait_for_end(); });
  const auto answer = fetch(request(peer), 100ms);
  EXPECT_EQ(answer.error().reason, Reason::kTimeout);
  EXPECT_THAT(answer.error().text, HasSubstr("TLS handshake"));
}

TEST_F(HttpsClient, AnExpiredCertificateIsSaidSo) {
  X509_gmtime_adj(X509_getm_notBefore(own.certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(own.certificate.get()), -3600);
  X509_sign(own.certificate.get(), authority.key.get(), EVP_sha256());
  SSL_CTX_use_certificate(context.get(), own.certificate.get());
  ScriptedPeer peer(answers(ok("secret")), context);
  const auto answer = fetch(request(peer));
  EXPECT_EQ(answer.error().reason, Reason::kTls);
  EXPECT_THAT(answer.error().text, HasSubstr("certificate has expired"));
}

TEST_F(HttpsClient, ACutBodyIsNoAnswer) {
  ScriptedPeer peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), context);
  EXPECT_EQ(fetch(request(peer)).error().reason, Reason::kReset);
}

}  // namespace
}  // namespace hitwatch::net
