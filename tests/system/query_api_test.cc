// Prometheus' query API of the daemon: what Grafana's data source and promtool ask.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

class QueryApiTest : public DaemonTest {
 protected:
  void start_with(const std::string& more = "") {
    start("targets: [{url: '" + server_.url() + "', alias: cache-1}]\n" +
          "rules: {bundled: false, evaluation_interval: 1s}\nkeys: {sample: {enabled: false}}\n"
          "apps: {statsd: {listen: []}}\n" +
          more);
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(daemon_->port()); }
  bool answers(const std::string& query) const {
    return eventually(
        [&] { return !get_json("/api/v1/query?query=" + query)["data"]["result"].empty(); });
  }
  Finished hitwatch_query(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {hitwatch_binary(), "query", "--url", url()});
    return run_to_end(arguments);
  }

  RedisServer server_;
};

TEST_F(QueryApiTest, AnswersQueriesAsPrometheusDoes) {
  start_with();
  ASSERT_TRUE(answers("redis_up"));
  const json answer = get_json("/api/v1/query?query=redis_up%2B1");
  EXPECT_EQ(answer["status"], "success");
  EXPECT_EQ(answer["data"]["resultType"], "vector");
  EXPECT_EQ(answer["data"]["result"][0]["metric"],
            json({{"instance", "cache-1"}, {"job", "redis"}}));
  EXPECT_EQ(answer["data"]["result"][0]["value"][1], "2");
  EXPECT_EQ(get_json("/api/v1/query?query=1%2B1")["data"]["resultType"], "scalar");
}

TEST_F(QueryApiTest, KnowsHowOldTheFiguresOfATargetAre) {
  start_with();
  EXPECT_TRUE(answers("redis_snapshot_age_seconds{instance=\"cache-1\",job=\"redis\"}"));
}

TEST_F(QueryApiTest, TakesFormsInTheBody) {
  start_with();
  ASSERT_TRUE(answers("redis_up"));
  httplib::Client client("127.0.0.1", daemon_->port());
  const auto answer = client.Post("/api/v1/query", httplib::Params{{"query", "redis_up"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(json::parse(answer->body)["data"]["result"].size(), 1U);
}

TEST_F(QueryApiTest, RangesSeriesLabelsAndMetadata) {
  start_with();
  ASSERT_TRUE(answers("redis_up"));
  const std::string now = std::to_string(std::time(nullptr) + 5);
  const std::string before = std::to_string(std::time(nullptr) - 60);
  const json range =
      get_json("/api/v1/query_range?query=redis_up&start=" + before + "&end=" + now + "&step=1s");
  EXPECT_EQ(range["data"]["resultType"], "matrix");
  EXPECT_GE(range["data"]["result"][0]["values"].size(), 1U);
  EXPECT_EQ(get_json("/api/v1/series?match[]=redis_up")["data"],
            json::array({{{"__name__", "redis_up"}, {"instance", "cache-1"}, {"job", "redis"}}}));
  EXPECT_THAT(get_json("/api/v1/labels")["data"], Contains(json("cmd")));
  EXPECT_THAT(get_json("/api/v1/label/instance/values")["data"], Contains(json("cache-1")));
  EXPECT_EQ(get_json("/api/v1/label/job/values?match[]=redis_up")["data"], json::array({"redis"}));
  const json metadata = get_json("/api/v1/metadata?metric=redis_up")["data"];
  EXPECT_EQ(metadata["redis_up"][0]["type"], "gauge");
  EXPECT_GT(get_json("/api/v1/metadata")["data"].size(), 100U);
  EXPECT_EQ(get_json("/api/v1/metadata?limit=2")["data"].size(), 2U);
  EXPECT_EQ(get_json("/api/v1/status/buildinfo")["data"]["application"], "hitwatch");
}

TEST_F(QueryApiTest, SaysWhatIsWrong) {
  start_with();
  struct Case {
    std::string path;
    int status;
    std::string type;
    std::string text;
  };
  for (const Case& wrong : std::vector<Case>{
           {"query?query=sum(", 400, "bad_data", "invalid parameter \"query\": parse error: 1:5:"},
           {"query", 400, "bad_data", "invalid parameter \"query\""},
           {"query?query=up&time=soon", 400, "bad_data", "valid timestamp"},
           {"query_range?query=up&start=2&end=1&step=1", 400, "bad_data", "must not be before"},
           {"query_range?query=up&start=1&end=2&step=0", 400, "bad_data", "zero or negative"},
           {"query_range?query=up&start=0&end=99999&step=1", 400, "bad_data", "11,000 points"},
           {"query_range?query=up[5m]&start=1&end=2&step=1", 400, "bad_data", "range vector"},
           {"series", 400, "bad_data", "no match[] parameter"},
           {"series?match[]={", 400, "bad_data", "match[]"},
           {"rules?type=x", 400, "bad_data", "type"},
           {"query?query=label_replace(redis_up,\"0\",\"\",\"\",\"(\")", 422, "execution",
            "regular"},
       }) {
    const HttpResponse response = daemon_->get("/api/v1/" + wrong.path);
    EXPECT_EQ(response.status, wrong.status) << wrong.path << response.body;
    const json answer = json::parse(response.body);
    EXPECT_EQ(answer["status"], "error");
    EXPECT_EQ(answer["errorType"], wrong.type) << wrong.path;
    EXPECT_THAT(answer["error"].get<std::string>(), HasSubstr(wrong.text));
  }
}

TEST_F(QueryApiTest, PromtoolAsksIt) {
  start_with();
  ASSERT_TRUE(answers("redis_up"));
  const auto promtool = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"promtool", "query"});
    const Finished finished = run_to_end(arguments);
    EXPECT_EQ(finished.code, 0) << finished.output;
    return finished.output;
  };
  EXPECT_THAT(promtool({"instant", url(), "redis_up"}),
              HasSubstr(R"(redis_up{instance="cache-1", job="redis"} => 1 @)"));
  EXPECT_THAT(promtool({"range", "--step=1s", url(), "redis_up"}), HasSubstr("cache-1"));
  EXPECT_THAT(promtool({"series", "--match=redis_up", url()}), HasSubstr("cache-1"));
  EXPECT_THAT(promtool({"labels", url(), "instance"}), HasSubstr("cache-1"));
}

