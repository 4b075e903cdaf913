// The variables of OpenTelemetry, as its specifications word them.
#include "agent/config/traces_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "agent/config/traces_settings.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using trace::SamplerKind;

using Variables = std::map<std::string, std::string>;

TracesEnvironment read_variables(const Variables& variables) {
  return read_traces_environment([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

trace::Settings settings_by(const Variables& variables) {
  const TracesEnvironment environment = read_variables(variables);
  EXPECT_THAT(environment.warnings, IsEmpty());
  return environment.settings;
}

// What a value that is not understood leaves behind: one sentence, and what would be without it.
std::string warning_of(const Variables& variables) {
  const TracesEnvironment environment = read_variables(variables);
  EXPECT_EQ(environment.settings, trace::Settings());
  return environment.warnings.size() == 1 ? environment.warnings.front() : "";
}

std::vector<std::pair<std::string, std::string>> headers_of(const trace::Settings& settings) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, source] : settings.headers) headers.emplace_back(name, source.literal);
  return headers;
}

class TracesEnvironmentFiles : public TestFolder {};

TEST(TracesEnvironmentTest, NothingIsSentUnlessAnEndpointIsGiven) {
  EXPECT_EQ(settings_by({}), trace::Settings());
  EXPECT_EQ(settings_by({{"OTEL_TRACES_EXPORTER", "otlp"}}).endpoint, "");
}

TEST(TracesEnvironmentTest, ThePathOfTracesIsAddedToTheEndpointOfAllSignals) {
  const auto endpoint = [](const std::string& url) {
    return settings_by({{"OTEL_EXPORTER_OTLP_ENDPOINT", url}}).endpoint;
  };
  EXPECT_EQ(endpoint("http://localhost:4318"), "http://localhost:4318/v1/traces");
  EXPECT_EQ(endpoint("http://localhost:4318/"), "http://localhost:4318/v1/traces");
  EXPECT_EQ(endpoint("https://otlp.example/tenant"), "https://otlp.example/tenant/v1/traces");
  EXPECT_EQ(endpoint("https://otlp.example/tenant/"), "https://otlp.example/tenant/v1/traces");
}

TEST(TracesEnvironmentTest, TheEndpointOfTracesIsTakenAsItIsAndWins) {
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"},
                         {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b:4318/spans"}})
                .endpoint,
            "http://b:4318/spans");
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b:4318"}}).endpoint,
            "http://b:4318");
}

TEST(TracesEnvironmentTest, AnEmptyValueCountsAsUnset) {
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""},
                         {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"},
                         {"OTEL_EXPORTER_OTLP_TIMEOUT", ""},
                         {"OTEL_TRACES_SAMPLER", ""},
                         {"OTEL_SERVICE_NAME", ""}}),
            settings_by({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"}}));
}

TEST(TracesEnvironmentTest, AnEndpointThatIsNoUrlIsNotUsed) {
  for (const std::string url : {"localhost:4318", "grpc://a:4317", "http://", "http://a?b=c"}) {
    EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_ENDPOINT", url}}),
                HasSubstr("OTEL_EXPORTER_OTLP_ENDPOINT is ignored"))
        << url;
  }
}

TEST(TracesEnvironmentTest, APasswordInTheEndpointIsNotRepeated) {
  EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:geheim@a:4318"}}),
              testing::Not(HasSubstr("geheim")));
}

TEST(TracesEnvironmentTest, HeadersAreAListWithEscapes) {
  EXPECT_THAT(
      headers_of(settings_by({{"OTEL_EXPORTER_OTLP_HEADERS",
                               "Authorization=Bearer%20a%2Cb, x-tenant = acme ,k=a=b"}})),
      ElementsAre(Pair("Authorization", "Bearer a,b"), Pair("x-tenant", "acme"), Pair("k", "a=b")));
  EXPECT_THAT(headers_of(settings_by({{"OTEL_EXPORTER_OTLP_HEADERS", "a=1"},
                                      {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"}})),
              ElementsAre(Pair("b", "2")));
}

TEST(TracesEnvironmentTest, OfHeadersOfOneNameInAnyCaseTheLastIsSent) {
  EXPECT_THAT(headers_of(settings_by(
                  {{"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=a,k=1,authorization=b,K=2"}})),
              ElementsAre(Pair("authorization", "b"), Pair("K", "2")));
}

TEST(TracesEnvironmentTest, HeadersWithAFaultAreIgnoredAndTheirValuesNotRepeated) {
  for (const std::string headers : {"geheim", "a=geheim%2", "a geheim=b", "a=geheim%0a",
                                    "Content-Type=geheim", "=geheim", "host=geheim"}) {
    const std::string warning = warning_of({{"OTEL_EXPORTER_OTLP_HEADERS", headers}});
    EXPECT_THAT(warning, HasSubstr("OTEL_EXPORTER_OTLP_HEADERS is ignored: "));
    EXPECT_THAT(warning, testing::Not(HasSubstr("geheim")));
  }
}

TEST(TracesEnvironmentTest, TimeoutsAreMilliseconds) {
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_TIMEOUT", "2500"}}).timeout, milliseconds(2500));
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_TIMEOUT", "2500"},
                         {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "300"}})
                .timeout,
            milliseconds(300));
  for (const std::string text : {"10s", "-1", "1.5", "99999999999999999999"}) {
    EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_TIMEOUT", text}}),
                HasSubstr("is not a whole number from 0 to 86400000"));
  }
}

