// Signatures as Standard Webhooks 1.0.0 wants them. The right ones were computed with
//   printf 'ID.TIMESTAMP.BODY' | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY -binary | base64
#include "agent/notify/webhook_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Vector {
  std::string secret, id;
  std::int64_t timestamp;
  std::string body, signature;
};

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all = {
      {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330,
       R"({"test": 2432232314})", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
      {"a plain secret of 31 characters", "msg_1", 1'790'000'000, R"({"status":"firing"})",
       "v1,KL+vwqW1bYu6HXWlcdbFzG0Q6wSldhcblTEjMMrp5mc="},
      {"a plain secret of 31 characters", "msg_1", 1'790'000'000, "",
       "v1,xhlhO0VvuAM1RSGMmH85v4C1nCzq4/Ci74y3E8bEI3c="},
      {"whsec_/////////////////////////////////////////////////////////////////////////////////////"
       "w==",
       "msg_2", 0, "päckchen", "v1,653xYdF0dNU/lSVjiTWiLBI1aMaGS8NFHetMqyfkFtw="},
      {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "msg_3", 1'790'000'001, "x",
       "v1,7mWb3yIaLsvR7dGWObhcbY28LNDkRHA7xv6XDMg5ki4="}};
  return all;
}

TEST(WebhookSignature, IsWhatOpensslComputes) {
  for (const Vector& vector : vectors()) {
    const auto key = webhook_key(vector.secret);
    ASSERT_TRUE(key) << key.error();
    EXPECT_EQ(sign(*key, vector.id, vector.timestamp, vector.body), vector.signature);
    EXPECT_TRUE(verify(*key, vector.id, vector.timestamp, vector.body, vector.signature));
  }
}

TEST(WebhookSignature, CoversIdTimeAndBody) {
  const Vector& vector = vectors()[1];
  const std::string key = *webhook_key(vector.secret);
  EXPECT_FALSE(verify(key, "msg_2", vector.timestamp, vector.body, vector.signature));
  EXPECT_FALSE(verify(key, vector.id, vector.timestamp + 1, vector.body, vector.signature));
  EXPECT_FALSE(verify(key, vector.id, vector.timestamp, "{}", vector.signature));
  EXPECT_FALSE(verify(key + "x", vector.id, vector.timestamp, vector.body, vector.signature));
}

TEST(WebhookSignature, OneOfSeveralIsEnough) {
  const Vector& vector = vectors()[0];
  const std::string key = *webhook_key(vector.secret);
  const auto holds = [&](const std::string& header) {
    return verify(key, vector.id, vector.timestamp, vector.body, header);
  };
  const std::string wrong = "v1,xhlhO0VvuAM1RSGMmH85v4C1nCzq4/Ci74y3E8bEI3c=";
  EXPECT_TRUE(holds(wrong + " " + vector.signature));
  EXPECT_TRUE(holds(vector.signature + " " + wrong));
  EXPECT_TRUE(
      holds("v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3"
            "mNl8EM+m7TBAg==  " +
            vector.signature));
  EXPECT_FALSE(holds(wrong + " " + wrong));
  EXPECT_FALSE(holds(vector.signature.substr(3)));
  EXPECT_FALSE(holds(vector.signature + ","));
  EXPECT_FALSE(holds("v2" + vector.signature.substr(2)));
  EXPECT_FALSE(holds(vector.signature.substr(0, vector.signature.size() - 1)));
  EXPECT_FALSE(holds("v1,"));
  EXPECT_FALSE(holds(" "));
  EXPECT_FALSE(holds(""));
}

TEST(WebhookSignature, ASecretThatIsNoneIsNotRepeated) {
  for (const std::string secret :
       {"", "hunter2", "whsec_hunter2", "whsec_", "whsec_aHVudGVyMg=="}) {
    const auto key = webhook_key(secret);
    ASSERT_FALSE(key) << secret;
    EXPECT_THAT(key.error(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(key.error(), Not(HasSubstr("aHVudGVyMg")));
  }
  EXPECT_THAT(webhook_key("whsec_aHVudGVyMg==").error(), HasSubstr("at least 24 bytes"));
  EXPECT_THAT(webhook_key("whsec_%").error(), HasSubstr("base64"));
}

}  // namespace
}  // namespace hitwatch::notify
