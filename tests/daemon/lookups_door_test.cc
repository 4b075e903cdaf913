// Who may report lookups over HTTP, and what they are answered.
#include "agent/lookups_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "agent/net/gzip.h"
#include "collectors/apps/lookups_body.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch {
namespace {

using testing::HasSubstr;
using testing::Not;
using Refusal = DoorRefusal;

class LookupsDoorTest : public testing::Test {
 protected:
  LookupsDoorTest() { open_with("right"); }

  void open_with(const std::string& token) {
    apps::HttpOptions options;
    options.enabled = true;
    options.token.literal = token;
    door.configure(options);
  }
  void open_with_file(const std::string& path) {
    apps::HttpOptions options;
    options.enabled = true;
    options.token.file = path;
    door.configure(options);
  }
  std::uint64_t refused(Refusal refusal) const {
    return door.counters().refused[static_cast<std::size_t>(refusal)];
  }
  std::string totals() const {
    std::string text;
    store.write(text, metrics::Format::kText, lookups::Buckets::kClassic);
    return text;
  }

  lookups::Store store{{}, {}, std::chrono::steady_clock::now()};
  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  LookupsDoor door{store, log};
};

web::Request request(std::string body, std::vector<web::Header> headers = {},
                     const std::string& token = "right") {
  web::Request made;
  made.method = "POST";
  made.path = "/v1/lookups";
  made.headers = std::move(headers);
  if (!token.empty()) made.headers.push_back({"Authorization", "Bearer " + token});
  made.body = std::move(body);
  return made;
}

const std::string kHit = R"({"result":"hit"})";

TEST_F(LookupsDoorTest, CountsWhatIsReported) {
  const auto response = door.take(
      request(R"({"tenant":"acme","type":"catalog","operation":"get","result":"hit","count":3,)"
              R"("latency_ms":2})"
              "\n"
              R"({"tenant":"acme","type":"catalog","result":"miss"})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{\"status\":\"success\",\"accepted\":2}\n");
  const std::string labels = "{layer=\"redis\",type=\"catalog\",tenant=\"acme\",source=\"http\"}";
  EXPECT_THAT(totals(), HasSubstr("cache_hits_total" + labels + " 3\n"));
  EXPECT_THAT(totals(), HasSubstr("cache_misses_total" + labels + " 1\n"));
  EXPECT_THAT(totals(), HasSubstr("cache_latency_seconds_count"));
  EXPECT_EQ(door.counters().reports, 2U);
}

TEST_F(LookupsDoorTest, AFaultNamesItsLineAndNothingIsCounted) {
  const auto response = door.take(request(kHit + "\n{\"result\":\"hot\"}\n"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "{\"status\":\"error\",\"line\":2,\"error\":\"result must be 'hit', 'miss' or "
            "'error'\"}\n");
  EXPECT_EQ(totals(), "");
  EXPECT_EQ(refused(Refusal::kBody), 1U);
  EXPECT_EQ(door.counters().reports, 0U);
}

TEST_F(LookupsDoorTest, IsShutUntilItIsOpened) {
  door.configure({});
  const auto response = door.take(request(kHit));
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("POST /v1/lookups is off: set apps.http.enabled"));
  EXPECT_FALSE(door.admits(request(kHit)));
}

TEST_F(LookupsDoorTest, NeedsTheTokenOrAUser) {
  for (const std::string token : {"", "wrong", "righ", "right2", "Right"}) {
    const auto response = door.take(request(kHit, {}, token));
    EXPECT_EQ(response.status, 401) << token;
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].name, "WWW-Authenticate");
    EXPECT_FALSE(door.admits(request(kHit, {}, token))) << token;
  }
  EXPECT_EQ(refused(Refusal::kAuth), 5U);
  EXPECT_EQ(totals(), "");
  auto by_user = request(kHit, {{"Content-Type", "application/json"}}, "");
  by_user.user = "alice";
  EXPECT_EQ(door.take(by_user).status, 200);
}

