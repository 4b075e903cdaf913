// A session against servers that answer what no real one can be made to.
#include "collectors/redis/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>
#include <vector>

#include "collectors/redis/login.h"
#include "tests/net/scripted_peer.h"
#include "tests/web/certificates.h"

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

using Result = std::expected<Session::Answer, net::Error>;

class ScriptedSession : public testing::Test {
 protected:
  ~ScriptedSession() override {
    if (session != nullptr) session->close();
  }

  void start(net::ScriptedPeer::Script script, Session::Options options = {},
             std::shared_ptr<SSL_CTX> tls = nullptr) {
    peer = std::make_unique<net::ScriptedPeer>(std::move(script), std::move(tls));
    target.url = net::parse_redis_url("127.0.0.1:" + std::to_string(peer->port())).value();
    session = std::make_shared<Session>(loop.get_executor(), resolver, tls_contexts, target,
                                        std::move(options));
  }
  void ask(Batch batch) {
    session->ask(std::move(batch), [this](Result result) { results.push_back(std::move(result)); });
  }
  void run_until_answered(std::size_t wanted) {
    const auto limit = Session::Clock::now() + 30s;
    loop.restart();
    while (results.size() < wanted && Session::Clock::now() < limit) loop.run_one_for(100ms);
    ASSERT_EQ(results.size(), wanted);
  }
  net::Error only_error() {
    ask(Batch().add({"PING"}));
    run_until_answered(1);
    return results.size() == 1 && !results[0] ? results[0].error() : net::Error{};
  }

  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  Target target;
  std::unique_ptr<net::ScriptedPeer> peer;
  std::shared_ptr<Session> session;
  std::vector<Result> results;
};

constexpr std::string_view kSetName =
    "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$13\r\nhitwatch-keys\r\n";
constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";

TEST(Batch, IsWrittenAsArraysOfBulkStrings) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.add({"GET", ""}).add({"SET", std::string_view("a\0b\r\n", 5)});
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch.bytes(), "*2\r\n$3\r\nGET\r\n$0\r\n\r\n*2\r\n$3\r\nSET\r\n$5\r\na\0b\r\n\r\n"s);
}

TEST_F(ScriptedSession, TellsItsNameFirstAndTakesARefusalForAnAnswer) {
  start([](net::PeerConnection& client) {
    EXPECT_EQ(client.read_until("hitwatch-keys\r\n"), kSetName);
    client.write("-NOPERM this user has no permissions to run the 'client|setname' command\r\n");
    EXPECT_EQ(client.read_until("PING\r\n"), kPing);
    client.write("+PONG\r\n");
    client.wait_for_end();
  });
  ask(Batch().add({"PING"}));
  run_until_answered(1);
  ASSERT_TRUE(results[0]) << results[0].error().text;
  EXPECT_EQ(results[0]->replies.at(0).string(), "PONG");
}

TEST_F(ScriptedSession, AnswersBatchesInTheirOrderHoweverTheRepliesCome) {
  start(
      [](net::PeerConnection& client) {
        client.read_until("PING\r\n");
        client.read_until("LAST\r\n");
        for (const char* piece : {":1\r", "\n:2\r\n-ERR th", "ree\r\n:4", "\r\n"}) {
          client.write(piece);
        }
        client.wait_for_end();
      },
      {.client_name = ""});
  ask(Batch().add({"PING"}).add({"PING"}));
  ask(Batch());
  ask(Batch().add({"PING"}).add({"LAST"}));
  EXPECT_TRUE(results.empty()) << "nobody is called from within ask()";
  run_until_answered(3);
  ASSERT_TRUE(results[0] && results[1] && results[2]);
  EXPECT_THAT(results[0]->replies, SizeIs(0)) << "the one without commands waits for nothing";
  ASSERT_THAT(results[1]->replies, SizeIs(2));
  EXPECT_EQ(results[1]->replies[1].integer, 2);
  ASSERT_THAT(results[2]->replies, SizeIs(2));
  EXPECT_EQ(results[2]->replies[0].text, "ERR three");
  EXPECT_EQ(results[2]->replies[1].integer, 4);
}

TEST_F(ScriptedSession, AServerThatIsFullSaysSoToEveryBatch) {
  start(
      [](net::PeerConnection& client) { client.write("-ERR max number of clients reached\r\n"); });
  const net::Error error = only_error();
  EXPECT_EQ(error.reason, net::Reason::kMaxClients) << error.text;
  ask(Batch().add({"PING"}));
  EXPECT_THAT(results, SizeIs(1)) << "nobody is called from within ask()";
  run_until_answered(2);
  EXPECT_EQ(results[1].error().reason, net::Reason::kMaxClients);
}

TEST_F(ScriptedSession, ProtectedModeIsAMatterOfPasswords) {
  start([](net::PeerConnection& client) {
    client.write("-DENIED Redis is running in protected mode because …\r\n");
    client.wait_for_end();
  });
  EXPECT_EQ(only_error().reason, net::Reason::kAuth);
}

TEST_F(ScriptedSession, ARefusedLoginTellsNothingOfThePassword) {
  target.username = "someone";
  target.password.literal = "open sesame";
  start([](net::PeerConnection& client) {
    client.read_until("sesame\r\n");
    client.write("-ERR no such thing 'open sesame', with args beginning with: 'someone'\r\n");
    client.wait_for_end();
  });
  const net::Error error = only_error();
  EXPECT_EQ(error.reason, net::Reason::kAuth);
  EXPECT_THAT(error.text, HasSubstr("no such thing"));
  EXPECT_THAT(error.text, Not(HasSubstr("sesame")));
  EXPECT_THAT(error.text, Not(HasSubstr("someone")));
}

