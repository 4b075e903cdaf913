// Clients that are slow, silent or many do not stop the server from answering others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>

#include "agent/web/server.h"
#include "tests/web/raw_client.h"

namespace hitwatch::web {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;

constexpr std::string_view kGetX = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

std::unique_ptr<Server> serve_with(Options options, Handler handler = nullptr) {
  options.listen_address = "127.0.0.1:0";
  if (!handler) {
    handler = [](const Request& request, const Reply& reply) { reply({.body = request.path}); };
  }
  auto server = Server::start(std::move(options), std::move(handler));
  if (!server) throw std::runtime_error(server.error());
  return std::move(*server);
}

bool is_served(const Server& server) {
  RawClient client(server.port());
  client.send(kGetX);
  return client.response().ends_with("/x");
}

// A test of 512 connections holds both ends of them.
void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(SlowClients, TwoHundredHalfOpenOnesDoNotDelayAnother) {
  const auto server = serve_with({});
  std::vector<RawClient> half_open;
  for (int i = 0; i < 200; ++i) {
    half_open.emplace_back(server->port());
    half_open.back().send("GET / HTTP/1.1\r\nHost:");
  }
  EXPECT_TRUE(is_served(*server));
  EXPECT_EQ(server->counters().connections_dropped, 0U);
}

TEST(SlowClients, ATrickledHeadIsDroppedThoughEveryByteIsInTime) {
  const auto server = serve_with({.read_timeout = 300ms});
  RawClient slow(server->port());
  ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\nX: "));
  int bytes = 0;
  while (!slow.closed_within(10ms)) {
    slow.send("x");
    ASSERT_LT(++bytes, 3000) << "trickling puts the deadline off";
    ASSERT_TRUE(is_served(*server));
  }
  EXPECT_GE(bytes, 1);
  EXPECT_EQ(server->counters().connections_dropped, 1U);
}

TEST(SlowClients, ATrickledBodyIsDroppedToo) {
  const auto server = serve_with({.read_timeout = 300ms});
  RawClient slow(server->port());
  slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  for (int bytes = 0; !slow.closed_within(10ms); slow.send("x")) ASSERT_LT(++bytes, 3000);
  EXPECT_EQ(server->counters().connections_dropped, 1U);
}

TEST(SlowClients, AClientThatSaysNothingIsDropped) {
  const auto server = serve_with({.read_timeout = 100ms});
  RawClient silent(server->port());
  EXPECT_EQ(silent.until_closed(), "");
  EXPECT_EQ(server->counters().connections_dropped, 1U);
}

TEST(SlowClients, AnIdleConnectionIsDropped) {
  const auto server = serve_with({.idle_timeout = 100ms});
  RawClient client(server->port());
  client.send(kGetX);
  EXPECT_THAT(client.response(), EndsWith("/x"));
  EXPECT_EQ(client.until_closed(), "");
}

TEST(SlowClients, OneThatNeverReadsItsResponseIsDropped) {
  const auto server =
      serve_with({.write_timeout = 500ms}, [](const Request& request, const Reply& reply) {
        if (request.path == "/x") return reply({.body = "/x"});
        reply({.body = std::string(50 << 20, 'x')});
      });
  RawClient greedy(server->port(), 4096);
  greedy.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->counters().requests == 1; }));
  EXPECT_TRUE(is_served(*server));
  EXPECT_TRUE(eventually([&] { return server->counters().connections_dropped == 1; }));
  EXPECT_TRUE(is_served(*server));
  EXPECT_LT(greedy.until_closed().size(), std::size_t{50 << 20});
}

TEST(SlowClients, TheOneIdleLongestMakesRoomForThe513th) {
  allow_many_descriptors();
  const auto server = serve_with({});
  std::vector<RawClient> clients;
  for (int i = 0; i < 512; ++i) {
    clients.emplace_back(server->port());
    ASSERT_TRUE(clients.back().send(kGetX));
    ASSERT_THAT(clients.back().response(), EndsWith("/x"));
  }
  EXPECT_EQ(server->counters().connections_open, 512U);
  EXPECT_EQ(server->counters().connections_dropped, 0U);
  EXPECT_TRUE(is_served(*server));
  EXPECT_EQ(clients[0].until_closed(), "");
  clients[1].send(kGetX);
  EXPECT_THAT(clients[1].response(), EndsWith("/x"));
  EXPECT_EQ(server->counters().connections_dropped, 1U);
}

TEST(SlowClients, AFullHouseOfHalfOpenOnesDoesNotKeepAnyoneOut) {
  const auto server = serve_with({.max_connections = 8});
  std::vector<RawClient> half_open;
  for (int i = 0; i < 20; ++i) {
    half_open.emplace_back(server->port());
    half_open.back().send("GET / HTTP/1.1\r\n");
  }
  EXPECT_TRUE(is_served(*server));
}

TEST(SlowClients, AFullHouseOfThoseThatDoNotReadDoesNotKeepAnyoneOut) {
  const auto server =
      serve_with({.max_connections = 4}, [](const Request& request, const Reply& reply) {
        reply({.body = request.path == "/x" ? "/x" : std::string(20 << 20, 'x')});
      });
  std::vector<RawClient> greedy;
  for (unsigned i = 0; i < 4; ++i) {
    greedy.emplace_back(server->port(), 4096);
    greedy.back().send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server->counters().requests == i + 1; }));
  }
  EXPECT_TRUE(is_served(*server));
}

TEST(SlowClients, ThoseBeingAnsweredAreNotPushedOut) {
  std::promise<Reply> first;
  const auto server = serve_with(
      {.max_connections = 1}, [&](const Request&, const Reply& reply) { first.set_value(reply); });
  RawClient client(server->port());
  client.send(kGetX);
  const Reply reply = first.get_future().get();
  RawClient refused(server->port());
  EXPECT_EQ(refused.until_closed(), "");
  reply({.body = "answered"});
  EXPECT_THAT(client.response(), EndsWith("answered"));
}

}  // namespace
}  // namespace hitwatch::web
