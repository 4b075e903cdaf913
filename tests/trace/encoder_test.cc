// What is sent is read by OpenTelemetry's own JavaScript, and says what the spans say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "agent/trace/otlp_encode.h"
#include "agent/version.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "tests/trace/spans.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::trace {
namespace {

using nlohmann::json;
using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

std::string encoded(Protocol protocol, const std::vector<Span>& spans,
                    const Resource& resource = {{"service.name", "caches"}}) {
  OtlpEncoder encoder;
  return std::string(encoder.encode(protocol, resource, spans));
}

// As the other implementation reads it.
json decoded(Protocol protocol, const std::string& body) {
  const std::string modules = HITWATCH_NODE_MODULES;
  EXPECT_TRUE(std::filesystem::exists(modules + "/@opentelemetry/otlp-transformer"))
      << "the decoder is not in " << modules << ": './dev test' installs it";
  const web::TemporaryFolder folder;
  const std::string command = "node '" HITWATCH_DECODE "' '" + modules + "' " +
                              (protocol == Protocol::kJson ? "json" : "protobuf") + " '" +
                              folder.write("body", body) + "' 2>&1";
  std::string output;
  FILE* reader = popen(command.c_str(), "re");
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, reader))
    output.append(buffer, got);
  EXPECT_EQ(pclose(reader), 0) << output;
  return json::parse(output, nullptr, false);
}

ExportTraceServiceRequest parsed(const std::string& body) {
  ExportTraceServiceRequest request;
  EXPECT_TRUE(request.ParseFromString(body));
  return request;
}

const json kFailedPoll = json::parse(R"({
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "caches"}}]},
    "scopeSpans": [{
      "scope": {"name": "hitwatch", "version": "VERSION"},
      "spans": [{
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": "eee19b7ec3c1b173",
        "name": "poll",
        "kind": 1,
        "startTimeUnixNano": "1790000000123456789",
        "endTimeUnixNano": "1790000003123456789",
        "attributes": [{"key": "server.address", "value": {"stringValue": "cache.example"}}],
        "events": [
          {"timeUnixNano": "1790000001123456789", "name": "reconnect",
           "attributes": [{"key": "attempt", "value": {"intValue": "2"}}]},
          {"timeUnixNano": "1790000002123456789", "name": "gave up"}],
        "links": [{
          "traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708",
          "attributes": [{"key": "why", "value": {"stringValue": "evaluation"}}]}],
        "status": {"code": 2, "message": "connection refused"}}],
      "schemaUrl": "https://opentelemetry.io/schemas/1.33.0"}],
    "schemaUrl": "https://opentelemetry.io/schemas/1.33.0"}]})");

json expected_failed_poll() {
  json expected = kFailedPoll;
  expected["resourceSpans"][0]["scopeSpans"][0]["scope"]["version"] = kVersion;
  return expected;
}

class EncodingTest : public testing::TestWithParam<Protocol> {
 protected:
  static json decoded_spans(const std::vector<Span>& spans) {
    return decoded(GetParam(),
                   encoded(GetParam(), spans))["resourceSpans"][0]["scopeSpans"][0]["spans"];
  }
};

TEST_P(EncodingTest, IsReadByAnotherImplementation) {
  const auto body = encoded(GetParam(), {failed_poll()});
  EXPECT_EQ(decoded(GetParam(), body), expected_failed_poll());
}

TEST_P(EncodingTest, KeepsEveryKindOfValue) {
  Span span = slow_command();
  span.attributes.push_back({"big", std::numeric_limits<std::int64_t>::min()});
  span.attributes.push_back({"false", false});
  span.attributes.push_back({"zero", std::int64_t{0}});
  span.attributes.push_back({"empty", ""});
  span.attributes.push_back({"none", std::vector<std::string>{}});
  span.attributes.push_back({"endless", std::numeric_limits<double>::infinity()});
  const json values = decoded_spans({span})[0]["attributes"];
  EXPECT_EQ(values, json::parse(R"([
    {"key": "db.system.name", "value": {"stringValue": "redis"}},
    {"key": "db.operation.name", "value": {"stringValue": "EVAL"}},
    {"key": "db.query.text", "value": {"stringValue": "EVAL ? ? catalog:acme:17"}},
    {"key": "server.port", "value": {"intValue": "6379"}},
    {"key": "hitwatch.slowlog.id", "value": {"intValue": "-1"}},
    {"key": "hitwatch.share", "value": {"doubleValue": 0.25}},
    {"key": "hitwatch.complete", "value": {"boolValue": true}},
    {"key": "hitwatch.tenants", "value": {"arrayValue": {"values": [
      {"stringValue": "acme"}, {"stringValue": "globex"}]}}},
    {"key": "big", "value": {"intValue": "-9223372036854775808"}},
    {"key": "false", "value": {"boolValue": false}},
    {"key": "zero", "value": {"intValue": "0"}},
    {"key": "empty", "value": {"stringValue": ""}},
    {"key": "none", "value": {"arrayValue": {}}},
    {"key": "endless", "value": {"doubleValue": "Infinity"}}])"));
}

