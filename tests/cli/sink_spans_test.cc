// What `hitwatch sink` makes of spans, in both of OTLP's encodings.
#include "agent/cli/sink_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/cli/sink_message.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kJsonSpans = R"({"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hitwatch"}}]},
  "scopeSpans":[{"scope":{"name":"a"},"spans":[{
    "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",
    "parentSpanId":"00f067aa0ba902b7","name":"EVAL","kind":3,
    "startTimeUnixNano":"1792000000123000000","endTimeUnixNano":"1792000000143500000",
    "attributes":[{"key":"db.query.text","value":{"stringValue":"EVAL ?"}},
                  {"key":"hitwatch.slowlog.id","value":{"intValue":"7"}},
                  {"key":"list","value":{"arrayValue":{"values":[{"boolValue":true},{"doubleValue":1.5}]}}}],
    "events":[{"timeUnixNano":"1","name":"role changed"}],
    "status":{"code":2,"message":"it failed"}}]}]}]})";

ordered_json spans_of(SpanEncoding encoding, const std::string& body) {
  const auto spans = read_spans(encoding, body);
  if (spans) return *spans;
  ADD_FAILURE() << spans.error();
  return {};
}

// The same request as kJsonSpans.
std::string protobuf_spans() {
  namespace pb = opentelemetry::proto;
  pb::collector::trace::v1::ExportTraceServiceRequest request;
  auto* of_resource = request.add_resource_spans();
  auto* name = of_resource->mutable_resource()->add_attributes();
  name->set_key("service.name");
  name->mutable_value()->set_string_value("hitwatch");
  auto* span = of_resource->add_scope_spans()->add_spans();
  span->set_trace_id("\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c");
  span->set_span_id("\xb7\xad\x6b\x71\x69\x20\x33\x31");
  span->set_parent_span_id(std::string("\x00\xf0\x67\xaa\x0b\xa9\x02\xb7", 8));
  span->set_name("EVAL");
  span->set_kind(pb::trace::v1::Span::SPAN_KIND_CLIENT);
  span->set_start_time_unix_nano(1'792'000'000'123'000'000);
  span->set_end_time_unix_nano(1'792'000'000'143'500'000);
  auto* text = span->add_attributes();
  text->set_key("db.query.text");
  text->mutable_value()->set_string_value("EVAL ?");
  auto* number = span->add_attributes();
  number->set_key("hitwatch.slowlog.id");
  number->mutable_value()->set_int_value(7);
  auto* list = span->add_attributes();
  list->set_key("list");
  list->mutable_value()->mutable_array_value()->add_values()->set_bool_value(true);
  list->mutable_value()->mutable_array_value()->add_values()->set_double_value(1.5);
  span->add_events()->set_name("role changed");
  span->mutable_status()->set_code(pb::trace::v1::Status::STATUS_CODE_ERROR);
  span->mutable_status()->set_message("it failed");
  return request.SerializeAsString();
}

TEST(SinkSpans, AreTheSameInBothEncodings) {
  const ordered_json spans = spans_of(SpanEncoding::kJson, kJsonSpans);
  EXPECT_EQ(spans, spans_of(SpanEncoding::kProtobuf, protobuf_spans()));
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0], ordered_json::parse(R"({"service":"hitwatch","name":"EVAL","kind":"client",
    "start":"2026-10-14T17:46:40.123Z","durationMs":20.5,"status":"error",
    "statusMessage":"it failed","traceId":"0af7651916cd43dd8448eb211c80319c",
    "spanId":"b7ad6b7169203331","parentSpanId":"00f067aa0ba902b7",
    "attributes":{"db.query.text":"EVAL ?","hitwatch.slowlog.id":7,"list":[true,1.5]},
    "events":["role changed"]})"));
}

TEST(SinkSpans, AreALineEach) {
  EXPECT_EQ(spans_text(spans_of(SpanEncoding::kJson, kJsonSpans)),
            "  2026-10-14T17:46:40.123Z    20.500 ms  hitwatch  EVAL  error (it failed)  "
            "db.query.text=\"EVAL ?\"  events \"role changed\"  "
            "trace 0af7651916cd43dd8448eb211c80319c\n");
}

TEST(SinkSpans, OfOtherProgramsShowTheirFirstAttributes) {
  const std::string text = spans_text(spans_of(
      SpanEncoding::kJson,
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","endTimeUnixNano":2000000000,
          "attributes":[{"key":"x","value":{"intValue":1}},{"key":"y","value":{}}]}]}]}]})"));
  EXPECT_THAT(text, HasSubstr("2.000 s "));
  EXPECT_THAT(text, HasSubstr("a  unset  x=1 y=null"));
}

TEST(SinkSpans, CannotSpeakToTheTerminal) {
  const std::string text = spans_text(
      spans_of(SpanEncoding::kJson,
               R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a\u001b[2J\nb","attributes":[
          {"key":"k\n","value":{"stringValue":"\u0007"}}],"status":{"message":"\u001b"}}]}]}]})"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(SinkSpans, MayBeIncomplete) {
  EXPECT_EQ(spans_of(SpanEncoding::kJson, "{}"), ordered_json::array());
  EXPECT_EQ(spans_of(SpanEncoding::kProtobuf, ""), ordered_json::array());
  for (const std::string body :
       {R"({"resourceSpans":[7,null,{"scopeSpans":8}]})",
        R"({"resourceSpans":[{"resource":[],"scopeSpans":[{"spans":{"a":1}}]}]})",
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":99,"status":[],"events":3,
            "attributes":{"key":"a"},"startTimeUnixNano":"-"}]}]}]})",
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"value":{"arrayValue":{}}}],
            "startTimeUnixNano":-5,"endTimeUnixNano":"18446744073709551615"}]}]}]})"}) {
    spans_text(spans_of(SpanEncoding::kJson, body));
  }
}

TEST(SinkSpans, WhatIsNoneIsAFault) {
  EXPECT_FALSE(read_spans(SpanEncoding::kProtobuf, "\xff"));
  EXPECT_FALSE(read_spans(SpanEncoding::kJson, ""));
  EXPECT_FALSE(read_spans(SpanEncoding::kJson, R"({"resourceSpans":7})"));
  EXPECT_FALSE(span_encoding("text/plain"));
  EXPECT_EQ(span_encoding("Application/JSON; charset=utf-8"), SpanEncoding::kJson);
  EXPECT_EQ(span_encoding("application/x-protobuf"), SpanEncoding::kProtobuf);
}

}  // namespace
}  // namespace hitwatch::cli
