// Parameters of Prometheus' HTTP API, in the query and in forms.
#include "agent/rules/api_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

web::Request request(std::vector<web::Header> query) {
  web::Request request;
  request.method = "GET";
  request.query = std::move(query);
  return request;
}

TEST(ApiTimes, SecondsOrRfc3339) {
  EXPECT_THAT(parse_time("1435781430.781"), Optional(1435781430781));
  EXPECT_THAT(parse_time("-1.5"), Optional(-1500));
  EXPECT_THAT(parse_time("2015-07-01T20:10:30.781Z"), Optional(1435781430781));
  EXPECT_THAT(parse_time("2015-07-01T22:10:30.781123+02:00"), Optional(1435781430781));
  EXPECT_THAT(parse_time("2015-07-01T20:10:30Z"), Optional(1435781430000));
  EXPECT_THAT(parse_time("2000-02-29T00:00:00Z"), Optional(951782400000));
  for (const char* bad : {"", "now", "nan", "inf", "1e99", "2015-07-01", "2015-07-01T20:10:30",
                          "2015-02-30T00:00:00Z", "2015-07-01T25:00:00Z", "2015-07-01T20:10:30.Z",
                          "2015-07-01T20:10:30Zx", "2015-07-01T20:10:30+2:00"}) {
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
  }
}

TEST(ApiTimes, AreWrittenAsRfc3339) {
  EXPECT_EQ(format_time(1435781430781), "2015-07-01T20:10:30.781Z");
  EXPECT_EQ(format_time(1435781430500), "2015-07-01T20:10:30.5Z");
  EXPECT_EQ(format_time(1435781430000), "2015-07-01T20:10:30Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
}

TEST(ApiParameters, AFormComesBeforeTheQuery) {
  web::Request post = request({{"query", "b"}, {"match[]", "y"}});
  post.method = "POST";
  post.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  post.body = "query=a%2Bb+c&match[]=x";
  const auto parameters = ApiParameters::read(post);
  ASSERT_TRUE(parameters);
  EXPECT_EQ(*parameters->find("query"), "a+b c");
  EXPECT_THAT(parameters->all("match[]"), ElementsAre("x", "y"));
  post.body = "query=%zz";
  EXPECT_FALSE(ApiParameters::read(post));
}

TEST(ApiParameters, DurationsAreSecondsOrWords) {
  const auto parameters = ApiParameters::read(request({{"a", "1.5"}, {"b", "1m30s"}, {"c", "x"}}));
  EXPECT_EQ(parameters->duration("a", {}), 1500);
  EXPECT_EQ(parameters->duration("b", {}), 90'000);
  EXPECT_EQ(parameters->duration("none", 7), 7);
  const auto bad = parameters->duration("c", 7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().status, 400);
  EXPECT_EQ(bad.error().text, "invalid parameter \"c\": cannot parse \"x\" to a valid duration");
}

TEST(ApiParameters, WhatIsMissingOrBroken) {
  const auto parameters = ApiParameters::read(request({{"limit", "-1"}, {"time", "soon"}}));
  EXPECT_FALSE(parameters->limit("limit"));
  EXPECT_EQ(parameters->limit("none"), 0U);
  EXPECT_FALSE(parameters->time("time", 0));
  EXPECT_FALSE(parameters->time("none", {}));
  EXPECT_EQ(parameters->time("none", 5), 5);
}

TEST(ApiErrors, LookLikePrometheusOnes) {
  const web::Response response = error_response(bad_parameter("query", "no"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter "
            "\\\"query\\\": no\"}\n");
}

}  // namespace
}  // namespace hitwatch::rules
