// `apps.http`, `apps.stats_endpoints` and `apps.latency_buckets`.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "agent/config/config.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// Of an endpoint with these keys beside its pointers.
std::vector<std::string> endpoint_faults(const std::string& keys) {
  return faults_of("apps: {stats_endpoints: [{hits: /h, misses: /m, " + keys + "}]}");
}

std::string with_url(const std::string& url) { return "url: '" + url + "'"; }

class AppsSection : public TestFolder {};

TEST_F(AppsSection, DefaultsAreShutAndClassic) {
  const auto config = load_text("apps: {}", "h.yaml").value();
  EXPECT_FALSE(config.apps.http.enabled);
  EXPECT_THAT(config.apps.stats_endpoints, IsEmpty());
  EXPECT_EQ(config.apps.buckets, lookups::Buckets::kClassic);
  EXPECT_EQ(load_text("apps: {latency_buckets: fine}", "h.yaml")->apps.buckets,
            lookups::Buckets::kFine);
}

TEST_F(AppsSection, OtherSectionsAndWordsAreFaults) {
  EXPECT_THAT(faults_of("apps: {latency_buckets: coarse}"),
              ElementsAre("h.yaml:1:25: apps.latency_buckets: 'coarse' is none of classic, fine"));
  EXPECT_THAT(faults_of("apps: {htp: {}}"),
              ElementsAre("h.yaml:1:8: apps.htp: unknown key, did you mean 'http'?"));
}

TEST_F(AppsSection, HttpTakesATokenInThreeWays) {
  setenv("LOOKUPS_TOKEN", "t0ken", 1);
  write("lookups.token", "t0ken\n");
  const auto load = [&](const std::string& key) {
    return load_text("apps: {http: {enabled: true, " + key + "}}", path("h.yaml"))
        .value()
        .apps.http;
  };
  EXPECT_EQ(load("token: t0ken").token.literal, "t0ken");
  EXPECT_EQ(load("token_file: lookups.token").token.file, path("lookups.token"));
  EXPECT_EQ(load("token_env: LOOKUPS_TOKEN").token.environment, "LOOKUPS_TOKEN");
  EXPECT_TRUE(load("token: t0ken").enabled);
  unsetenv("LOOKUPS_TOKEN");
}

TEST_F(AppsSection, HttpNeedsATokenOrUsers) {
  EXPECT_THAT(faults_of("apps: {http: {enabled: true}}"),
              ElementsAre("h.yaml:1:24: apps.http.enabled: nobody could post: give a token (token, "
                          "token_file or token_env) beside it, or users in a web.config_file"));
  write("web.yml", "");
  EXPECT_THAT(
      faults_of("apps: {http: {enabled: true}}\nweb: {config_file: web.yml}", path("h.yaml")),
      IsEmpty());
  EXPECT_THAT(
      faults_of("web: {config_file: web.yml}\napps: {http: {enabled: true}}", path("h.yaml")),
      IsEmpty());
  EXPECT_THAT(faults_of("apps: {http: {enabled: true}}\nweb: [config_file]"),
              Contains(HasSubstr("nobody could post")));
  EXPECT_THAT(faults_of("apps: {http: {enabled: false}}"), IsEmpty());
}

TEST_F(AppsSection, BadTokensAreFaultsAndNotRepeated) {
  write("empty", "\n");
  write("two", "hunter2\nhunter3\n");
  const auto faults = [&](const std::string& key) {
    return faults_of("apps: {http: {enabled: true, " + key + "}}", path("h.yaml"));
  };
  EXPECT_THAT(faults("token: ''"), ElementsAre(HasSubstr("apps.http.token: the token is empty")));
  EXPECT_THAT(faults("token_file: empty"),
              ElementsAre(HasSubstr("token_file: the token is empty")));
  for (const std::string key : {"token: 'hunter2 hunter3'", "token_file: two",
                                "token: \"hunter2\\x01\"", "token: \"hunter2\\xE9\""}) {
    EXPECT_THAT(faults(key), ElementsAre(AllOf(HasSubstr("must be printable ASCII without spaces"),
                                               Not(HasSubstr("hunter")))))
        << key;
  }
  EXPECT_THAT(faults("token_file: missing"), ElementsAre(HasSubstr("No such file")));
  EXPECT_THAT(faults("token_env: HITWATCH_NOT_SET"), ElementsAre(HasSubstr("is not set")));
  EXPECT_THAT(faults("token: a, token_file: two"),
              ElementsAre(HasSubstr("a second token; give one of token, token_file, token_env")));
  EXPECT_THAT(faults("token:"), ElementsAre(HasSubstr("has no value")));
}

TEST_F(AppsSection, EndpointsHaveAllTheirParts) {
  write("ca.pem", "x");
  write("app.token", "t0ken");
  const auto config = load_text(
      "apps:\n"
      "  stats_endpoints:\n"
      "    - url: https://app:3001/health/cache?full=1\n"
      "      hits: /cache/hits\n"
      "      misses: /cache/misses~1a~0b/0\n"
      "      interval: 1m\n"
      "      labels: {type: catalog, tenant: acme, layer: local}\n"
      "      token_file: app.token\n"
      "      tls: {ca_file: ca.pem, server_name: app.example, insecure_skip_verify: true}\n"
      "    - {url: 'http://[::1]', hits: /h, misses: /m, labels: {tenant: ''}}\n",
      path("h.yaml"));
  ASSERT_TRUE(config) << to_string(config.error());
  ASSERT_THAT(config->apps.stats_endpoints, SizeIs(2));
  const apps::StatsEndpoint& first = config->apps.stats_endpoints[0];
  EXPECT_EQ(first.url, "https://app:3001/health/cache?full=1");
  EXPECT_EQ(first.hits, "/cache/hits");
  EXPECT_EQ(first.misses, "/cache/misses~1a~0b/0");
  EXPECT_EQ(first.interval, 1min);
  EXPECT_EQ(first.type, "catalog");
  EXPECT_EQ(first.tenant, "acme");
  EXPECT_EQ(first.layer, "local");
  EXPECT_EQ(first.token.file, path("app.token"));
  EXPECT_EQ(first.tls.ca_file, path("ca.pem"));
  EXPECT_EQ(first.tls.server_name, "app.example");
  EXPECT_TRUE(first.tls.insecure_skip_verify);
  EXPECT_EQ(first.origin, path("h.yaml") + ":3:7");
  EXPECT_EQ(config->apps.stats_endpoints[1].interval, 15s);
}

