// The section `traces`, over what the environment says and under what the command line says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "agent/config/config.h"
#include "agent/config/traces_settings.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using trace::SamplerKind;

trace::Settings traces_in(const std::string& text, trace::Settings environment = {}) {
  const auto config = load_text(text, "h.yaml", std::move(environment));
  if (!config) {
    ADD_FAILURE() << to_string(config.error());
    return {};
  }
  return config->traces;
}

class TracesFiles : public TestFolder {};

TEST(TracesSection, TracesAreOffWithoutAnEndpoint) {
  EXPECT_EQ(traces_in(""), trace::Settings());
  EXPECT_EQ(traces_in("traces: {sampler: {healthy_polls: 5%}}").endpoint, "");
}

TEST(TracesSection, AnEndpointIsABaseAndTracesEndpointIsNot) {
  EXPECT_EQ(traces_in("traces: {otlp: {endpoint: 'http://a:4318'}}").endpoint,
            "http://a:4318/v1/traces");
  EXPECT_EQ(traces_in("traces: {otlp: {endpoint: 'https://a/x/'}}").endpoint,
            "https://a/x/v1/traces");
  EXPECT_EQ(traces_in("traces: {otlp: {traces_endpoint: 'http://a/x?y=z'}}").endpoint,
            "http://a/x?y=z");
}

TEST(TracesSection, AnEmptyEndpointSwitchesOffThatOfTheEnvironment) {
  trace::Settings environment;
  environment.endpoint = "http://e:4318/v1/traces";
  EXPECT_EQ(traces_in("traces: {otlp: {endpoint: ''}}", environment).endpoint, "");
  EXPECT_EQ(traces_in("traces: {otlp: {traces_endpoint: ''}}", environment).endpoint, "");
  EXPECT_EQ(traces_in("traces: {otlp: {timeout: 1s}}", environment).endpoint, environment.endpoint);
}

TEST(TracesSection, OfHeadersOfOneNameInAnyCaseTheLastIsSent) {
  trace::Settings environment;
  environment.headers = {{"AUTHORIZATION", {.literal = "e", .file = "", .environment = ""}}};
  const auto headers =
      traces_in("traces: {otlp: {headers: {Authorization: a, b: c, authorization: d}}}",
                environment)
          .headers;
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers[0].first, "b");
  EXPECT_EQ(headers[1].first, "authorization");
  EXPECT_EQ(headers[1].second.literal, "d");
}

TEST(TracesSection, WhatAnEndpointCannotBe) {
  EXPECT_THAT(faults_of("traces: {otlp: {endpoint: 'http://a:4318/v1/traces'}}"),
              ElementsAre("h.yaml:1:27: traces.otlp.endpoint: is a base, to which /v1/traces is "
                          "added; give traces_endpoint instead"));
  EXPECT_THAT(faults_of("traces: {otlp: {endpoint: 'a:4318'}}"),
              ElementsAre(HasSubstr("h.yaml:1:27: traces.otlp.endpoint: ")));
  EXPECT_THAT(faults_of("traces: {otlp: {traces_endpoint: 'ftp://a'}}"),
              ElementsAre(HasSubstr("h.yaml:1:34: traces.otlp.traces_endpoint: ")));
  EXPECT_THAT(faults_of("traces: {otlp: {endpoint: 'http://a', traces_endpoint: 'http://b'}}"),
              ElementsAre(HasSubstr("a second endpoint")));
}

