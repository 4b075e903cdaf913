// POST /v1/lookups of a daemon whose web server has users, and bodies that do harm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <optional>
#include <string>

#include "tests/system/daemon_fixture.h"
#include "tests/system/gzip.h"
#include "tests/system/web_password.h"
#include "tests/web/raw_client.h"

namespace hitwatch::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string kHit = "{\"result\":\"hit\"}";
const std::string kHits = R"(cache_hits_total{layer="redis",source="http"})";

class LookupUsers : public DaemonTest {
 protected:
  static constexpr std::size_t kMaxPacked = 1U << 20;
  static constexpr std::size_t kMaxUnpacked = 8U << 20;

  // As start(), with users, and the door open.
  void open(const std::string& http = ", token_file: token") {
    dir_.write("token", "s3cret\n");
    dir_.write("web.yml", "basic_auth_users:\n  shop: " + bcrypt("geheim") + "\n");
    start("targets: []\nweb: {config_file: web.yml}\napps:\n  http: {enabled: true" + http + "}");
  }
  httplib::Client client() const { return httplib::Client("127.0.0.1", daemon_->port()); }
  static httplib::Headers token(const std::string& text) {
    return {{"Authorization", "Bearer " + text}};
  }
  static httplib::Headers user(const std::string& name, const std::string& password) {
    return {httplib::make_basic_authentication_header(name, password)};
  }
  int post(const httplib::Headers& headers, const std::string& body = kHit) const {
    const auto answer = client().Post("/v1/lookups", headers, body, "application/json");
    return answer ? answer->status : 0;
  }
  int get(const httplib::Headers& headers, const std::string& path) const {
    const auto answer = client().Get(path, headers);
    return answer ? answer->status : 0;
  }
  std::optional<double> shown(const std::string& series) const {
    const auto answer = client().Get("/metrics", user("shop", "geheim"));
    return answer ? sample(answer->body, series) : std::nullopt;
  }
};

TEST_F(LookupUsers, ReportWithTheirPasswordOrTheToken) {
  open();
  EXPECT_EQ(post(user("shop", "geheim")), 200);
  EXPECT_EQ(post(token("s3cret")), 200);
  EXPECT_EQ(shown(kHits), 2);
}

TEST_F(LookupUsers, NobodyElseReports) {
  open();
  for (const httplib::Headers& headers :
       {httplib::Headers{}, user("shop", "wrong"), user("shop", "s3cret"), user("other", "geheim"),
        token("geheim"), token("wrong"), token("")}) {
    EXPECT_EQ(post(headers), 401);
  }
  EXPECT_EQ(shown(kHits), std::nullopt);
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
}

TEST_F(LookupUsers, TheTokenOpensNothingElse) {
  open();
  for (const char* path : {"/", "/metrics", "/v1/lookups", "/api/v1/tenants", "/sd"}) {
    EXPECT_EQ(get(token("s3cret"), path), 401) << path;
    EXPECT_NE(get(user("shop", "geheim"), path), 401) << path;
  }
}

TEST_F(LookupUsers, ATokenIsReadAnewWhenItsFileChanges) {
  open();
  EXPECT_EQ(post(token("s3cret")), 200);
  dir_.write("token", "another\n");
  EXPECT_TRUE(eventually([&] { return post(token("another")) == 200; }));
  EXPECT_EQ(post(token("s3cret")), 401);
  EXPECT_EQ(post(user("shop", "geheim")), 200);
}

TEST_F(LookupUsers, WithoutATokenAPasswordIsEnough) {
  open("");
  EXPECT_EQ(post(user("shop", "geheim")), 200);
  EXPECT_EQ(post(token("")), 401);
  EXPECT_EQ(post({}), 401);
}

TEST_F(LookupUsers, ABodyThatTricklesIsEndedAndDelaysNobody) {
  open();
  const std::string head =
      "POST /v1/lookups HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cret\r\n"
      "Content-Type: application/json\r\n";
  web::RawClient counted(static_cast<std::uint16_t>(daemon_->port()));
  counted.send(head + "Content-Length: 100000\r\n\r\n" + kHit);
  web::RawClient chunked(static_cast<std::uint16_t>(daemon_->port()));
  chunked.send(head + "Transfer-Encoding: chunked\r\n\r\n");
  int reports = 0;
  while (!counted.closed_within(50ms)) {
    counted.send("\n");
    chunked.send("1\r\n\n\r\n");
    ASSERT_EQ(post(token("s3cret")), 200);
    ASSERT_LT(++reports, 2000) << "trickling puts the end off";
  }
  while (!chunked.closed_within(50ms)) ASSERT_LT(++reports, 2000);
  EXPECT_GE(shown("hitwatch_web_connections_dropped_total"), 2);
  EXPECT_GE(shown(kHits), 1);
  EXPECT_EQ(shown(kHits), shown("hitwatch_http_lookup_reports_total"));
}

TEST_F(LookupUsers, WhatTheWebServerRefusesBeforeIsNoRefusedBody) {
  open();
  EXPECT_EQ(post(token("s3cret"), std::string(kMaxPacked + 1, ' ')), 413);
  EXPECT_EQ(post(token("wrong")), 401);
  EXPECT_EQ(post(user("shop", "wrong")), 401);
  for (const std::string reason : {"auth", "body", "too_large", "encoding"}) {
    EXPECT_EQ(shown("hitwatch_http_lookup_bodies_refused_total{reason=\"" + reason + "\"}"), 0)
        << reason;
  }
}

TEST_F(LookupUsers, ABodyThatUnpacksToMoreThanFitsIsRefused) {
  open();
  std::string hits;
  while (hits.size() < 2 * kMaxUnpacked) hits += kHit + "\n";
  httplib::Headers headers = token("s3cret");
  headers.emplace("Content-Encoding", "gzip");
  for (const std::string& bomb : {gzip(std::string(8 * kMaxUnpacked, '\n')), gzip(hits)}) {
    ASSERT_LT(bomb.size(), kMaxPacked);
    const auto answer = client().Post("/v1/lookups", headers, bomb, "application/json");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
    EXPECT_THAT(answer->body, HasSubstr("when unpacked"));
  }
  EXPECT_EQ(shown("hitwatch_http_lookup_bodies_refused_total{reason=\"too_large\"}"), 2);
  EXPECT_EQ(shown(kHits), std::nullopt);
  EXPECT_EQ(post(token("s3cret")), 200);
}

}  // namespace
}  // namespace hitwatch::test
