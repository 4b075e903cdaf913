// Who gets in with a name and a password.
#include <crypt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <array>
#include <future>

#include "agent/web/auth.h"
#include "agent/web/server.h"
#include "tests/web/raw_client.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::web {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;

// At the lowest cost, so that tests under sanitizers do not take long.
std::string bcrypt(const char* password, const char* kind = "$2b$", unsigned long cost = 4) {
  crypt_data state{};
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  crypt_gensalt_rn(kind, cost, nullptr, 0, salt.data(), salt.size());
  return crypt_r(password, salt.data(), &state);
}

class BasicAuth : public testing::Test {
 protected:
  void SetUp() override {
    write_users("alice: " + bcrypt("wonderland") + "\n  bob: " + bcrypt("builder", "$2y$"));
    auto server = Server::start(
        {.listen_address = "127.0.0.1:0",
         .web_config_file = folder_.path("web.yml"),
         .admits =
             [](const Request& request) {
               return request.path == "/open" && request.header("Authorization") == "Bearer right";
             },
         .web_config_check = 0ms},
        [](const Request& request, const Reply& reply) {
          reply({.body = request.path + request.body, .headers = {{"X-User", request.user}}});
        });
    if (!server) throw std::runtime_error(server.error());
    server_ = std::move(*server);
  }

  void write_users(const std::string& users) const {
    folder_.write("web.yml", "basic_auth_users:\n  " + users + "\n");
  }

  int status_for(const std::string& user, const std::string& password) const {
    httplib::Client client("127.0.0.1", server_->port());
    client.set_basic_auth(user, password);
    const auto result = client.Get("/x");
    return result ? result->status : 0;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Server> server_;
};

TEST_F(BasicAuth, TheRightPasswordGetsIn) {
  EXPECT_EQ(status_for("alice", "wonderland"), 200);
  EXPECT_EQ(status_for("bob", "builder"), 200);
}

TEST_F(BasicAuth, AWrongOneDoesNot) {
  EXPECT_EQ(status_for("alice", "Wonderland"), 401);
  EXPECT_EQ(status_for("alice", ""), 401);
  EXPECT_EQ(status_for("bob", "wonderland"), 401);
  EXPECT_EQ(status_for("alice", std::string("wonderland\0x", 12)), 401);
}

TEST_F(BasicAuth, NoPasswordIsAskedFor) {
  httplib::Client client("127.0.0.1", server_->port());
  const auto result = client.Get("/x");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 401);
  EXPECT_THAT(result->get_header_value("WWW-Authenticate"), StartsWith("Basic realm="));
  EXPECT_EQ(server_->counters().password_checks, 0U);
}

TEST_F(BasicAuth, AnUnknownUserCostsAsMuchAsAWrongPassword) {
  EXPECT_EQ(status_for("mallory", "wonderland"), 401);
  EXPECT_EQ(server_->counters().password_checks, 1U);
  EXPECT_EQ(status_for("alice", "wrong"), 401);
  EXPECT_EQ(server_->counters().password_checks, 2U);
}

TEST_F(BasicAuth, ARightPasswordIsCheckedOnce) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_for("alice", "wonderland"), 200);
  EXPECT_EQ(server_->counters().password_checks, 1U);
}

TEST_F(BasicAuth, AWrongPasswordIsNotRemembered) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_for("alice", "wrong"), 401);
  EXPECT_EQ(server_->counters().password_checks, 3U);
}

TEST_F(BasicAuth, AChangedPasswordReplacesTheRememberedOne) {
  EXPECT_EQ(status_for("alice", "wonderland"), 200);
  write_users("alice: " + bcrypt("looking-glass"));
  EXPECT_EQ(status_for("alice", "wonderland"), 401);
  EXPECT_EQ(status_for("alice", "looking-glass"), 200);
  EXPECT_EQ(status_for("bob", "builder"), 401);
}

TEST_F(BasicAuth, ARequestWaitsWithItsBodyForItsPassword) {
  httplib::Client client("127.0.0.1", server_->port());
  client.set_basic_auth("alice", "wonderland");
  const auto result = client.Post("/x", "-body", "text/plain");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "/x-body");
}

TEST_F(BasicAuth, AClientMayLeaveWhileItsPasswordIsChecked) {
  {
    RawClient client(server_->port());
    client.send(
        "GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YWxpY2U6d29uZGVybGFuZA==\r\n\r\n");
  }
  EXPECT_EQ(status_for("alice", "wonderland"), 200);
}