TEST(TracesSection, HowItIsSent) {
  const trace::Settings settings = traces_in(
      "traces: {otlp: {endpoint: 'http://a', protocol: http/json, compression: none, timeout: 3s, "
      "tls: {server_name: b}}, service_name: cache-watch, "
      "resource: {deployment.environment.name: prod}, query_text: full, "
      "queue: {spans: 100, batch: 10, delay: 2s, give_up: 1m}}");
  EXPECT_EQ(settings.protocol, trace::Protocol::kJson);
  EXPECT_FALSE(settings.gzip);
  EXPECT_EQ(settings.timeout, milliseconds(3000));
  EXPECT_EQ(settings.tls.server_name, "b");
  EXPECT_EQ(settings.service_name, "cache-watch");
  EXPECT_THAT(settings.resource, ElementsAre(Pair("deployment.environment.name", "prod")));
  EXPECT_TRUE(settings.full_query_text);
  EXPECT_EQ(settings.queue_spans, 100U);
  EXPECT_EQ(settings.batch_spans, 10U);
  EXPECT_EQ(settings.largest_batch, 10U);
  EXPECT_EQ(settings.delay, milliseconds(2000));
  EXPECT_EQ(settings.give_up, milliseconds(60'000));
}

TEST(TracesSection, GrpcIsRefusedWithWhatToDoInstead) {
  EXPECT_THAT(faults_of("traces: {otlp: {protocol: grpc}}"),
              ElementsAre("h.yaml:1:27: traces.otlp.protocol: grpc is not supported; collectors "
                          "take http/protobuf, by default at port 4318"));
}

TEST_F(TracesFiles, AHeaderIsATextOrInAFileOrVariable) {
  const std::string file = write("token", "from-file\n");
  setenv("HITWATCH_TEST_OTLP", "from-variable", 1);
  const trace::Settings settings =
      traces_in("traces: {otlp: {headers: {a: plain, b: {file: '" + file +
                "'}, c: {env: HITWATCH_TEST_OTLP}, d: '${HITWATCH_TEST_OTLP}'}}}");
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, source] : settings.headers) {
    headers.emplace_back(name, net::read_secret(source).value_or("?"));
  }
  unsetenv("HITWATCH_TEST_OTLP");
  EXPECT_THAT(headers, ElementsAre(Pair("a", "plain"), Pair("b", "from-file"),
                                   Pair("c", "from-variable"), Pair("d", "from-variable")));
}

TEST_F(TracesFiles, HeadersThatCannotBeSent) {
  EXPECT_THAT(faults_of("traces: {otlp: {headers: {'a b': c}}}"),
              ElementsAre(HasSubstr("is not the name of a header")));
  EXPECT_THAT(faults_of("traces: {otlp: {headers: {Content-Type: c}}}"),
              ElementsAre(HasSubstr("the sender sets itself")));
  EXPECT_THAT(faults_of("traces: {otlp: {headers: {a: {file: '" + path("none") + "'}}}}"),
              ElementsAre(HasSubstr("traces.otlp.headers.a.file: ")));
  EXPECT_THAT(faults_of("traces: {otlp: {headers: {a: \"geheim\\nb: c\"}}}"),
              ElementsAre(testing::AllOf(HasSubstr("control characters"),
                                         testing::Not(HasSubstr("geheim")))));
}

TEST(TracesSection, Samplers) {
  const auto sampler = [](const std::string& text) {
    return traces_in("traces: {sampler: {" + text + "}}").sampler;
  };
  EXPECT_EQ(sampler("healthy_polls: 5%").healthy_polls, 0.05);
  EXPECT_EQ(sampler("healthy_polls: 0%").healthy_polls, 0);
  EXPECT_EQ(sampler("healthy_polls: 0.25").healthy_polls, 0.25);
  EXPECT_EQ(sampler("name: by_worth"), trace::SamplerSettings());
  EXPECT_EQ(sampler("name: parentbased_traceidratio, ratio: 10%"),
            (trace::SamplerSettings{.kind = SamplerKind::kRatio, .ratio = 0.1}));
  EXPECT_EQ(sampler("name: traceidratio"),
            (trace::SamplerSettings{.kind = SamplerKind::kRatio, .parent_based = false}));
  EXPECT_EQ(sampler("name: parentbased_always_off").kind, SamplerKind::kAlwaysOff);
}

TEST(TracesSection, SamplersThatAreNone) {
  EXPECT_THAT(faults_of("traces: {sampler: {name: sometimes}}"),
              ElementsAre(HasSubstr("traces.sampler.name: ")));
  for (const std::string share : {"101%", "-1%", "2", "much"}) {
    EXPECT_THAT(faults_of("traces: {sampler: {ratio: '" + share + "'}}"),
                ElementsAre(HasSubstr("is not a percentage from 0% to 100%")));
  }
}

