// What goes to a receiver that is well, in which form, and what its answers mean.
#include <nlohmann/json.hpp>

#include "agent/web/decompress.h"
#include "tests/net/https_server.h"
#include "tests/trace/exporting.h"

namespace hitwatch::trace {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

std::string partial_success(int rejected, const std::string& text) {
  ExportTraceServiceResponse response;
  response.mutable_partial_success()->set_rejected_spans(rejected);
  response.mutable_partial_success()->set_error_message(text);
  return response.SerializeAsString();
}

net::SecretSource in_file(const std::string& path) {
  return {.literal = "", .file = path, .environment = ""};
}
net::SecretSource literal(const std::string& text) {
  return {.literal = text, .file = "", .environment = ""};
}

TEST_F(ExporterTest, SendsWhatIsRecorded) {
  TraceReceiver receiver({says(200)});
  start(settings_for(receiver));
  record({"a", "b"});
  const auto request = receiver.wait_for(1)[0];
  EXPECT_THAT(request.head, testing::StartsWith("POST /v1/traces HTTP/1.1\r\n"));
  EXPECT_TRUE(request.has("Content-Type: application/x-protobuf")) << request.head;
  EXPECT_THAT(request.head, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(request.head, HasSubstr("\r\nUser-Agent: hitwatch/"));
  EXPECT_THAT(request.names(), ElementsAre("a", "b"));
  EXPECT_TRUE(eventually([&] { return exported() == 2; }));
  EXPECT_TRUE(eventually([&] { return settled().size() == 2; }));
  EXPECT_THAT(settled(), ElementsAre(Pair("a", 1), Pair("b", 1)));
  EXPECT_EQ(requests("accepted"), 1);
  EXPECT_EQ(queued(), 0);
}

TEST_F(ExporterTest, ShowsAllReasonsAndOutcomesFromTheStart) {
  start({});
  for (const std::string reason : {"queue_full", "refused", "rejected", "expired", "shutdown"}) {
    EXPECT_EQ(dropped(reason), 0);
  }
  for (const std::string outcome :
       {"accepted", "partial", "too_large", "refused", "busy", "failed"}) {
    EXPECT_EQ(requests(outcome), 0);
  }
  EXPECT_EQ(exported(), 0);
  EXPECT_EQ(queued(), 0);
}

TEST_F(ExporterTest, SendsJsonIfAskedFor) {
  TraceReceiver receiver({says(200, R"({"partialSuccess":{"rejectedSpans":"1"}})",
                               "Content-Type: application/json\r\n")});
  Settings settings = settings_for(receiver);
  settings.protocol = Protocol::kJson;
  start(settings);
  record({"a", "b"});
  const auto request = receiver.wait_for(1)[0];
  EXPECT_TRUE(request.has("Content-Type: application/json")) << request.head;
  const auto body = nlohmann::json::parse(request.body);
  EXPECT_EQ(body["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["name"], "b");
  EXPECT_TRUE(eventually([&] { return dropped("rejected") == 1; }));
  EXPECT_EQ(exported(), 1);
}

TEST_F(ExporterTest, CompressesIfAskedFor) {
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(receiver);
  settings.gzip = true;
  start(settings);
  record(std::vector<std::string>(100, "a"));
  const auto request = receiver.wait_for(1)[0];
  EXPECT_TRUE(request.has("Content-Encoding: gzip")) << request.head;
  const std::string plain = web::gunzip(request.body, 1U << 20).value();
  EXPECT_EQ((ReceivedTraces{.head = "", .body = plain, .arrived = {}}).names().size(), 100U);
  EXPECT_LT(request.body.size(), plain.size() / 4);
}

TEST_F(ExporterTest, SendsHeadersWhoseSecretsItReadsEachTimeAndNeverSays) {
  const web::TemporaryFolder folder;
  TraceReceiver receiver({says(400, "no key-of-today", "Content-Type: text/plain\r\n")});
  Settings settings = settings_for(receiver);
  settings.headers = {{"api-key", in_file(folder.write("key", "key-of-today\n"))},
                      {"x-tenant", literal("acme")}};
  start(settings);
  record({"a"});
  EXPECT_TRUE(receiver.wait_for(1)[0].has("api-key: key-of-today"));
  EXPECT_TRUE(receiver.wait_for(1)[0].has("x-tenant: acme"));
  folder.write("key", "key-of-tomorrow\n");
  record({"b"});
  EXPECT_TRUE(receiver.wait_for(2)[1].has("api-key: key-of-tomorrow"));
  const std::string log = log_at_the_end();
  EXPECT_THAT(log, Not(HasSubstr("key-of")));
  EXPECT_THAT(log, HasSubstr("HTTP status 400: no <secret>"));
  EXPECT_THAT(log, Not(HasSubstr("/v1/traces"))) << "paths may have secrets";
}

TEST_F(ExporterTest, NeverSaysPartsOfSecretsEither) {
  TraceReceiver receiver({says(401,
                               R"({"message":"abc123, ann:pa55 or pa55 of key-in-path, )"
                               R"(key-in-query cannot POST /v1/traces"})",
                               "Content-Type: application/json\r\n")});
  Settings settings = settings_for(receiver);
  settings.endpoint += "/key-in-path?k=key-in-query";
  settings.headers = {{"Authorization", literal("Bearer abc123")},
                      {"Proxy-Token", literal("Basic YW5uOnBhNTU=")}};  // ann:pa55
  start(settings);
  record({"a"});
  receiver.wait_for(1);
  EXPECT_THAT(log_at_the_end(),
              HasSubstr("HTTP status 401: <secret>, <secret> or <secret> of <secret>, <secret> "
                        "cannot POST /v1/traces"));
}

TEST_F(ExporterTest, ThePathOfEverybodyIsNoSecret) {
  TraceReceiver receiver({says(404, "no /v1/traces", "Content-Type: text/plain\r\n")});
  start(settings_for(receiver));
  record({"a"});
  receiver.wait_for(1);
  EXPECT_THAT(log_at_the_end(), HasSubstr("HTTP status 404: no /v1/traces"));
}

TEST_F(ExporterTest, ASecretThatCannotBeReadIsTriedAgain) {
  const web::TemporaryFolder folder;
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(receiver);
  settings.headers = {{"api-key", in_file(folder.path("key"))}};
  start(settings);
  record({"a"});
  EXPECT_TRUE(eventually([&] { return requests("failed") > 0; }));
  EXPECT_EQ(receiver.count(), 0U);
  folder.write("key", "there it is");
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
}

TEST_F(ExporterTest, CountsAndSaysWhatIsRejected) {
  TraceReceiver receiver({says(200, partial_success(2, "too old"))});
  start(settings_for(receiver));
  record({"a", "b", "c"});
  EXPECT_TRUE(eventually([&] { return settled().size() == 3; })) << "all of them are done with";
  EXPECT_EQ(exported(), 1);
  EXPECT_EQ(dropped("rejected"), 2);
  EXPECT_EQ(requests("partial"), 1);
  const std::string log = log_at_the_end();
  EXPECT_THAT(log, HasSubstr("too old"));
  EXPECT_EQ(receiver.count(), 1U) << "they are not sent again";
}

TEST_F(ExporterTest, TakesAWarningForSuccess) {
  TraceReceiver receiver({says(200, partial_success(0, "use a newer version"))});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(requests("accepted"), 1);
  EXPECT_THAT(log_at_the_end(), HasSubstr("use a newer version"));
}

TEST_F(ExporterTest, RejectsNoMoreThanThereIs) {
  TraceReceiver receiver(
      {says(200, partial_success(1000, "")), says(200, partial_success(-5, ""))});
  start(settings_for(receiver));
  record({"a", "b"});
  EXPECT_TRUE(eventually([&] { return dropped("rejected") == 2; }));
  record({"c"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
}

TEST_F(ExporterTest, AnAnswerThatCannotBeReadIsOneNevertheless) {
  const std::string garbage(100'000, '\xff');
  const std::string json = "Content-Type: application/json\r\n";
  TraceReceiver receiver({says(200, garbage), says(200, "[1,{", json), says(200, "[]", json),
                          says(200, R"({"partialSuccess":[7]})", json), says(202, "taken"),
                          says(200, "zipped", "Content-Encoding: gzip\r\n")});
  start(settings_for(receiver));
  for (int i = 1; i <= 6; ++i) {
    record({std::to_string(i)});
    ASSERT_TRUE(eventually([&] { return exported() == i; })) << i;
  }
  EXPECT_EQ(receiver.count(), 6U);
}

TEST_F(ExporterTest, DropsWhatIsRefused) {
  TraceReceiver receiver({says(400, "no such thing"), says(404), says(500),
                          says(301, "", "Location: /\r\n"), says(401), says(200)});
  start(settings_for(receiver));
  for (int i = 1; i <= 5; ++i) {
    record({std::to_string(i), "other"});
    ASSERT_TRUE(eventually([&] { return dropped("refused") == 2 * i; })) << i;
  }
  record({"last"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(receiver.count(), 6U) << "nothing is sent twice";
  EXPECT_EQ(requests("refused"), 5);
  EXPECT_TRUE(eventually([&] { return settled()["last"] == 1; }));
  EXPECT_EQ(settled()["1"], 1);
  EXPECT_EQ(settled()["other"], 5);
  const std::string log = log_at_the_end();
  EXPECT_THAT(log, HasSubstr("HTTP status 400: no such thing"));
  EXPECT_EQ(log_lines(log, "refuses spans"), 1) << "once a minute:\n" << log;
}

TEST_F(ExporterTest, SaysWhatARefusalSays) {
  // google.rpc.Status{code: 3, message: "span has no name"}
  TraceReceiver receiver(
      {says(400, "\x08\x03\x12\x10span has no name", "Content-Type: application/x-protobuf\r\n")});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return dropped("refused") == 1; }));
  EXPECT_THAT(log_at_the_end(), HasSubstr("HTTP status 400: span has no name"));
}

TEST_F(ExporterTest, HalvesWhatIsTooLarge) {
  TraceReceiver receiver({says(413), says(413), says(200)});
  start(settings_for(receiver));
  record({"a", "b", "c", "d", "e"});
  EXPECT_TRUE(eventually([&] { return exported() == 5; }));
  const auto requests = receiver.wait_for(5);
  EXPECT_THAT(requests[0].names(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(requests[1].names(), ElementsAre("a", "b"));
  EXPECT_THAT(requests[2].names(), ElementsAre("a"));
  EXPECT_THAT(requests[3].names(), ElementsAre("b"));
  EXPECT_THAT(requests[4].names(), ElementsAre("c", "d", "e"));
  EXPECT_TRUE(eventually([&] { return settled().size() == 5; }));
  EXPECT_EQ(this->requests("too_large"), 2);
  EXPECT_EQ(queued(), 0);
}

TEST_F(ExporterTest, DropsOneSpanThatIsTooLarge) {
  TraceReceiver receiver({says(413), says(413), says(200)});
  start(settings_for(receiver));
  record({"a", "b"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(dropped("refused"), 1);
  EXPECT_TRUE(eventually([&] { return settled()["b"] == 1; }));
  EXPECT_EQ(settled()["a"], 1);
}

TEST_F(ExporterTest, SendsSmallerBatchesForAWhileAfterOneThatWasTooLarge) {
  TraceReceiver receiver({says(413), says(200)});
  start(settings_for(receiver));
  const std::vector<std::string> eight(8, "a");
  record(eight);
  EXPECT_TRUE(eventually([&] { return exported() == 8; }));
  record(eight);
  EXPECT_TRUE(eventually([&] { return exported() == 16; }));
  record(eight);
  EXPECT_TRUE(eventually([&] { return exported() == 24; }));
  std::vector<std::size_t> sizes;
  for (const auto& request : receiver.wait_for(6)) sizes.push_back(request.names().size());
  EXPECT_THAT(sizes, ElementsAre(8, 4, 4, 6, 2, 8));
}

TEST_F(ExporterTest, SendsABatchWhenItIsFullOrAfterTheDelay) {
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(receiver);
  settings.batch_spans = 3;
  settings.delay = std::chrono::hours(1);
  start(settings);
  record({"a", "b"});
  record({"c"});
  EXPECT_THAT(receiver.wait_for(1)[0].names(), ElementsAre("a", "b", "c"));
  record({"d"});
  settings.delay = milliseconds(1);
  configure(settings);
  EXPECT_THAT(receiver.wait_for(2)[1].names(), ElementsAre("d"));
}

TEST_F(ExporterTest, SendsALongQueueInLargeBatches) {
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(receiver);
  settings.batch_spans = 10;
  settings.largest_batch = 2000;
  tracer_.configure(settings);
  record(std::vector<std::string>(9000, "a"));
  start(settings);
  EXPECT_TRUE(eventually([&] { return exported() == 9000; }));
  EXPECT_EQ(receiver.count(), 5U);
  for (const auto& request : receiver.wait_for(1)) EXPECT_LE(request.names().size(), 2000U);
}

TEST_F(ExporterTest, SendsOverTlsToWhoHasTheRightCertificate) {
  const net::HttpsServer server;
  TraceReceiver receiver({says(200)}, server.context);
  Settings settings =
      settings_for("https://127.0.0.1:" + std::to_string(receiver.port()) + "/v1/traces");
  settings.tls.ca_file = server.folder.path("ca.pem");
  start(settings);
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
}

TEST_F(ExporterTest, SendsNothingOverTlsToAnybodyElse) {
  const net::HttpsServer server;
  const net::HttpsServer stranger;
  TraceReceiver receiver({says(200)}, server.context);
  Settings settings =
      settings_for("https://127.0.0.1:" + std::to_string(receiver.port()) + "/v1/traces");
  settings.tls.ca_file = stranger.folder.path("ca.pem");
  start(settings);
  record({"a"});
  EXPECT_TRUE(eventually([&] { return requests("failed") >= 2; }));
  EXPECT_EQ(receiver.count(), 0U);
  EXPECT_EQ(queued(), 1);
  settings.tls.ca_file = server.folder.path("ca.pem");
  configure(settings);
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
}

TEST_F(ExporterTest, GoesThroughTheProxyOfTheEnvironment) {
  TraceReceiver proxy({says(200)});
  setenv("HTTP_PROXY", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
  start(settings_for("http://collector.example/v1/traces"));
  record({"a"});
  EXPECT_THAT(proxy.wait_for(1)[0].head,
              testing::StartsWith("POST http://collector.example/v1/traces HTTP/1.1\r\n"));
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  exporter_->stop();
  unsetenv("HTTP_PROXY");
}

}  // namespace
}  // namespace hitwatch::trace
