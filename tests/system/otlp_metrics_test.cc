// POST /v1/metrics of the daemon: what OpenTelemetry's own SDK sends, and what anybody may send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/gzip.h"
#include "tests/system/harness.h"
#include "tests/system/web_password.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class OtlpMetrics : public testing::Test {
 protected:
  void start(const std::string& more = "") {
    dir_.write("token", "s3cret\n");
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml",
                   "targets: []\nkeys: {patterns: [{match: \"catalog:{tenant}:*\"}]}\n"
                   "storage: {path: " +
                       dir_.path() +
                       "}\n"
                       "apps:\n  statsd: {listen: []}\n  otlp: {enabled: true, token_file: token" +
                       more + "}\n")});
  }

  httplib::Result post(const std::string& body, const std::string& type = "application/json",
                       httplib::Headers headers = {{"Authorization", "Bearer s3cret"}}) const {
    httplib::Client client("127.0.0.1", daemon_->port());
    return client.Post("/v1/metrics", headers, body, type.c_str());
  }

  std::optional<double> shown(const std::string& series) const {
    return sample(daemon_->metrics(), series);
  }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

// --- the SDK

struct OtlpWay {
  const char* encoding;
  const char* compression;
  const char* temporality;
  const char* buckets;
};

class OtlpSdk : public OtlpMetrics, public testing::WithParamInterface<OtlpWay> {
 protected:
  Finished send() const {
    const std::string modules = HITWATCH_NODE_MODULES;
    EXPECT_TRUE(std::filesystem::exists(modules + "/@opentelemetry/sdk-metrics"))
        << "OpenTelemetry's SDK is not in " << modules << ": './dev test' installs it";
    // Modules are searched beside the file that wants them.
    const TempDir folder;
    std::filesystem::copy_file(HITWATCH_OTLP_SENDER, folder.path("otlp_sender.mjs"));
    std::filesystem::create_directory_symlink(modules, folder.path("node_modules"));
    const OtlpWay& sender = GetParam();
    return run_to_end({"node", folder.path("otlp_sender.mjs"),
                       "http://127.0.0.1:" + std::to_string(daemon_->port()) + "/v1/metrics",
                       "s3cret", sender.encoding, sender.compression, sender.temporality,
                       sender.buckets});
  }
};