TEST(TracesSection, OtherFaults) {
  EXPECT_THAT(faults_of("traces: {service_name: ''}"), ElementsAre(HasSubstr("must be a name")));
  EXPECT_THAT(faults_of("traces: {resource: {service.name: a}}"),
              ElementsAre(HasSubstr("give it as traces.service_name")));
  EXPECT_THAT(faults_of("traces: {otlp: {timeout: 0s}}"),
              ElementsAre(HasSubstr("must be from 1ms to 1d")));
  EXPECT_THAT(faults_of("traces: {queue: {spans: 10, batch: 20}}"),
              ElementsAre(HasSubstr("'batch' is more than 'spans'")));
  EXPECT_THAT(faults_of("traces: {queue: {batch: 20, largest_batch: 10}}"),
              ElementsAre(HasSubstr("'largest_batch' is less than 'batch'")));
  EXPECT_THAT(faults_of("traces: {query_text: hidden}"), ElementsAre(HasSubstr("query_text")));
  EXPECT_THAT(faults_of("traces: {otlp: {tls: {cert_file: /dev/null}}}"),
              testing::Contains(HasSubstr("cert_file and key_file need each other")));
}

TEST(TracesSection, TheFileGoesBeforeTheEnvironmentKeyByKey) {
  trace::Settings environment;
  environment.endpoint = "http://environment/v1/traces";
  environment.gzip = false;
  environment.service_name = "environment";
  environment.headers = {{"a", {.literal = "1", .file = {}, .environment = {}}}};
  environment.resource = {{"a", "1"}, {"b", "2"}};
  environment.sampler = {.kind = SamplerKind::kRatio, .ratio = 0.5};
  EXPECT_EQ(traces_in("", environment), environment);
  const trace::Settings settings = traces_in(
      "traces: {otlp: {endpoint: 'http://file', headers: {b: '2'}}, resource: {b: '3'}, "
      "sampler: {ratio: 25%}}",
      environment);
  EXPECT_EQ(settings.endpoint, "http://file/v1/traces");
  EXPECT_FALSE(settings.gzip);
  EXPECT_EQ(settings.service_name, "environment");
  ASSERT_EQ(settings.headers.size(), 1U);
  EXPECT_EQ(settings.headers[0].first, "b");
  EXPECT_THAT(settings.resource, ElementsAre(Pair("a", "1"), Pair("b", "3")));
  EXPECT_EQ(settings.sampler, (trace::SamplerSettings{.kind = SamplerKind::kRatio, .ratio = 0.25}));
}

TEST(TracesSection, TheFlagTakesABaseOrWhereSpansGo) {
  trace::Settings settings = traces_in("traces: {otlp: {endpoint: 'http://file'}}");
  ASSERT_TRUE(use_otlp(settings, "http://localhost:4318"));
  EXPECT_EQ(settings.endpoint, "http://localhost:4318/v1/traces");
  ASSERT_TRUE(use_otlp(settings, "http://localhost:4318/v1/traces"));
  EXPECT_EQ(settings.endpoint, "http://localhost:4318/v1/traces");
  EXPECT_FALSE(use_otlp(settings, "localhost:4318"));
  EXPECT_FALSE(use_otlp(settings, "me:geheim@a/v1/traces").error().contains("geheim"));
}

TEST(TracesSection, IsDescribedWithoutSecrets) {
  EXPECT_EQ(describe_traces({}), "no traces");
  EXPECT_EQ(describe_traces(traces_in("traces: {otlp: {endpoint: 'http://a:4318'}}")),
            "traces to http://a:4318/v1/traces (http/protobuf, gzip), 1% of healthy polls");
  EXPECT_EQ(describe_traces(traces_in(
                "traces: {otlp: {traces_endpoint: 'http://a/x?key=geheim', compression: none, "
                "protocol: http/json}, sampler: {name: traceidratio, ratio: 10%}}")),
            "traces to http://a/x (http/json), traceidratio of 10%");
}

}  // namespace
}  // namespace hitwatch::config
