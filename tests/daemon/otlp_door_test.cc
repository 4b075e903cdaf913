// Who may send OTLP metrics, and what they are answered.
#include "agent/otlp_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/net/gzip.h"
#include "collectors/apps/otlp_wire.h"
#include "tests/apps/otlp_messages.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Response = opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceResponse;

constexpr const char* kProtobuf = "application/x-protobuf";
constexpr const char* kJson = "application/json";

class OtlpDoorTest : public testing::Test {
 protected:
  OtlpDoorTest() {
    apps::OtlpOptions options;
    options.enabled = true;
    options.token.literal = "right";
    door.configure(options);
  }
  static web::Request request(std::string body, const std::string& type,
                              std::vector<web::Header> headers = {},
                              const std::string& token = "right") {
    web::Request made;
    made.method = "POST";
    made.path = "/v1/metrics";
    made.headers = std::move(headers);
    if (!type.empty()) made.headers.push_back({"Content-Type", type});
    if (!token.empty()) made.headers.push_back({"Authorization", "Bearer " + token});
    made.body = std::move(body);
    return made;
  }
  std::uint64_t refused(DoorRefusal refusal) const {
    return door.counters().refused[static_cast<std::size_t>(refusal)];
  }
  // The code and the message of a google.rpc.Status.
  static std::pair<std::uint64_t, std::string> status_of(const web::Response& response) {
    std::pair<std::uint64_t, std::string> status;
    apps::WireReader reader(response.body);
    apps::WireField field;
    while (reader.next(field)) {
      if (field.tag == apps::wire_tag(1, apps::WireType::kVarint)) status.first = field.number;
      if (field.tag == apps::wire_tag(2, apps::WireType::kBytes)) status.second = field.bytes;
    }
    EXPECT_FALSE(reader.has_failed());
    return status;
  }

  lookups::Store store{{}, {}, std::chrono::steady_clock::now()};
  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  OtlpDoor door{store, log};
};

TEST_F(OtlpDoorTest, FullSuccessIsAnEmptyResponse) {
  apps::OtlpBuilder builder;
  builder.sum("cache.hits", 5);
  const auto protobuf = door.take(request(builder.bytes(), kProtobuf));
  EXPECT_EQ(protobuf.status, 200);
  EXPECT_EQ(protobuf.content_type, kProtobuf);
  EXPECT_EQ(protobuf.body, "");
  const auto in_json = door.take(request("{}", "application/json; charset=utf-8"));
  EXPECT_EQ(in_json.status, 200);
  EXPECT_EQ(in_json.content_type, kJson);
  EXPECT_EQ(json::parse(in_json.body), json::object());
  EXPECT_EQ(door.counters().points.points, 1U);
}

TEST_F(OtlpDoorTest, PartialSuccessSaysHowManyAndWhy) {
  apps::OtlpBuilder builder;
  builder.sum("cache.hits", -5);
  builder.sum("cache.misses", 5);
  const auto answer = door.take(request(builder.bytes(), kProtobuf));
  EXPECT_EQ(answer.status, 200);
  Response response;
  ASSERT_TRUE(response.ParseFromString(answer.body));
  EXPECT_EQ(response.partial_success().rejected_data_points(), 1);
  EXPECT_EQ(response.partial_success().error_message(),
            "1 point (cache.hits): no number, one below zero, or one out of bounds");
}