TEST_F(BasicAuth, TheServerMayEndWhileAPasswordIsChecked) {
  RawClient client(server_->port());
  client.send(
      "GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YWxpY2U6d29uZGVybGFuZA==\r\n\r\n");
  server_.reset();
}

TEST_F(BasicAuth, TheHandlerLearnsWhoAsks) {
  httplib::Client client("127.0.0.1", server_->port());
  client.set_basic_auth("alice", "wonderland");
  // The second answer comes from memory, without a check.
  for (int i = 0; i < 2; ++i) {
    const auto result = client.Get("/x");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->get_header_value("X-User"), "alice");
  }
}

TEST_F(BasicAuth, TheOwnerMayAdmitARequestWithoutAPassword) {
  httplib::Client client("127.0.0.1", server_->port());
  client.set_bearer_token_auth("right");
  const auto admitted = client.Get("/open");
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->status, 200);
  EXPECT_EQ(admitted->get_header_value("X-User"), "");
  EXPECT_EQ(client.Get("/x")->status, 401);
  EXPECT_EQ(server_->counters().password_checks, 0U);
}

TEST_F(BasicAuth, WhoIsNotAdmittedStillHasThePassword) {
  httplib::Client client("127.0.0.1", server_->port());
  client.set_bearer_token_auth("wrong");
  EXPECT_EQ(client.Get("/open")->status, 401);
  client.set_bearer_token_auth("");
  client.set_basic_auth("bob", "builder");
  const auto result = client.Get("/open");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->get_header_value("X-User"), "bob");
}

std::string basic(const std::string& base64) { return "Basic " + base64; }

TEST(Authorization, IsTakenApart) {
  const auto given = parse_basic_authorization(basic("YWxpY2U6d29uOmRlcg=="));  // alice:won:der
  ASSERT_TRUE(given);
  EXPECT_EQ(given->user, "alice");
  EXPECT_EQ(given->password, "won:der");
  EXPECT_TRUE(parse_basic_authorization("bAsIc   YTo="));
}

TEST(Authorization, MalformedIsNobody) {
  for (const std::string text : {"", "Basic", "Basic ", "Bearer YTo=", "Basic YQ==", "Basic Y!To=",
                                 "Basic =YTo", "BasicYTo="}) {
    EXPECT_FALSE(parse_basic_authorization(text)) << text;
  }
}

TEST(Authentication, TooManyWaitingAreToldSo) {
  // The first password's answer is held back until the queue behind it is full.
  std::promise<void> go_on;
  const auto may_go_on = go_on.get_future().share();
  std::promise<void> first_checked;
  Authenticator authenticator;
  const auto users = std::make_shared<const Users>(Users{{"a", bcrypt("right")}});
  ASSERT_FALSE(authenticator.check(basic("YTp3cm9uZw=="), users, [&](Verdict) {
    first_checked.set_value();
    may_go_on.wait();
  }));
  first_checked.get_future().wait();
  std::atomic<int> answered = 0;
  for (std::size_t i = 0; i < Authenticator::kMaxWaiting; ++i) {
    ASSERT_FALSE(authenticator.check(basic("YTp3cm9uZw=="), users, [&](Verdict) { ++answered; }));
  }
  EXPECT_EQ(authenticator.check(basic("YTp3cm9uZw=="), users, [](Verdict) {}), Verdict::kBusy);
  go_on.set_value();
  EXPECT_TRUE(eventually([&] { return answered == int{Authenticator::kMaxWaiting}; }));
}

TEST(Authentication, TheSamePasswordWaitingTwiceIsCheckedOnce) {
  Authenticator authenticator;
  const auto users = std::make_shared<const Users>(Users{{"a", bcrypt("right")}});
  std::atomic<int> accepted = 0;
  int asked = 0;
  for (int i = 0; i < 10; ++i) {
    const auto known = authenticator.check(basic("YTpyaWdodA=="), users, [&](Verdict verdict) {
      if (verdict == Verdict::kAccepted) ++accepted;
    });
    if (!known) ++asked;
  }
  EXPECT_TRUE(eventually([&] { return accepted == asked; }));
  EXPECT_EQ(authenticator.password_checks(), 1U);
}

TEST(Authentication, NobodyIsAskedWithoutUsers) {
  Authenticator authenticator;
  EXPECT_EQ(authenticator.check("", std::make_shared<const Users>(), [](Verdict) {}),
            Verdict::kAccepted);
}

}  // namespace
}  // namespace hitwatch::web
