// What a well-behaved client gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <cstdlib>

#include "agent/net/gzip.h"
#include "agent/web/server.h"
#include "tests/web/raw_client.h"

namespace hitwatch::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::unique_ptr<Server> serve(Handler handler, Options options = {}) {
  if (options.listen_address.empty()) options.listen_address = "127.0.0.1:0";
  auto server = Server::start(std::move(options), std::move(handler));
  if (!server) throw std::runtime_error(server.error());
  return std::move(*server);
}

// Answers with what it understood of the request.
void echo(const Request& request, const Reply& reply) {
  std::string text = request.method + " " + request.path;
  for (const Header& parameter : request.query) {
    text += " " + parameter.name + "=" + parameter.value;
  }
  if (!request.body.empty()) text += " body:" + request.body;
  reply({.body = text});
}

TEST(Requests, GetIsAnswered) {
  const auto server = serve(echo);
  httplib::Client client("127.0.0.1", server->port());
  const auto result = client.Get("/metrics?target=a%20b&x=1");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "GET /metrics target=a b x=1");
  EXPECT_EQ(result->get_header_value("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_FALSE(result->has_header("Server"));
  EXPECT_EQ(server->counters().requests, 1U);
}

// By length and in chunks; whether it may is known from the head alone.
TEST(Requests, SomeMaySendMoreThanOthers) {
  Options options;
  options.max_body = 1000;
  options.max_body_of = [](const Request& head) -> std::size_t {
    EXPECT_EQ(head.body, "");
    return head.path == "/large" && head.header("X-Key") == "yes" ? 5000 : 0;
  };
  const auto server =
      serve([](const Request& request,
               const Reply& reply) { reply({.body = std::to_string(request.body.size())}); },
            std::move(options));
  httplib::Client client("127.0.0.1", server->port());
  const auto post = [&](const char* path, const char* key, std::size_t size, bool in_chunks) {
    const std::string body(size, 'x');
    const httplib::Headers headers{{"X-Key", key}};
    const auto result = in_chunks ? client.Post(
                                        path, headers,
                                        [&](std::size_t offset, httplib::DataSink& sink) {
                                          const std::size_t piece =
                                              std::min<std::size_t>(700, size - offset);
                                          sink.write(body.data() + offset, piece);
                                          if (offset + piece == size) sink.done();
                                          return true;
                                        },
                                        "text/plain")
                                  : client.Post(path, headers, body, "text/plain");
    return result ? result->status : 0;
  };
  for (const bool in_chunks : {false, true}) {
    EXPECT_EQ(post("/small", "no", 1000, in_chunks), 200);
    EXPECT_EQ(post("/small", "yes", 1001, in_chunks), 413);
    EXPECT_EQ(post("/large", "no", 1001, in_chunks), 413);
    EXPECT_EQ(post("/large", "yes", 1001, in_chunks), 200);
    EXPECT_EQ(post("/large", "yes", 5000, in_chunks), 200);
    EXPECT_EQ(post("/large", "yes", 5001, in_chunks), 413);
  }
}

TEST(Requests, TheHandlerSeesHeadersBodyAndClient) {
  Request seen;
  const auto server = serve([&](const Request& request, const Reply& reply) {
    seen = request;
    reply({.status = 202, .content_type = "application/json", .body = "{}"});
  });
  httplib::Client client("127.0.0.1", server->port());
  const auto result = client.Post("/v1/events", {{"X-Own", "yes"}}, "payload", "text/plain");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 202);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "payload");
  EXPECT_EQ(seen.header("x-own"), "yes");
  EXPECT_EQ(seen.header("absent"), "");
  EXPECT_EQ(seen.sole_header("x-own"), "yes");
  EXPECT_FALSE(seen.tls);
  EXPECT_EQ(seen.parameter("absent"), nullptr);
  EXPECT_TRUE(seen.from_loopback);
  EXPECT_THAT(seen.client, StartsWith("127.0.0.1:"));
}

TEST(Requests, TheSoleHeaderOfANameIsTheOnlyOneOrNone) {
  Request request;
  request.headers = {{"a", "1"}, {"b", "2"}, {"A", "3"}};
  EXPECT_EQ(request.header("a"), "1");
  EXPECT_EQ(request.sole_header("a"), "");
  EXPECT_EQ(request.sole_header("B"), "2");
  EXPECT_EQ(request.sole_header("c"), "");
}

TEST(Requests, AConnectionIsKeptForFurtherOnes) {
  std::vector<std::string> clients;
  const auto server = serve([&](const Request& request, const Reply& reply) {
    clients.push_back(request.client);
    reply({.body = "ok"});
  });
  httplib::Client client("127.0.0.1", server->port());
  client.set_keep_alive(true);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.Get("/"));
  EXPECT_EQ(clients[0], clients[2]);
  EXPECT_EQ(server->counters().connections_open, 1U);
}

TEST(Requests, ConnectionCloseIsHonoured) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.until_closed(), HasSubstr("Connection: close\r\n"));
  client.disconnect();
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  EXPECT_EQ(server->counters().connections_dropped, 0U);
}