TEST_F(LookupsDoorTest, APasswordThatABrowserKeepsIsNotEnoughForAForeignPage) {
  const auto answer_to = [this](std::vector<web::Header> headers) {
    auto by_user = request(kHit, std::move(headers), "");
    by_user.user = "alice";
    return door.take(by_user).status;
  };
  EXPECT_EQ(answer_to({}), 415) << "a page can leave the type out";
  EXPECT_EQ(answer_to({{"Content-Type", ""}}), 415);
  EXPECT_EQ(answer_to({{"Content-Type", "text/plain"}}), 415);
  EXPECT_EQ(totals(), "");
  EXPECT_EQ(refused(Refusal::kEncoding), 3U);
  EXPECT_EQ(answer_to({{"Content-Type", "application/x-ndjson"}}), 200);
}

TEST_F(LookupsDoorTest, AdmitsOnlyItsOwnRequests) {
  EXPECT_TRUE(door.admits(request(kHit)));
  auto other = request(kHit);
  other.path = "/metrics";
  EXPECT_FALSE(door.admits(other));
  other = request(kHit);
  other.method = "GET";
  EXPECT_FALSE(door.admits(other));
}

TEST_F(LookupsDoorTest, TheSchemeIsBearerInAnyCase) {
  EXPECT_TRUE(door.admits(request("", {{"authorization", "bEARER  right "}}, "")));
  EXPECT_FALSE(door.admits(request("", {{"Authorization", "Basic right"}}, "")));
  EXPECT_FALSE(door.admits(request("", {{"Authorization", "right"}}, "")));
  EXPECT_FALSE(door.admits(request("", {{"Authorization", "Bearer"}}, "")));
}

TEST_F(LookupsDoorTest, WithoutATokenNoneIsRight) {
  apps::HttpOptions users_only;
  users_only.enabled = true;
  door.configure(users_only);
  EXPECT_EQ(door.take(request(kHit)).status, 401);
  EXPECT_EQ(door.take(request(kHit, {{"Authorization", "Bearer "}}, "")).status, 401);
}

TEST_F(LookupsDoorTest, TakesJsonUnderItsNames) {
  for (const std::string type :
       {"application/json", "Application/JSON; charset=utf-8", "application/x-ndjson",
        "application/ndjson ; x=y", "application/jsonl"}) {
    EXPECT_EQ(door.take(request(kHit, {{"Content-Type", type}})).status, 200) << type;
  }
  EXPECT_EQ(door.take(request(kHit)).status, 200) << "curl -H 'Content-Type:'";
  for (const std::string type :
       {"application/x-www-form-urlencoded", "text/plain", "text/html", "application/jsonp", ";"}) {
    EXPECT_EQ(door.take(request(kHit, {{"Content-Type", type}})).status, 415) << type;
  }
  EXPECT_EQ(refused(Refusal::kEncoding), 5U);
}

TEST_F(LookupsDoorTest, BodiesMayBeGzip) {
  const std::string packed = net::Gzip().compress(kHit);
  for (const std::string coding : {"gzip", "GZIP", "x-gzip"}) {
    EXPECT_EQ(door.take(request(packed, {{"Content-Encoding", coding}})).status, 200) << coding;
  }
  EXPECT_EQ(door.take(request(kHit, {{"Content-Encoding", "identity"}})).status, 200);
  for (const std::string coding : {"deflate", "br", "gzip, gzip"}) {
    EXPECT_EQ(door.take(request(packed, {{"Content-Encoding", coding}})).status, 415) << coding;
  }
  EXPECT_EQ(door.take(request(kHit, {{"Content-Encoding", "gzip"}})).status, 400);
  EXPECT_EQ(refused(Refusal::kEncoding), 4U);
}

TEST_F(LookupsDoorTest, BodiesAreBoundedWhenUnpacked) {
  const std::string bomb = net::Gzip().compress(std::string(apps::kMaxLookupsBody + 1, ' '));
  EXPECT_LT(bomb.size(), 1U << 20);
  EXPECT_EQ(door.take(request(bomb, {{"Content-Encoding", "gzip"}})).status, 413);
  EXPECT_EQ(door.take(request(std::string(apps::kMaxLookupsBody + 1, ' '))).status, 413);
  EXPECT_EQ(refused(Refusal::kTooLarge), 2U);
}