TEST_F(QueryApiTest, TheCommandPrintsResultsAndPointsAtMistakes) {
  start_with();
  ASSERT_TRUE(answers("redis_up"));
  EXPECT_THAT(hitwatch_query({"redis_up"}).output,
              HasSubstr(R"(redis_up{instance="cache-1", job="redis"} => 1 @[)"));
  EXPECT_THAT(hitwatch_query({"--time", "1.5", "1+1"}).output, HasSubstr("2 @[1.5]"));
  EXPECT_THAT(hitwatch_query({"--json", "1"}).output, HasSubstr("\"resultType\":\"scalar\""));
  const Finished range =
      hitwatch_query({"--start", "10", "--end", "20", "--step", "10s", "vector(7)"});
  EXPECT_THAT(range.output, HasSubstr("{} =>\n7 @[10]\n7 @[20]\n"));
  const Finished wrong = hitwatch_query({"sum(redis_up"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.output, AllOf(HasSubstr("unclosed left parenthesis"), HasSubstr("^")));
  EXPECT_EQ(hitwatch_query({"--step", "1s", "up"}).code, 2);
}

TEST_F(QueryApiTest, SwitchedOffThereAreNoQueriesAndOnlyWhatRulesReadIsKept) {
  start_with("web: {query_api: false}\n");
  for (const char* path :
       {"query?query=1", "query_range", "series", "labels", "label/a/values", "metadata"}) {
    EXPECT_EQ(daemon_->get("/api/v1/" + std::string(path)).status, 404) << path;
  }
  EXPECT_EQ(daemon_->get("/api/v1/rules").status, 200);
  EXPECT_TRUE(daemon_->shows("hitwatch_window_series 0"));
  EXPECT_THAT(hitwatch_query({"up"}).output, HasSubstr("web.query_api"));
}

}  // namespace
}  // namespace hitwatch::test