TEST(AuthError, HidesThePasswordAndNoOtherWord) {
  const auto shown = [](const std::string& password, const std::string& reply) {
    return auth_error(reply, std::vector<std::string>{"AUTH", "u", password}).text;
  };
  const std::string refusal = "WRONGPASS invalid username-password pair or user is disabled.";
  EXPECT_EQ(shown("secret", refusal), refusal) << "the user's name is no secret";
  EXPECT_EQ(shown("u", refusal), refusal);
  EXPECT_EQ(shown("ser", refusal), refusal);
  EXPECT_EQ(shown("u", "ERR no user u, 'u' or uu"), "ERR no user ***, '***' or uu");
  EXPECT_EQ(shown("x!", "ERR x! 'x!' ax! x!a"), "ERR *** '***' ax! ***a");
  EXPECT_EQ(shown("s3cr", "ERR xs3crs3crx s3c"), "ERR x******x s3c");
  EXPECT_EQ(shown("***", "ERR ***"), "ERR ***");
  EXPECT_EQ(shown("", refusal), refusal);
  EXPECT_EQ(shown("sesame", "ERR unknown command 'AUTH', with args beginning with: 'u' 's"),
            "ERR unknown command 'AUTH'");
}

TEST_F(ScriptedSession, APasswordThatCannotBeReadIsAReasonOfItsOwn) {
  target.password.file = "/nowhere/password";
  start([](net::PeerConnection& client) { client.wait_for_end(); });
  EXPECT_EQ(only_error().reason, net::Reason::kSecret);
}

TEST_F(ScriptedSession, ABrokenConnectionFailsAllThatIsUnderWay) {
  start([](net::PeerConnection& client) {
    client.read_until("hitwatch-keys\r\n");
    client.write("+OK\r\n+PONG\r\n");
    client.read_until("PING\r\n");
  });
  ask(Batch().add({"PING"}).add({"PING"}));
  ask(Batch().add({"PING"}));
  run_until_answered(2);
  for (const Result& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, net::Reason::kReset);
  }
}

TEST_F(ScriptedSession, AReplyThatNobodyAskedForEndsIt) {
  start([](net::PeerConnection& client) {
    client.read_until("hitwatch-keys\r\n");
    client.write("+OK\r\n");
    client.read_until("PING\r\n");
    client.write("+PONG\r\n+PONG\r\n");
    client.wait_for_end();
  });
  ask(Batch().add({"PING"}));
  run_until_answered(1);
  EXPECT_TRUE(results[0]);
  loop.run_for(200ms);
  ask(Batch().add({"PING"}));
  run_until_answered(2);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().reason, net::Reason::kProtocol);
}

TEST_F(ScriptedSession, SilenceIsATimeout) {
  start(
      [](net::PeerConnection& client) {
        client.read_until("PING\r\n");
        client.write("*2\r\n:1\r\n");
        client.wait_for_end();
      },
      {.client_name = "", .timeout = 50ms});
  const net::Error error = only_error();
  EXPECT_EQ(error.reason, net::Reason::kTimeout);
  EXPECT_THAT(error.text, HasSubstr("did not answer"));
}

TEST_F(ScriptedSession, ALoginWithoutAnAnswerIsATimeout) {
  start([](net::PeerConnection& client) { client.wait_for_end(); }, {.timeout = 50ms});
  EXPECT_EQ(only_error().reason, net::Reason::kTimeout);
}

TEST_F(ScriptedSession, ALongReplyIsNoSilence) {
  start(
      [](net::PeerConnection& client) {
        client.read_until("PING\r\n");
        client.write("$20\r\n");
        for (int i = 0; i < 20; ++i) {
          std::this_thread::sleep_for(50ms);
          client.write("x");
        }
        client.write("\r\n");
        client.wait_for_end();
      },
      {.client_name = "", .timeout = 700ms, .longest_string = 3});
  ask(Batch().add({"PING"}));
  run_until_answered(1);
  ASSERT_TRUE(results[0]) << results[0].error().text;
  EXPECT_EQ(results[0]->replies.at(0).string(), "xxx");
}

TEST_F(ScriptedSession, APortThatSpeaksTlsIsSaidToDoSo) {
  const web::Certificate own = web::make_certificate("localhost", web::make_authority("Test CA"));
  const std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(tls.get(), own.certificate.get());
  SSL_CTX_use_PrivateKey(tls.get(), own.key.get());
  start([](net::PeerConnection& client) { client.wait_for_end(); }, {}, tls);
  const net::Error error = only_error();
  EXPECT_EQ(error.reason, net::Reason::kTls) << error.text;
  EXPECT_THAT(error.text, HasSubstr("speaks TLS"));
}

TEST_F(ScriptedSession, AServerThatClosesWithoutAWordIsNoTlsServer) {
  start([](net::PeerConnection&) {});
  EXPECT_EQ(only_error().reason, net::Reason::kReset);
}

TEST_F(ScriptedSession, NobodyIsToldAfterItsEnd) {
  start([](net::PeerConnection& client) { client.wait_for_end(); });
  ask(Batch().add({"PING"}));
  ask(Batch());
  session->close();
  ask(Batch().add({"PING"}));
  loop.run_for(100ms);
  EXPECT_THAT(results, SizeIs(0));
}

TEST_F(ScriptedSession, MayBeReleasedFromWithinAnAnswer) {
  start(
      [](net::PeerConnection& client) { client.write("-ERR max number of clients reached\r\n"); });
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    session->ask(Batch().add({"PING"}), [&](const Result&) {
      ++told;
      session->close();
      session = nullptr;
    });
  }
  const auto limit = Session::Clock::now() + 30s;
  while (session != nullptr && Session::Clock::now() < limit) loop.run_one_for(100ms);
  loop.run_for(50ms);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace hitwatch::redis