TEST_F(LookupsDoorTest, ALargeBatchIsCountedWhole) {
  std::string body;
  for (int i = 0; i < 2500; ++i) body += kHit + "\n";
  EXPECT_EQ(door.take(request(body)).status, 200);
  EXPECT_EQ(door.counters().reports, 2500U);
  EXPECT_THAT(totals(), HasSubstr("cache_hits_total{layer=\"redis\",source=\"http\"} 2500\n"));
}

TEST_F(LookupsDoorTest, ARotatedTokenTakesTheFormersPlace) {
  const web::TemporaryFolder folder;
  open_with_file(folder.write("token", "first\n"));
  EXPECT_TRUE(door.admits(request("", {}, "first")));
  EXPECT_FALSE(door.admits(request("", {}, "right")));
  folder.write("token", "second\n");
  EXPECT_FALSE(door.admits(request("", {}, "second"))) << "files are read at a refresh";
  door.refresh();
  EXPECT_TRUE(door.admits(request("", {}, "second")));
  EXPECT_FALSE(door.admits(request("", {}, "first")));
}

TEST_F(LookupsDoorTest, AnUnreadableTokenLeavesTheFormerAndIsLoggedOnce) {
  testing::internal::CaptureStderr();
  const web::TemporaryFolder folder;
  open_with_file(folder.write("token", "first\n"));
  std::filesystem::remove(folder.path("token"));
  for (int i = 0; i < 3; ++i) door.refresh();
  EXPECT_TRUE(door.admits(request("", {}, "first")));
  folder.write("token", "");
  door.refresh();
  EXPECT_TRUE(door.admits(request("", {}, "first")));
  EXPECT_FALSE(door.admits(request("", {{"Authorization", "Bearer "}}, "")));
  folder.write("token", "second");
  door.refresh();
  EXPECT_TRUE(door.admits(request("", {}, "second")));
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1) << lines;
  EXPECT_THAT(lines, HasSubstr("No such file"));
  EXPECT_THAT(lines, Not(HasSubstr("first")));
}

TEST_F(LookupsDoorTest, ATokenThatWasTakenAwayOpensNothing) {
  door.configure({});
  apps::HttpOptions unreadable;
  unreadable.enabled = true;
  unreadable.token.file = "/nonexistent/token";
  testing::internal::CaptureStderr();
  door.configure(unreadable);
  EXPECT_FALSE(door.admits(request("")));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("/nonexistent/token"));
}

TEST_F(LookupsDoorTest, OfAnotherSourceThatCannotBeReadNoTokenIsTaken) {
  const web::TemporaryFolder folder;
  testing::internal::CaptureStderr();
  open_with_file(folder.path("token"));
  EXPECT_FALSE(door.admits(request(""))) << "the former source's";
  EXPECT_FALSE(door.admits(request("", {{"Authorization", "Bearer "}}, "")));
  door.refresh();
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1) << lines;
  EXPECT_THAT(lines, HasSubstr("level=error"));
  EXPECT_THAT(lines, HasSubstr("none is taken"));
  EXPECT_THAT(lines, Not(HasSubstr("right")));
  folder.write("token", "new");
  door.refresh();
  EXPECT_TRUE(door.admits(request("", {}, "new")));
}

TEST_F(LookupsDoorTest, AReloadKeepsTheTokenOfAFileThatCannotBeReadNow) {
  const web::TemporaryFolder folder;
  open_with_file(folder.write("token", "first\n"));
  std::filesystem::remove(folder.path("token"));
  testing::internal::CaptureStderr();
  open_with_file(folder.path("token"));
  EXPECT_TRUE(door.admits(request("", {}, "first")));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the former one stays"));
}

TEST_F(LookupsDoorTest, RefusalsHaveWords) {
  EXPECT_EQ(door_refusal_word(Refusal::kAuth), "auth");
  EXPECT_EQ(door_refusal_word(Refusal::kBody), "body");
  EXPECT_EQ(door_refusal_word(Refusal::kTooLarge), "too_large");
  EXPECT_EQ(door_refusal_word(Refusal::kEncoding), "encoding");
}

}  // namespace
}  // namespace hitwatch
