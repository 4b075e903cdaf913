// A session against real servers: its login, long names, a server that goes.
#include "collectors/redis/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>

#include "tests/system/certificates.h"
#include "tests/system/harness.h"

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

using Result = std::expected<Session::Answer, net::Error>;

class ServedSession : public testing::Test {
 protected:
  void open(const std::string& url, Session::Options options = {}) {
    target.url = net::parse_redis_url(url).value();
    session = std::make_shared<Session>(loop.get_executor(), resolver, tls_contexts, target,
                                        std::move(options));
  }
  Result ask(Batch batch) {
    std::optional<Result> answered;
    session->ask(std::move(batch), [&](Result result) { answered = std::move(result); });
    const auto limit = Session::Clock::now() + 30s;
    loop.restart();
    while (!answered && Session::Clock::now() < limit) loop.run_one_for(100ms);
    return answered ? *std::move(answered)
                    : std::unexpected(net::Error{net::Reason::kNone, "nobody was told"});
  }

  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  Target target;
  std::shared_ptr<Session> session;
};

TEST_F(ServedSession, TellsTheServerItsName) {
  const test::RedisServer server;
  open(server.url());
  const Result result = ask(Batch().add({"CLIENT", "GETNAME"}));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->replies.at(0).string(), "hitwatch-keys");
}

TEST_F(ServedSession, LogsInWithThePassword) {
  const test::RedisServer server({"--requirepass", "open sesame"});
  target.password.literal = "open sesame";
  open(server.url());
  const Result result = ask(Batch().add({"PING"}));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->replies.at(0).string(), "PONG");
}

TEST_F(ServedSession, AWrongPasswordIsAnErrorThatDoesNotTellIt) {
  const test::RedisServer server({"--requirepass", "right"});
  target.password.literal = "wrongest";
  open(server.url());
  const Result result = ask(Batch().add({"PING"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, net::Reason::kAuth);
  EXPECT_THAT(result.error().text, Not(HasSubstr("wrongest")));
}

TEST_F(ServedSession, AMissingPasswordIsWhatEveryCommandIsToldOf) {
  const test::RedisServer server({"--requirepass", "right"});
  open(server.url());
  const Result result = ask(Batch().add({"PING"}).add({"DBSIZE"}));
  ASSERT_TRUE(result) << result.error().text;
  for (const Reply& reply : result->replies) {
    EXPECT_EQ(classify_error(reply.text), net::Reason::kAuth) << reply.text;
  }
}

TEST_F(ServedSession, AUserWithFewRightsNeedsNoName) {
  const test::RedisServer server;
  server.command({"ACL", "SETUSER", "reader", "on", ">secret", "+ping"});
  target.username = "reader";
  target.password.literal = "secret";
  open(server.url());
  const Result result = ask(Batch().add({"PING"}).add({"DBSIZE"}));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->replies.at(0).string(), "PONG");
  EXPECT_EQ(classify_error(result->replies.at(1).text), net::Reason::kNoPerm);
}

TEST_F(ServedSession, SpeaksTls) {
  const test::Authority authority;
  const auto certificate = authority.issue("127.0.0.1");
  const test::RedisServer server({"--tls-port", "0", "--tls-cert-file", certificate.cert_file,
                                  "--tls-key-file", certificate.key_file, "--tls-ca-cert-file",
                                  authority.ca_file(), "--tls-auth-clients", "no"});
  server.command({"CONFIG", "SET", "tls-port", std::to_string(test::free_port())});
  const std::string port = server.command({"CONFIG", "GET", "tls-port"});
  target.tls.ca_file = authority.ca_file();
  open("rediss://127.0.0.1:" + port.substr(port.find('\n') + 1));
  const Result result = ask(Batch().add({"PING"}));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->replies.at(0).string(), "PONG");
}

TEST_F(ServedSession, ANameTooLongForAnyReplyIsCut) {
  const test::RedisServer server;
  open(server.url(), {.timeout = 20s, .longest_string = 1000});
  const std::string name(100'000'000, 'n');
  ASSERT_TRUE(ask(Batch().add({"SET", name, "value"})));
  const Result result = ask(Batch().add({"SCAN", "0"}).add({"RANDOMKEY"}).add({"PING"}));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->replies.at(0).elements.at(1).elements.at(0).text, name.substr(0, 1000));
  EXPECT_EQ(result->replies.at(1).text, name.substr(0, 1000));
  EXPECT_EQ(result->replies.at(2).string(), "PONG");
}

TEST_F(ServedSession, ManyCommandsHaveAsManyReplies) {
  const test::RedisServer server;
  open(server.url());
  Batch batch;
  for (int i = 0; i < 20'000; ++i) batch.add({"ECHO", std::to_string(i)});
  const Result result = ask(std::move(batch));
  ASSERT_TRUE(result) << result.error().text;
  ASSERT_THAT(result->replies, SizeIs(20'000));
  EXPECT_EQ(result->replies.back().string(), "19999");
}

TEST_F(ServedSession, ASilentServerIsWaitedForSoLongAndNoLonger) {
  const test::RedisServer server;
  open(server.url(), {.timeout = 200ms});
  ASSERT_TRUE(ask(Batch().add({"PING"})));
  const Result result = ask(Batch().add({"BLPOP", "nothing", "0"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, net::Reason::kTimeout);
}

TEST_F(ServedSession, IsSilentItselfForAsLongAsItLikes) {
  const test::RedisServer server;
  open(server.url(), {.timeout = 100ms});
  ASSERT_TRUE(ask(Batch().add({"PING"})));
  loop.restart();
  loop.run_for(300ms);
  EXPECT_TRUE(ask(Batch().add({"PING"})));
}

TEST_F(ServedSession, EndsWithItsServer) {
  test::RedisServer server;
  open(server.url());
  ASSERT_TRUE(ask(Batch().add({"PING"})));
  server.kill();
  const Result result = ask(Batch().add({"PING"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, net::Reason::kReset);
  server.restart();
  EXPECT_FALSE(ask(Batch().add({"PING"}))) << "it is used once";
}

TEST_F(ServedSession, NobodyListensIsSaidAsItIs) {
  open("redis://127.0.0.1:" + std::to_string(test::free_port()));
  const Result result = ask(Batch().add({"PING"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, net::Reason::kRefused);
}

}  // namespace
}  // namespace hitwatch::redis