TEST(TracesEnvironmentTest, ATimeoutOfZeroIsNoLimit) {
  EXPECT_GE(settings_by({{"OTEL_EXPORTER_OTLP_TIMEOUT", "0"}}).timeout, std::chrono::hours(24));
}

TEST(TracesEnvironmentTest, CompressionAndProtocol) {
  EXPECT_FALSE(settings_by({{"OTEL_EXPORTER_OTLP_COMPRESSION", "none"}}).gzip);
  EXPECT_TRUE(settings_by({{"OTEL_EXPORTER_OTLP_COMPRESSION", "none"},
                           {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"}})
                  .gzip);
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"}}).protocol,
            trace::Protocol::kJson);
  EXPECT_EQ(settings_by({{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"},
                         {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"}})
                .protocol,
            trace::Protocol::kProtobuf);
  EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"}}),
              "OTEL_EXPORTER_OTLP_COMPRESSION is ignored: 'zstd' is not gzip or none");
  EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_PROTOCOL", "http"}}),
              HasSubstr("'http' is not http/protobuf or http/json"));
}

TEST(TracesEnvironmentTest, GrpcIsRefusedWithWhatToDoInstead) {
  EXPECT_EQ(warning_of({{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}}),
            "OTEL_EXPORTER_OTLP_PROTOCOL is ignored: grpc is not supported; collectors take "
            "http/protobuf, by default at port 4318");
}

TEST_F(TracesEnvironmentFiles, Certificates) {
  const std::string file = write("a.pem", "x");
  const trace::Settings settings =
      settings_by({{"OTEL_EXPORTER_OTLP_CERTIFICATE", file},
                   {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/nowhere"},
                   {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", file},
                   {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", file}});
  EXPECT_EQ(settings.tls.ca_file, file);
  EXPECT_EQ(settings.tls.cert_file, file);
  EXPECT_EQ(settings.tls.key_file, file);
}

// The connection then fails, where the system's authorities would be more than was asked for.
TEST_F(TracesEnvironmentFiles, ACertificateThatCannotBeReadIsKeptAndWarnedOf) {
  const TracesEnvironment environment =
      read_variables({{"OTEL_EXPORTER_OTLP_CERTIFICATE", path("none.pem")}});
  EXPECT_EQ(environment.settings.tls.ca_file, path("none.pem"));
  EXPECT_THAT(environment.warnings,
              ElementsAre(HasSubstr("OTEL_EXPORTER_OTLP_CERTIFICATE: " + path("none.pem"))));
}

TEST_F(TracesEnvironmentFiles, ACertificateNeedsItsKey) {
  const std::string file = write("a.pem", "x");
  EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", file}}),
              HasSubstr("need each other"));
  EXPECT_THAT(warning_of({{"OTEL_EXPORTER_OTLP_CLIENT_KEY", file}}), HasSubstr("need each other"));
}

TEST(TracesEnvironmentTest, ServiceNameAndAttributesOfTheResource) {
  trace::Settings settings = settings_by(
      {{"OTEL_RESOURCE_ATTRIBUTES", "service.name=one,deployment.environment.name=a%2Cb,empty="}});
  EXPECT_EQ(settings.service_name, "one");
  EXPECT_THAT(settings.resource,
              ElementsAre(Pair("deployment.environment.name", "a,b"), Pair("empty", "")));
  settings =
      settings_by({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=one"}, {"OTEL_SERVICE_NAME", "two"}});
  EXPECT_EQ(settings.service_name, "two");
  EXPECT_THAT(settings.resource, IsEmpty());
}

TEST(TracesEnvironmentTest, AttributesWithAFaultAreDiscardedAllOfThem) {
  for (const std::string text : {"a=1,b", "a=1,b=%zz", "a=1,=2"}) {
    EXPECT_THAT(warning_of({{"OTEL_RESOURCE_ATTRIBUTES", text}}),
                HasSubstr("OTEL_RESOURCE_ATTRIBUTES is ignored: "));
  }
}

TEST(TracesEnvironmentTest, AllSixSamplers) {
  const auto sampler = [](const std::string& name, const std::string& argument) {
    return settings_by({{"OTEL_TRACES_SAMPLER", name}, {"OTEL_TRACES_SAMPLER_ARG", argument}})
        .sampler;
  };
  struct Expected {
    std::string name;
    SamplerKind kind;
    double ratio;
    bool parent_based;
  };
  for (const Expected& expected : std::vector<Expected>{
           {"always_on", SamplerKind::kAlwaysOn, 1, false},
           {"always_off", SamplerKind::kAlwaysOff, 1, false},
           {"traceidratio", SamplerKind::kRatio, 0.25, false},
           {"parentbased_always_on", SamplerKind::kAlwaysOn, 1, true},
           {"parentbased_always_off", SamplerKind::kAlwaysOff, 1, true},
           {"parentbased_traceidratio", SamplerKind::kRatio, 0.25, true},
       }) {
    const trace::SamplerSettings settings = sampler(expected.name, "0.25");
    EXPECT_EQ(settings.kind, expected.kind) << expected.name;
    EXPECT_EQ(settings.ratio, expected.ratio) << expected.name;
    EXPECT_EQ(settings.parent_based, expected.parent_based) << expected.name;
  }
  EXPECT_EQ(sampler("traceidratio", "").ratio, 1);
}

TEST(TracesEnvironmentTest, SamplersThatAreNoneAreIgnored) {
  EXPECT_THAT(warning_of({{"OTEL_TRACES_SAMPLER", "jaeger_remote"}}),
              HasSubstr("OTEL_TRACES_SAMPLER is ignored: 'jaeger_remote' is not always_on"));
  for (const std::string ratio : {"2", "-0.1", "ten", "nan", "0.5x"}) {
    const TracesEnvironment environment = read_variables(
        {{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", ratio}});
    EXPECT_EQ(environment.settings.sampler.ratio, 1);
    EXPECT_THAT(environment.warnings, ElementsAre(HasSubstr("OTEL_TRACES_SAMPLER_ARG is ignored")));
  }
}

TEST(TracesEnvironmentTest, OnlyTrueDisables) {
  for (const std::string yes : {"true", "TRUE", "True"}) {
    EXPECT_TRUE(read_variables({{"OTEL_SDK_DISABLED", yes}}).disabled) << yes;
  }
  EXPECT_FALSE(read_variables({{"OTEL_SDK_DISABLED", "false"}}).disabled);
  for (const std::string other : {"1", "yes", "on"}) {
    const TracesEnvironment environment = read_variables({{"OTEL_SDK_DISABLED", other}});
    EXPECT_FALSE(environment.disabled) << other;
    EXPECT_THAT(environment.warnings, ElementsAre(HasSubstr("OTEL_SDK_DISABLED is ignored")));
  }
}

TEST(TracesEnvironmentTest, AnotherExporterIsRefusedAndNoneSendsNothing) {
  const auto endpoint = [](const std::string& exporter) {
    return read_variables({{"OTEL_TRACES_EXPORTER", exporter},
                           {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"}})
        .settings.endpoint;
  };
  EXPECT_EQ(endpoint("otlp"), "http://a:4318/v1/traces");
  EXPECT_EQ(endpoint("console,otlp"), "http://a:4318/v1/traces");
  EXPECT_EQ(endpoint("none"), "");
  EXPECT_EQ(endpoint("zipkin"), "http://a:4318/v1/traces");
  EXPECT_THAT(read_variables({{"OTEL_TRACES_EXPORTER", "zipkin"}}).warnings,
              ElementsAre("OTEL_TRACES_EXPORTER is ignored: 'zipkin' is not otlp or none"));
}

TEST(TracesEnvironmentTest, BoundsOfTheBatches) {
  const trace::Settings settings = settings_by({{"OTEL_BSP_SCHEDULE_DELAY", "5000"},
                                                {"OTEL_BSP_MAX_QUEUE_SIZE", "100"},
                                                {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "20"}});
  EXPECT_EQ(settings.delay, milliseconds(5000));
  EXPECT_EQ(settings.queue_spans, 100U);
  EXPECT_EQ(settings.batch_spans, 20U);
  EXPECT_EQ(settings.largest_batch, 20U);
  EXPECT_EQ(settings_by({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"}}).batch_spans, 100U);
  EXPECT_THAT(warning_of({{"OTEL_BSP_MAX_QUEUE_SIZE", "0"}}), HasSubstr("is ignored"));
  EXPECT_THAT(warning_of({{"OTEL_BSP_SCHEDULE_DELAY", "5s"}}), HasSubstr("is ignored"));
  EXPECT_THAT(warning_of({{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "-1"}}), HasSubstr("is ignored"));
}

}  // namespace
}  // namespace hitwatch::config
