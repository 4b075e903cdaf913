#include "agent/cli/top_answer.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/cli/top_source.h"

namespace hitwatch::cli {
namespace {

constexpr const char* kAnswer = R"({"status":"success","data":{
  "windows":{"1m":{"covered_seconds":60.0},"5m":{"covered_seconds":132.5},"15m":{}},
  "total_rows":1234,
  "rows":[{"tenant":"acme","type":"catalog","layer":"redis","source":"statsd","windows":{
    "1m":{"hits":90,"misses":10,"errors":2,"lookups":100,"hit_ratio":0.9,"hit_ratio_low":0.82,
          "hit_ratio_high":0.94,"miss_ratio":0.1,"p50_seconds":0.0004,"p95_seconds":0.002,
          "p99_seconds":0.009},
    "5m":{"hits":0,"misses":0,"errors":0,"lookups":0,"hit_ratio":null,"p50_seconds":null}}}]}})";

TEST(TopAnswer, FiguresOfEveryWindowAreRead) {
  const auto answer = parse_top_answer(kAnswer);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->total_rows, 1234U);
  EXPECT_EQ(answer->covered_seconds, (std::array{60.0, 132.5, 0.0}));
  ASSERT_EQ(answer->rows.size(), 1U);
  const TenantRow& row = answer->rows[0];
  EXPECT_EQ(row.tenant + row.type + row.layer + row.source, "acmecatalogredisstatsd");
  EXPECT_EQ(row.windows[0].misses, 10);
  EXPECT_EQ(row.windows[0].hit_ratio_low, 0.82);
  EXPECT_EQ(row.windows[0].p99_seconds, 0.009);
}

TEST(TopAnswer, WithoutTrafficThereIsNoRatio) {
  const auto answer = parse_top_answer(kAnswer);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->rows[0].windows[1].hit_ratio, std::nullopt);
  EXPECT_EQ(answer->rows[0].windows[2].p50_seconds, std::nullopt) << "a window that is missing";
}

TEST(TopAnswer, TheDaemonsComplaintIsPassedOn) {
  const auto answer =
      parse_top_answer(R"({"status":"error","errorType":"bad_data","error":"limit\u001b is 0"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), "limit? is 0");
}

TEST(TopAnswer, WhatIsNoneIsNotTakenForOne) {
  for (const std::string body :
       {"", "<html>", "[]", "{}", "17", "\"status\"", R"({"status":"success"})",
        R"({"status":"success","data":{"rows":{}}})", R"({"status":7,"data":{"rows":[]}})"}) {
    EXPECT_FALSE(parse_top_answer(body)) << body;
  }
}

TEST(TopAnswer, OddValuesAreLeftOut) {
  const auto answer = parse_top_answer(
      R"({"status":"success","data":{"total_rows":-5,"rows":[7,{"tenant":7,"windows":
         {"1m":{"hits":-1,"misses":"x","lookups":1e400}}}]}})");
  if (!answer) return;  // 1e400 may be refused as a whole
  EXPECT_EQ(answer->total_rows, 2U);
  EXPECT_EQ(answer->rows[1].windows[0].hits, 0);
}

TEST(TopUrl, UserAndPasswordBecomeAHeaderAndNothingElse) {
  const auto url = parse_daemon_url("http://aladdin:open%20sesame@127.0.0.1:9121/");
  ASSERT_TRUE(url) << url.error();
  EXPECT_EQ(url->authorization, "Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(url->text, "http://127.0.0.1:9121");
  EXPECT_EQ(url->base.target, "");
}

TEST(TopUrl, APathBeforeTheApisIsKept) {
  const auto url = parse_daemon_url("http://proxy/hitwatch/");
  ASSERT_TRUE(url) << url.error();
  EXPECT_EQ(url->base.target, "/hitwatch");
  EXPECT_EQ(url->text, "http://proxy:80/hitwatch");
}

TEST(TopUrl, WhatIsWrongIsSaidWithoutThePassword) {
  for (const std::string text :
       {"", "127.0.0.1:9121", "redis://u:geheim@host", "http://u:geheim@host:port",
        "http://u:geheim%zz@host", "http://u:geheim@host/?x=1", "http://u:geheim@"}) {
    const auto url = parse_daemon_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_FALSE(url.error().contains("geheim")) << url.error();
  }
}

}  // namespace
}  // namespace hitwatch::cli