TEST_F(OtlpDoorTest, GzipIsUnpacked) {
  apps::OtlpBuilder builder;
  builder.sum("cache.hits", 5);
  const std::string packed = net::Gzip().compress(builder.bytes());
  EXPECT_EQ(door.take(request(packed, kProtobuf, {{"Content-Encoding", "gzip"}})).status, 200);
  EXPECT_EQ(door.counters().points.points, 1U);
  const auto cut =
      request(packed.substr(0, packed.size() / 2), kProtobuf, {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(door.take(cut).status, 400);
  EXPECT_EQ(refused(DoorRefusal::kEncoding), 1U);
}

TEST_F(OtlpDoorTest, FaultsAreAStatusInTheEncodingOfTheRequest) {
  const auto protobuf = door.take(request("\xff", kProtobuf));
  EXPECT_EQ(protobuf.status, 400);
  EXPECT_EQ(protobuf.content_type, kProtobuf);
  EXPECT_EQ(status_of(protobuf).first, 3U);
  EXPECT_THAT(status_of(protobuf).second, HasSubstr("ExportMetricsServiceRequest"));
  const auto in_json = door.take(request("[]", kJson));
  EXPECT_EQ(in_json.status, 400);
  EXPECT_EQ(json::parse(in_json.body)["code"], 3);
  EXPECT_EQ(refused(DoorRefusal::kBody), 2U);
}

TEST_F(OtlpDoorTest, WithoutATokenOnlyThisMachineMaySend) {
  apps::OtlpOptions options;
  options.enabled = true;
  door.configure(options);
  web::Request near = request("", kProtobuf, {}, "");
  near.from_loopback = true;
  EXPECT_EQ(door.take(near).status, 200);
  EXPECT_TRUE(door.trusts(near));
  EXPECT_FALSE(door.admits(near)) << "where there are users, a password is wanted first";
  const web::Request far = request("", kProtobuf, {}, "");
  const auto answer = door.take(far);
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(status_of(answer).second, HasSubstr("only this machine"));
  EXPECT_FALSE(door.trusts(far));
}

TEST_F(OtlpDoorTest, WithATokenThisMachineNeedsItToo) {
  web::Request near = request("", kProtobuf, {}, "");
  near.from_loopback = true;
  EXPECT_EQ(door.take(near).status, 401);
  EXPECT_FALSE(door.trusts(near));
}

TEST_F(OtlpDoorTest, OnlyTheTokenOrAUserOpensIt) {
  for (const std::string token : {"", "wrong"}) {
    const auto answer = door.take(request("", kProtobuf, {}, token));
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(status_of(answer).first, 16U);
    EXPECT_FALSE(door.admits(request("", kProtobuf, {}, token)));
  }
  EXPECT_TRUE(door.admits(request("", kProtobuf)));
  web::Request user = request("", kProtobuf, {}, "");
  user.user = "shop";
  EXPECT_EQ(door.take(user).status, 200);
  web::Request elsewhere = request("", kProtobuf);
  elsewhere.path = "/v1/traces";
  EXPECT_FALSE(door.admits(elsewhere));
  EXPECT_EQ(refused(DoorRefusal::kAuth), 2U);
}

TEST_F(OtlpDoorTest, OtherTypesAreRefused) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
    EXPECT_EQ(door.take(request("", type)).status, 415) << type;
  }
  EXPECT_EQ(door.take(request("", kProtobuf, {{"Content-Encoding", "zstd"}})).status, 415);
  EXPECT_EQ(refused(DoorRefusal::kEncoding), 4U);
}

TEST_F(OtlpDoorTest, BodiesAreBoundedWhenUnpacked) {
  const std::string bomb = net::Gzip().compress(std::string(kMaxOtlpBody + 1, ' '));
  EXPECT_EQ(door.take(request(bomb, kProtobuf, {{"Content-Encoding", "gzip"}})).status, 413);
  EXPECT_EQ(door.take(request(std::string(kMaxOtlpJsonBody + 1, ' '), kJson)).status, 413);
  EXPECT_EQ(refused(DoorRefusal::kTooLarge), 2U);
}

TEST_F(OtlpDoorTest, IsShutUnlessConfigured) {
  door.configure({});
  EXPECT_EQ(door.take(request("", kProtobuf)).status, 404);
  EXPECT_FALSE(door.admits(request("", kProtobuf)));
}

}  // namespace
}  // namespace hitwatch
