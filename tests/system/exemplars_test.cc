// Traces of lookups, from reports over HTTP to what Grafana asks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/lookup_daemon.h"
#include "tests/system/prometheus.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ExemplarsTest : public LookupDoors {
 protected:
  ExemplarsTest() { start("rules: {bundled: false}\n"); }

  static std::string report(const std::string& latency, const std::string& more = "") {
    return "{\"tenant\":\"acme\",\"type\":\"catalog\",\"operation\":\"get\",\"result\":\"hit\","
           "\"latency_ms\":" +
           latency + more + "}\n";
  }
  std::string scrape(const std::string& accept) const {
    return daemon_->get("/metrics", {{"Accept", accept}}).body;
  }
  json exemplars(const std::string& query, const std::string& start = "1",
                 const std::string& end = "9999999999") const {
    httplib::Client client("127.0.0.1", daemon_->port());
    const auto answer =
        client.Post("/api/v1/query_exemplars",
                    httplib::Params{{"query", query}, {"start", start}, {"end", end}});
    return answer ? json::parse(answer->body) : json();
  }
  static const std::string kTrace;
  static const std::string kSpan;
};
const std::string ExemplarsTest::kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string ExemplarsTest::kSpan = "b7ad6b7169203331";

TEST_F(ExemplarsTest, AreInOpenMetricsOnly) {
  ASSERT_EQ(post(report("12", ",\"trace_id\":\"" + kTrace + "\""))->status, 200);
  const std::string line =
      "cache_latency_seconds_bucket{layer=\"redis\",type=\"catalog\",tenant=\"acme\","
      "operation=\"get\",source=\"http\",le=\"0.015\"} 1 # {trace_id=\"" +
      kTrace + "\"} 0.012 ";
  EXPECT_THAT(scrape("application/openmetrics-text; version=1.0.0"), HasSubstr(line));
  EXPECT_THAT(scrape("text/plain; version=0.0.4"), Not(HasSubstr("trace_id")));
}

TEST_F(ExemplarsTest, ComeFromTheRequestsContextIfItIsSampled) {
  const auto post_with = [this](const std::string& body, const std::string& flags) {
    return post(body, "application/x-ndjson",
                {{"Authorization", "Bearer s3cret"},
                 {"traceparent", "00-" + kTrace + "-" + kSpan + "-" + flags}})
        ->status;
  };
  const std::string other = "4bf92f3577b34da6a3ce929d0e0e4736";
  ASSERT_EQ(post_with(report("12"), "00"), 200);
  EXPECT_EQ(exemplars("cache_latency_seconds_bucket")["data"], json::array());
  ASSERT_EQ(post_with(report("12") + report("1", ",\"trace_id\":\"" + other + "\""), "01"), 200);
  const std::string all = scrape("application/openmetrics-text; version=1.0.0");
  EXPECT_THAT(all, HasSubstr("le=\"0.015\"} 3 # {trace_id=\"" + kTrace + "\",span_id=\"" + kSpan));
  EXPECT_THAT(all, HasSubstr("le=\"0.001\"} 1 # {trace_id=\"" + other + "\"} 0.001 "));
}

TEST_F(ExemplarsTest, OfTwoContextsNoneCounts) {
  const std::string context = "00-" + kTrace + "-" + kSpan + "-01";
  ASSERT_EQ(
      post(report("12"), "application/x-ndjson",
           {{"Authorization", "Bearer s3cret"}, {"traceparent", context}, {"traceparent", context}})
          ->status,
      200);
  EXPECT_EQ(exemplars("cache_latency_seconds_bucket")["data"], json::array());
}

TEST_F(ExemplarsTest, ABadTraceIsAFaultOfTheBody) {
  const auto answer = post(report("12") + report("12", ",\"trace_id\":\"12\""));
  ASSERT_EQ(answer->status, 400);
  EXPECT_EQ(json::parse(answer->body)["line"], 2);
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("cache_hits_total")));
}

TEST_F(ExemplarsTest, AreAskedForByTheSelectorsOfAQuery) {
  ASSERT_EQ(
      post(report("12", ",\"trace_id\":\"" + kTrace + "\",\"span_id\":\"" + kSpan + "\""))->status,
      200);
  // The daemon's own labels are known a moment after it listens.
  json all;
  ASSERT_TRUE(eventually([&] {
    all = exemplars(
        "histogram_quantile(0.99, sum by (le) (rate(cache_latency_seconds_bucket{"
        "tenant=~\"ac.*\", job=\"redis\"}[5m])))");
    return all["data"].size() == 1;
  })) << all;
  EXPECT_EQ(all["status"], "success");
  EXPECT_EQ(all["data"][0]["seriesLabels"],
            json({{"__name__", "cache_latency_seconds_bucket"},
                  {"instance", "127.0.0.1:" + std::to_string(daemon_->port())},
                  {"job", "redis"},
                  {"layer", "redis"},
                  {"type", "catalog"},
                  {"tenant", "acme"},
                  {"operation", "get"},
                  {"source", "http"},
                  {"le", "0.015"}}));
  const json exemplar = all["data"][0]["exemplars"][0];
  EXPECT_EQ(exemplar["labels"], json({{"trace_id", kTrace}, {"span_id", kSpan}}));
  EXPECT_EQ(exemplar["value"], "0.012");
  EXPECT_NEAR(exemplar["timestamp"].get<double>(), static_cast<double>(std::time(nullptr)), 60);
  EXPECT_EQ(exemplars("cache_latency_seconds_bucket", "1", "2")["data"], json::array());
  EXPECT_EQ(exemplars("cache_latency_seconds_bucket{tenant!=\"acme\"}")["data"], json::array());
  EXPECT_EQ(exemplars("1 + 1")["data"], json::array());
  EXPECT_EQ(exemplars("(")["errorType"], "bad_data");
  EXPECT_EQ(exemplars("up", "2", "1")["errorType"], "bad_data");
}

TEST_F(ExemplarsTest, ARealPrometheusStoresThem) {
  const Prometheus prometheus(
      "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: redis\n  honor_labels: true\n"
      "  static_configs: [{targets: ['127.0.0.1:" +
          std::to_string(daemon_->port()) + "']}]\n",
      "exemplar-storage");
  const auto stored = [&] {
    return prometheus.get(
        "/api/v1/query_exemplars",
        {{"query", "cache_latency_seconds_bucket"}, {"start", "1"}, {"end", "9999999999"}});
  };
  ASSERT_EQ(
      post(report("12", ",\"trace_id\":\"" + kTrace + "\",\"span_id\":\"" + kSpan + "\""))->status,
      200);
  ASSERT_TRUE(eventually([&] { return stored().size() == 1; })) << prometheus.process().output();
  json theirs = stored();
  EXPECT_EQ(theirs, exemplars("cache_latency_seconds_bucket")["data"]);
  // Another trace for the same bucket, and one for another.
  const std::string second = "4bf92f3577b34da6a3ce929d0e0e4736";
  ASSERT_EQ(post(report("13", ",\"trace_id\":\"" + second + "\"") +
                 report("1000", ",\"trace_id\":\"" + second + "\""))
                ->status,
            200);
  ASSERT_TRUE(eventually([&] {
    theirs = stored();
    return theirs.size() == 2 && theirs[0]["exemplars"].size() == 2;
  })) << theirs;
  EXPECT_EQ(theirs[1]["seriesLabels"]["le"], "1.0");
  EXPECT_EQ(prometheus.value("sum(up)"), 1);
  EXPECT_THAT(prometheus.process().output(), Not(HasSubstr("level=warn")));
}

}  // namespace
}  // namespace hitwatch::test
