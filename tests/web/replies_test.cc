// Replies that come late, elsewhere, twice, or never.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "agent/web/server.h"
#include "tests/web/raw_client.h"

namespace hitwatch::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGetRoot = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::unique_ptr<Server> serve_logging(Handler handler,
                                      std::function<void(std::string)> log = nullptr) {
  auto server =
      Server::start({.listen_address = "127.0.0.1:0", .log = std::move(log)}, std::move(handler));
  if (!server) throw std::runtime_error(server.error());
  return std::move(*server);
}

TEST(Replies, MayComeFromAnotherThread) {
  std::vector<std::jthread> threads;
  const auto server = serve_logging([&](const Request&, const Reply& reply) {
    threads.emplace_back([reply] { reply({.body = "from elsewhere"}); });
  });
  RawClient client(server->port());
  for (int i = 0; i < 20; ++i) {
    client.send(kGetRoot);
    ASSERT_THAT(client.response(), EndsWith("from elsewhere"));
  }
}

TEST(Replies, MayComeFromPostedWork) {
  std::unique_ptr<Server> server;
  server = serve_logging([&](const Request&, const Reply& reply) {
    server->post([reply] { reply({.body = "posted"}); });
  });
  RawClient client(server->port());
  client.send(kGetRoot);
  EXPECT_THAT(client.response(), EndsWith("posted"));
}

TEST(Replies, DroppedUnusedAnswer500) {
  const auto server = serve_logging([](const Request&, const Reply&) {});
  RawClient client(server->port());
  client.send(kGetRoot);
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 500 "));
  client.send(kGetRoot);  // the connection is still good
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 500 "));
}

TEST(Replies, DroppedOnAnotherThreadAnswer500) {
  std::jthread other;
  const auto server = serve_logging([&](const Request&, Reply reply) {
    other = std::jthread([held = std::move(reply)]() mutable { held = nullptr; });
  });
  RawClient client(server->port());
  client.send(kGetRoot);
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 500 "));
}

TEST(Replies, CountOnce) {
  const auto server = serve_logging([](const Request&, const Reply& reply) {
    reply({.body = "first"});
    reply({.body = "second"});
  });
  RawClient client(server->port());
  client.send(kGetRoot);
  EXPECT_THAT(client.response(), EndsWith("first"));
  client.send(kGetRoot);
  EXPECT_THAT(client.response(), EndsWith("first"));
}

TEST(Replies, AHandlerThatThrowsAnswers500AndKeepsItsSecret) {
  std::promise<std::string> logged;
  const auto server =
      serve_logging([](const Request&, const Reply&) { throw std::runtime_error("inner detail"); },
                    [&](std::string text) { logged.set_value(std::move(text)); });
  RawClient client(server->port());
  client.send(kGetRoot);
  const std::string response = client.response();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(response, Not(HasSubstr("inner detail")));
  EXPECT_THAT(logged.get_future().get(), HasSubstr("inner detail"));
}

TEST(Replies, AHandlerMayThrowWhileItsReplyIsHeld) {
  std::vector<Reply> held;
  const auto server = serve_logging([&](const Request&, Reply reply) {
    held.push_back(std::move(reply));
    throw 7;  // not even an exception
  });
  RawClient client(server->port());
  client.send(kGetRoot);
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 500 "));
}

TEST(Replies, AreForgottenWhenTheClientHasGone) {
  std::promise<Reply> pending;
  const auto server = serve_logging([&](const Request& request, const Reply& reply) {
    if (request.path == "/held") return pending.set_value(reply);
    reply({.body = "other"});
  });
  {
    RawClient client(server->port());
    client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    const Reply reply = pending.get_future().get();
    client.disconnect();
    reply({.body = std::string(1 << 20, 'x')});
  }
  EXPECT_TRUE(eventually([&] { return server->counters().connections_open == 0; }));
  RawClient next(server->port());
  next.send(kGetRoot);
  EXPECT_THAT(next.response(), EndsWith("other"));
}

TEST(Replies, MayOutliveTheServer) {
  std::promise<Reply> pending;
  auto server =
      serve_logging([&](const Request&, const Reply& reply) { pending.set_value(reply); });
  RawClient client(server->port());
  client.send(kGetRoot);
  Reply reply = pending.get_future().get();
  server.reset();
  EXPECT_EQ(client.until_closed(), "");
  reply({.body = "too late"});
  reply = nullptr;
}

TEST(Replies, MayBeGivenWhileTheServerEnds) {
  for (int round = 0; round < 20; ++round) {
    std::promise<Reply> pending;
    auto server =
        serve_logging([&](const Request&, const Reply& reply) { pending.set_value(reply); });
    RawClient client(server->port());
    client.send(kGetRoot);
    std::jthread other(
        [reply = pending.get_future().get()] { reply({.body = "just in time, or not"}); });
    server.reset();
  }
}

TEST(Replies, HeldByPostedWorkDoNotKeepAServerFromEnding) {
  auto server = serve_logging([](const Request&, const Reply&) {});
  server->post([] { throw std::runtime_error("posted work may fail"); });
  server->post([] {});
  server.reset();
}

}  // namespace
}  // namespace hitwatch::web