TEST_P(EncodingTest, KeepsTheOrderOfSpans) {
  std::vector<Span> spans;
  for (int i = 0; i < 300; ++i) spans.push_back(slow_command(std::to_string(i)));
  const json shown = decoded_spans(spans);
  ASSERT_EQ(shown.size(), spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    ASSERT_EQ(shown[i]["spanId"], to_hex(spans[i].context.span)) << i;
    ASSERT_EQ(shown[i]["attributes"][2]["value"]["stringValue"], "EVAL ? ? " + std::to_string(i));
  }
}

TEST_P(EncodingTest, MakesAnyBytesText) {
  Span span = slow_command();
  span.name = std::string("GET\0\x01\"\\\n", 8);
  span.status = Status::kError;
  span.status_message = "bad \xff\xc3 end";
  span.attributes = {{"cut", std::string(2 * kLongestText, 'x')},
                     {"runes", "x" + std::string(kLongestText, '\xc3')},
                     {"euro", "\xe2\x82\xac"}};
  const json shown = decoded_spans({span})[0];
  EXPECT_EQ(shown["name"], span.name);
  EXPECT_EQ(shown["status"]["message"], "bad \xef\xbf\xbd\xef\xbf\xbd end");
  EXPECT_EQ(shown["attributes"][0]["value"]["stringValue"], std::string(kLongestText, 'x'));
  EXPECT_EQ(shown["attributes"][1]["value"]["stringValue"].get<std::string>().size(), kLongestText);
  EXPECT_EQ(shown["attributes"][2]["value"]["stringValue"], "\xe2\x82\xac");
}

TEST_P(EncodingTest, OfNoSpansIsARequestToo) {
  const json shown = decoded(GetParam(), encoded(GetParam(), {}));
  EXPECT_FALSE(shown["resourceSpans"][0]["scopeSpans"][0].contains("spans") &&
               !shown["resourceSpans"][0]["scopeSpans"][0]["spans"].empty());
}

INSTANTIATE_TEST_SUITE_P(Protocols, EncodingTest,
                         testing::Values(Protocol::kProtobuf, Protocol::kJson),
                         [](const auto& test) {
                           return test.param == Protocol::kJson ? "Json" : "Protobuf";
                         });

// Beyond what the other implementation knows: as our own cut of the messages reads it.
TEST(Flags, SayWhatIsSampledAndWhichParentIsRemote) {
  Span root = slow_command();
  root.context.sampled = false;
  Span served = failed_poll();
  served.kind = Kind::kServer;
  const std::vector<Span> spans = {root, failed_poll(), served};
  const auto request = parsed(encoded(Protocol::kProtobuf, spans));
  const auto& shown = request.resource_spans(0).scope_spans(0).spans();
  EXPECT_EQ(shown[0].flags(), 0x100U);
  EXPECT_EQ(shown[1].flags(), 0x101U);
  EXPECT_EQ(shown[2].flags(), 0x301U);
  EXPECT_EQ(shown[1].links(0).flags(), 0x001U);
  const json body = json::parse(encoded(Protocol::kJson, spans));
  EXPECT_EQ(body["resourceSpans"][0]["scopeSpans"][0]["spans"][2]["flags"], 0x301);
}

TEST(JsonEncoding, IsWhatTheOtherImplementationWrites) {
  json body = json::parse(encoded(Protocol::kJson, {failed_poll()}));
  json& span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  span.erase("flags");
  span["links"][0].erase("flags");
  EXPECT_EQ(body, expected_failed_poll());
}

TEST(Encoder, IsUsedAgain) {
  OtlpEncoder encoder;
  const Resource resource = {{"service.name", "caches"}};
  const std::vector<Span> many(500, slow_command());
  const std::vector<Span> one = {failed_poll()};
  const std::string first(encoder.encode(Protocol::kProtobuf, resource, one));
  static_cast<void>(encoder.encode(Protocol::kProtobuf, resource, many));
  EXPECT_EQ(encoder.encode(Protocol::kProtobuf, resource, one), first);
}

TEST(ResourceTest, SaysWhoSendsTheSpans) {
  Settings settings;
  settings.service_name = "caches";
  settings.resource = {{"deployment.environment.name", "staging"},
                       {"host.name", "other"},
                       {"service.name", "ignored"}};
  const Resource resource = make_resource(settings, "id");
  const std::map<std::string, Value> attributes(resource.begin(), resource.end());
  EXPECT_EQ(attributes.size(), resource.size()) << "a key is there twice";
  EXPECT_EQ(attributes.at("service.name"), Value("caches"));
  EXPECT_EQ(attributes.at("service.version"), Value(kVersion));
  EXPECT_EQ(attributes.at("service.instance.id"), Value("id"));
  EXPECT_EQ(attributes.at("host.name"), Value("other"));
  EXPECT_EQ(attributes.at("deployment.environment.name"), Value("staging"));
  EXPECT_EQ(attributes.at("process.pid"), Value(std::int64_t{getpid()}));
  EXPECT_EQ(attributes.at("telemetry.sdk.language"), Value("cpp"));
  EXPECT_EQ(attributes.at("telemetry.sdk.name"), Value("hitwatch"));
  EXPECT_EQ(attributes.at("telemetry.sdk.version"), Value(kVersion));
  EXPECT_NE(std::get<std::string>(make_resource({}, "").back().second), "");
}

TEST(InstanceId, IsARandomUuid) {
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::string id = new_instance_id();
  EXPECT_TRUE(std::regex_match(id, uuid)) << id;
  EXPECT_NE(new_instance_id(), id);
}

}  // namespace
}  // namespace hitwatch::trace