TEST_P(OtlpSdk, WhatItRecordsIsWhatIsShown) {
  start();
  const Finished finished = send();
  ASSERT_EQ(finished.code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("sent")) << "the exporter complains";
  const std::string exposition = daemon_->metrics();
  for (const std::string tenant : {"acme", "globex"}) {
    const std::string labels =
        R"({layer="redis",type="catalog",tenant=")" + tenant + R"(",source="otlp"})";
    EXPECT_EQ(sample(exposition, "cache_hits_total" + labels), 15) << exposition;
    EXPECT_EQ(sample(exposition, "cache_misses_total" + labels), 9);
    const std::string timed =
        R"({layer="redis",type="catalog",tenant=")" + tenant + R"(",operation="get",source="otlp")";
    EXPECT_EQ(sample(exposition, "cache_errors_total" + timed + "}"), 3);
    EXPECT_EQ(sample(exposition, "cache_latency_seconds_count" + timed + "}"), 9);
    EXPECT_NEAR(sample(exposition, "cache_latency_seconds_sum" + timed + "}").value_or(-1),
                3 * 0.0444, 1e-9);
    const auto up_to = [&](const char* le) {
      return sample(exposition, "cache_latency_seconds_bucket" + timed + ",le=\"" + le + "\"}");
    };
    EXPECT_EQ(up_to("0.00025"), 0);
    EXPECT_EQ(up_to("0.0006"), 3);
    EXPECT_EQ(up_to("0.0025"), 3);
    EXPECT_EQ(up_to("0.006"), 6);
    EXPECT_EQ(up_to("0.025"), 6);
    EXPECT_EQ(up_to("0.05"), 9);
  }
  EXPECT_GT(sample(exposition, "hitwatch_otlp_points_ignored_total"), 0) << "process.uptime";
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("hitwatch_otlp_points_rejected_total{")) {
      EXPECT_THAT(line, testing::EndsWith(" 0"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, OtlpSdk,
                         testing::Values(OtlpWay{"proto", "none", "delta", "explicit"},
                                         OtlpWay{"proto", "gzip", "cumulative", "explicit"},
                                         OtlpWay{"proto", "gzip", "delta", "exponential"},
                                         OtlpWay{"proto", "none", "cumulative", "exponential"},
                                         OtlpWay{"json", "gzip", "delta", "explicit"},
                                         OtlpWay{"json", "none", "cumulative", "explicit"},
                                         OtlpWay{"json", "none", "delta", "exponential"},
                                         OtlpWay{"json", "gzip", "cumulative", "exponential"}),
                         [](const auto& each) {
                           return std::string(each.param.encoding) + "_" + each.param.compression +
                                  "_" + each.param.temporality + "_" + each.param.buckets;
                         });

// --- anybody

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}
std::string unix_nanoseconds(std::int64_t seconds) { return std::to_string(seconds) + "000000000"; }

// A point of a sum.
json sum_point(double value, std::int64_t start, std::int64_t time,
               json attributes = json::array()) {
  return {{"startTimeUnixNano", unix_nanoseconds(start)},
          {"timeUnixNano", unix_nanoseconds(time)},
          {"asDouble", value},
          {"attributes", std::move(attributes)}};
}
json sum_of(const std::string& name, int temporality, const std::vector<json>& points) {
  return {
      {"name", name},
      {"sum",
       {{"aggregationTemporality", temporality}, {"isMonotonic", true}, {"dataPoints", points}}}};
}
std::string request_of(const std::vector<json>& metrics) {
  json scope = json::object();
  scope["metrics"] = metrics;
  json resource = json::object();
  resource["scopeMetrics"] = json::array({std::move(scope)});
  json request = json::object();
  request["resourceMetrics"] = json::array({std::move(resource)});
  return request.dump();
}
json text_attribute(const std::string& key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

const std::string kOtlpHits = R"(cache_hits_total{layer="redis",source="otlp"})";

TEST_F(OtlpMetrics, ARestartOfTheDaemonDoesNotCountAnApplicationsPastAgain) {
  start();
  const std::int64_t now = now_seconds();
  // The application started a minute ago.
  const auto total = [&](double value, std::int64_t time) {
    const auto answer =
        post(request_of({sum_of("cache.hits", 2, {sum_point(value, now - 60, time)})}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(json::parse(answer->body), json::object());
  };
  total(1000, now);
  total(1005, now + 1);
  EXPECT_EQ(shown(kOtlpHits), 5);
  daemon_.reset();
  start();
  total(1007, now + 2);
  EXPECT_EQ(shown(kOtlpHits), std::nullopt);
  total(1010, now + 3);
  EXPECT_EQ(shown(kOtlpHits), 3);
}

TEST_F(OtlpMetrics, PointsThatAreRefusedAreToldAsAPartialSuccess) {
  start();
  const std::int64_t now = now_seconds();
  const json gauge = {{"name", "cache.hits"},
                      {"gauge", {{"dataPoints", json::array({json::object()})}}}};
  const auto answer =
      post(request_of({gauge, sum_of("cache.misses", 1, {sum_point(4, now - 1, now)}),
                       sum_of("other", 1, {sum_point(4, now - 1, now)})}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  const json partial = json::parse(answer->body)["partialSuccess"];
  EXPECT_EQ(partial["rejectedDataPoints"], "1");
  EXPECT_THAT(partial["errorMessage"], HasSubstr("cache.hits"));
  EXPECT_EQ(shown(R"(cache_misses_total{layer="redis",source="otlp"})"), 4);
  EXPECT_EQ(shown("hitwatch_otlp_points_total"), 3);
  EXPECT_EQ(shown("hitwatch_otlp_points_ignored_total"), 1);
  EXPECT_EQ(shown(R"(hitwatch_otlp_points_rejected_total{reason="kind"})"), 1);
}

TEST_F(OtlpMetrics, TheMappingOfTheFileHolds) {
  start(
      ", mapping: [{metric: shop.lookups, as: result, result_attribute: found, hit: [true], "
      "miss: [false], tenant: tenant.id, type: {text: catalog}}]");
  const std::int64_t now = now_seconds();
  std::vector<json> points;
  for (const bool found : {true, false}) {
    json attributes = json::array({text_attribute("tenant.id", "acme"),
                                   {{"key", "found"}, {"value", {{"boolValue", found}}}}});
    points.push_back(sum_point(found ? 7 : 2, now - 1, now, attributes));
  }
  ASSERT_EQ(post(request_of({sum_of("shop.lookups", 1, points)}))->status, 200);
  const std::string labels = R"({layer="redis",type="catalog",tenant="acme",source="otlp"})";
  EXPECT_EQ(shown("cache_hits_total" + labels), 7);
  EXPECT_EQ(shown("cache_misses_total" + labels), 2);
}

TEST_F(OtlpMetrics, BodiesThatCannotBeReadAreAnsweredWithAStatus) {
  start();
  const auto wrong_json = post("{\"resourceMetrics\":5}");
  ASSERT_TRUE(wrong_json);
  EXPECT_EQ(wrong_json->status, 400);
  EXPECT_EQ(json::parse(wrong_json->body)["code"], 3);
  EXPECT_THAT(json::parse(wrong_json->body)["message"], HasSubstr("resourceMetrics"));
  const auto wrong_protobuf = post("\x0a\x7f", "application/x-protobuf");
  ASSERT_TRUE(wrong_protobuf);
  EXPECT_EQ(wrong_protobuf->status, 400);
  EXPECT_EQ(wrong_protobuf->get_header_value("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(wrong_protobuf->body.substr(0, 3), "\x08\x03\x12");
  EXPECT_EQ(post("", "text/plain")->status, 415);
  EXPECT_EQ(post("", "application/x-protobuf")->status, 200);
  EXPECT_EQ(post("{}", "application/json",
                 {{"Authorization", "Bearer s3cret"}, {"Content-Encoding", "zstd"}})
                ->status,
            415);
  EXPECT_EQ(post("{}", "application/json", {})->status, 401);
  EXPECT_EQ(post("{}", "application/json", {{"Authorization", "Bearer wrong"}})->status, 401);
  EXPECT_EQ(shown(R"(hitwatch_otlp_bodies_refused_total{reason="body"})"), 2);
  EXPECT_EQ(shown(R"(hitwatch_otlp_bodies_refused_total{reason="encoding"})"), 2);
  EXPECT_EQ(shown(R"(hitwatch_otlp_bodies_refused_total{reason="auth"})"), 2);
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("s3cret")));
}

// 9000 points with a hit each: what a Collector sends without compression is larger than what
// strangers may send.
std::string large_body() {
  const std::int64_t now = now_seconds();
  std::vector<json> points;
  for (int i = 0; i < 9000; ++i) {
    points.push_back(sum_point(1, now - 1, now,
                               json::array({text_attribute("series", std::to_string(i)),
                                            text_attribute("padding", std::string(100, 'x'))})));
  }
  std::string body = request_of({sum_of("cache.hits", 1, points)});
  EXPECT_GT(body.size(), 2U << 20);
  return body;
}

TEST_F(OtlpMetrics, WithTheTokenABodyMayBeLarge) {
  start();
  const std::string body = large_body();
  EXPECT_EQ(post(body, "application/json", {})->status, 413);
  EXPECT_EQ(post(body)->status, 200);
  EXPECT_EQ(shown(kOtlpHits), 9000);
  EXPECT_EQ(post(body, "application/json", {{"Authorization", "Bearer wrong"}})->status, 413);
}

TEST_F(OtlpMetrics, WithoutATokenThisMachineMaySendAsMuch) {
  daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
      "run", "--config",
      dir_.write("hitwatch.yaml", "targets: []\nstorage: {path: " + dir_.path() +
                                      "}\napps: {statsd: {listen: []}, otlp: {enabled: true}}\n")});
  EXPECT_EQ(post(large_body(), "application/json", {})->status, 200);
  EXPECT_EQ(shown(kOtlpHits), 9000);
}

TEST_F(OtlpMetrics, ALittleGzipThatGrowsIsRefused) {
  start();
  const std::string bomb = gzip(std::string(40U << 20, ' '));
  const auto answer = post(bomb, "application/x-protobuf",
                           {{"Authorization", "Bearer s3cret"}, {"Content-Encoding", "gzip"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(shown(R"(hitwatch_otlp_bodies_refused_total{reason="too_large"})"), 1);
}

TEST_F(OtlpMetrics, WhereThereAreUsersTheTokenOrAPasswordOpensTheDoor) {
  dir_.write("web.yml", "basic_auth_users:\n  shop: " + bcrypt("geheim") + "\n");
  dir_.write("token", "s3cret\n");
  daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
      "run", "--config",
      dir_.write("hitwatch.yaml",
                 "targets: []\nstorage: {path: " + dir_.path() +
                     "}\nweb: {config_file: web.yml}\napps: {statsd: {listen: []}, otlp: "
                     "{enabled: true, token_file: token}}\n")});
  EXPECT_EQ(post("{}")->status, 200);
  const auto with_password = [&](const std::string& password) {
    return post("{}", "application/json",
                {httplib::make_basic_authentication_header("shop", password)})
        ->status;
  };
  EXPECT_EQ(with_password("geheim"), 200);
  EXPECT_EQ(with_password("wrong"), 401);
  EXPECT_EQ(post("{}", "application/json", {})->status, 401);
}

TEST_F(OtlpMetrics, TheDoorIsShutUnlessItIsOpened) {
  daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
      "run", "--config",
      dir_.write("hitwatch.yaml", "targets: []\nstorage: {path: " + dir_.path() +
                                      "}\napps: {statsd: {listen: []}}\n")});
  const auto answer = post("{}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_THAT(answer->body, HasSubstr("apps.otlp.enabled"));
}

}  // namespace
}  // namespace hitwatch::test