TEST(Requests, Http10ClosesUnlessAskedNotTo) {
  const auto server = serve(echo);
  RawClient closing(server->port());
  closing.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_THAT(closing.until_closed(), EndsWith("GET /old"));
  RawClient keeping(server->port());
  keeping.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(keeping.response(), HasSubstr("Connection: keep-alive\r\n"));
  keeping.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(keeping.response(), EndsWith("GET /2"));
}

TEST(Requests, PipelinedOnesAreAnsweredInOrder) {
  const auto server = serve(echo);
  RawClient client(server->port());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(client.response(), EndsWith("GET /" + std::to_string(i)));
  }
}

TEST(Requests, HeadGetsTheHeadOfGet) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(true), HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(client.response(), EndsWith("GET /next"));  // no body came in between
}

TEST(Requests, NoContentHasNeitherBodyNorLength) {
  const auto server = serve([](const Request&, const Reply& reply) {
    reply({.status = 204, .content_type = "", .body = "not sent"});
  });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.until_closed(), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(Requests, AClientThatWaitsForContinueIsToldTo) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("data");
  EXPECT_THAT(client.response(), EndsWith("POST /p body:data"));
}

TEST(Requests, ChunkedBodiesArePutTogether) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("body:abcde"));
}

TEST(Requests, AHeadMayComeByteByByte) {
  const auto server = serve(echo);
  RawClient client(server->port());
  for (const char c : std::string("\r\nGET /slow HTTP/1.1\r\nHost: a\r\n\r\n")) {
    client.send(std::string(1, c));
  }
  EXPECT_THAT(client.response(), EndsWith("GET /slow"));
}

TEST(Requests, UnknownMethodsReachTheHandler) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("BREW /tea HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("BREW /tea"));
}

TEST(Requests, AHandlersHeadersCannotStartNewLines) {
  const auto server = serve([](const Request&, const Reply& reply) {
    reply({.body = "ok", .headers = {{"X-A", "1\r\nX-B: 2"}}});
  });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(), HasSubstr("X-A: 1  X-B: 2\r\n"));
}

Handler large_body(std::size_t size) {
  return [size](const Request&, const Reply& reply) { reply({.body = std::string(size, 'x')}); };
}

TEST(Requests, LargeBodiesAreGzippedForThoseWhoAcceptIt) {
  // The second is compressed in slices.
  for (const std::size_t size : {std::size_t{50'000}, std::size_t{5'000'000}}) {
    const auto server = serve(large_body(size));
    httplib::Client client("127.0.0.1", server->port());
    const auto result = client.Get("/", {{"Accept-Encoding", "gzip"}});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->get_header_value("Content-Encoding"), "gzip");
    EXPECT_EQ(result->get_header_value("Vary"), "Accept-Encoding");
    EXPECT_LT(std::stoul(result->get_header_value("Content-Length")), size / 10);
    EXPECT_EQ(result->body, std::string(size, 'x'));
  }
}

TEST(Requests, GzipWithWeightZeroIsRefused) {
  const auto server = serve(large_body(50'000));
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0\r\n\r\n");
  const std::string response = client.response();
  EXPECT_THAT(response, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(response, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_THAT(response, EndsWith(std::string(50'000, 'x')));
}

TEST(Requests, SmallAndAlreadyEncodedBodiesAreLeftAlone) {
  const auto server = serve([](const Request& request, const Reply& reply) {
    if (request.path == "/small") return reply({.body = std::string(1000, 'x')});
    reply({.body = std::string(5000, 'x'), .headers = {{"content-encoding", "br"}}});
  });
  RawClient client(server->port());
  for (const std::string path : {"/small", "/encoded"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_THAT(client.response(), Not(HasSubstr("Content-Encoding: gzip"))) << path;
  }
}

TEST(Requests, EveryInterfaceMeansBothFamilies) {
  const auto server = serve(echo, {.listen_address = ":0"});
  httplib::Client v4("127.0.0.1", server->port());
  EXPECT_TRUE(v4.Get("/"));
  httplib::Client v6("::1", server->port());
  EXPECT_TRUE(v6.Get("/"));
}

TEST(Requests, AMappedAddressIsShownAsIPv4) {
  Request seen;
  const auto server = serve(
      [&](const Request& request, const Reply& reply) {
        seen = request;
        reply({.body = "ok"});
      },
      {.listen_address = ":0"});
  httplib::Client client("127.0.0.1", server->port());
  ASSERT_TRUE(client.Get("/"));
  EXPECT_THAT(seen.client, StartsWith("127.0.0.1:"));
  EXPECT_TRUE(seen.from_loopback);
}

TEST(Listening, AnAddressInUseIsNamed) {
  const auto server = serve(echo);
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  const auto second = Server::start({.listen_address = address}, echo);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("cannot listen on " + address));
  EXPECT_THAT(second.error(), HasSubstr("another program listens there"));
}

TEST(Listening, AnAddressOfAnotherMachineIsNamed) {
  const auto server = Server::start({.listen_address = "192.0.2.1:0"}, echo);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error(), HasSubstr("no interface of this machine has the address"));
}

TEST(Listening, ABadAddressIsRefused) {
  const auto server = Server::start({.listen_address = "localhost"}, echo);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error(), HasSubstr("the port is missing"));
}

}  // namespace
}  // namespace hitwatch::web