TEST_F(AppsSection, EndpointsNeedAUrlAndTwoPointers) {
  EXPECT_THAT(faults_of("apps: {stats_endpoints: [{}]}"),
              ElementsAre(HasSubstr("h.yaml:1:26: apps.stats_endpoints[0]: needs a url like"),
                          HasSubstr("needs hits: a JSON pointer like /hits"),
                          HasSubstr("needs misses: a JSON pointer like /misses")));
  EXPECT_THAT(faults_of("apps: {stats_endpoints: ['http://a']}"),
              ElementsAre(HasSubstr("must be a mapping")));
  EXPECT_THAT(faults_of("apps: {stats_endpoints: {url: a}}"),
              ElementsAre(HasSubstr("must be a list")));
}

TEST_F(AppsSection, BadUrlsAreFaultsAndNotRepeated) {
  for (const std::string url :
       {"http://bob:hunter2@app/", "app:3001/hunter2", "redis://hunter2", "http://hunter2:x/",
        "http://bob:hunter2", "http:// hunter2/", ""}) {
    EXPECT_THAT(endpoint_faults(with_url(url)),
                ElementsAre(AllOf(StartsWith("h.yaml:1:54: apps.stats_endpoints[0].url: "),
                                  Not(HasSubstr("hunter2")))))
        << url;
  }
}

TEST_F(AppsSection, BadPointersAreFaults) {
  for (const std::string pointer : {"hits", "''", "$.hits", "/a~2b", "/a~", "cache.hits"}) {
    EXPECT_THAT(faults_of("apps: {stats_endpoints: [{url: 'http://a', misses: /m, hits: " +
                          pointer + "}]}"),
                ElementsAre(AllOf(StartsWith("h.yaml:1:62: apps.stats_endpoints[0].hits: "),
                                  HasSubstr("write it like /cache/hits"))))
        << pointer;
  }
  EXPECT_THAT(faults_of("apps: {stats_endpoints: [{url: 'http://a', misses: /m, hits: /m}]}"),
              ElementsAre(HasSubstr("misses: the same number as hits")));
}

TEST_F(AppsSection, IntervalsHaveBounds) {
  for (const std::string interval : {"999ms", "0", "25h", "1y"}) {
    EXPECT_THAT(endpoint_faults("url: 'http://a', interval: " + interval),
                ElementsAre(HasSubstr("interval: must be from 1s to 1d")))
        << interval;
  }
  EXPECT_THAT(endpoint_faults("url: 'http://a', interval: 1s"), IsEmpty());
  EXPECT_THAT(endpoint_faults("url: 'http://a', interval: 1d"), IsEmpty());
}

TEST_F(AppsSection, LabelsAreThree) {
  EXPECT_THAT(endpoint_faults("url: 'http://a', labels: {tenants: acme}"),
              ElementsAre(HasSubstr("labels.tenants: unknown key, did you mean 'tenant'?")));
  EXPECT_THAT(endpoint_faults("url: 'http://a', labels: {env: prod}"),
              ElementsAre(HasSubstr("the keys here are layer, tenant, type")));
  EXPECT_THAT(endpoint_faults("url: 'http://a', labels: {type: " + std::string(129, 'a') + "}"),
              ElementsAre(HasSubstr("labels.type: longer than 128 bytes")));
}

TEST_F(AppsSection, TlsNeedsHttps) {
  EXPECT_THAT(endpoint_faults("url: 'http://a', tls: {server_name: b}"),
              ElementsAre(HasSubstr("tls: has no effect on this URL; TLS needs https://")));
  EXPECT_THAT(endpoint_faults("url: 'https://a', tls: {cert_file: /nonexistent.pem}"),
              ElementsAre(HasSubstr("cert_file and key_file need each other"),
                          HasSubstr("/nonexistent.pem")));
}

TEST_F(AppsSection, TheSameNumbersTwiceAreAFault) {
  const std::string one = "{url: 'http://a', hits: /h, misses: /m}";
  EXPECT_THAT(faults_of("apps: {stats_endpoints: [" + one + ", " + one + "]}"),
              ElementsAre(HasSubstr("stats_endpoints[1]: the same numbers as "
                                    "apps.stats_endpoints[0]")));
  EXPECT_THAT(faults_of("apps: {stats_endpoints: [" + one +
                        ", {url: 'http://a', hits: /local/h, misses: /local/m}]}"),
              IsEmpty());
}

TEST_F(AppsSection, EndpointsAreAtMostAThousand) {
  std::string text = "apps:\n  stats_endpoints:\n";
  for (int i = 0; i < 1000; ++i) {
    text += fmt::format("    - {{url: 'http://a{}', hits: /h, misses: /m}}\n", i);
  }
  EXPECT_THAT(faults_of(text), IsEmpty());
  EXPECT_THAT(faults_of(text + "    - {}\n"), ElementsAre(HasSubstr("more than 1000 endpoints")));
}

}  // namespace
}  // namespace hitwatch::config
