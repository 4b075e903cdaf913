// A request with a caller's trace becomes a span of that trace.
#include "agent/request_span.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/daemon/span_queries.h"

namespace hitwatch {
namespace {

using test::attribute;

constexpr const char* kCaller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class RequestSpan : public testing::Test {
 protected:
  web::Request request(const std::string& traceparent) const {
    web::Request out;
    out.method = "GET";
    out.path = "/api/v1/label/job/values";
    out.client = "[::1]:50514";
    if (!traceparent.empty()) out.headers.push_back({"traceparent", traceparent});
    return out;
  }
  std::vector<trace::Span> spans_of(const web::Request& asked, int status,
                                    std::string_view route = "/api/v1/label/{name}/values") {
    std::optional<int> seen;
    const web::Reply reply = traced(taken.tracer, asked, route,
                                    [&](const web::Response& response) { seen = response.status; });
    reply({.status = status});
    reply({.status = status});
    EXPECT_EQ(seen, status);
    return taken.take();
  }

  test::TakenSpans taken;
};

TEST_F(RequestSpan, IsBelowItsCaller) {
  const auto spans = spans_of(request(kCaller), 200);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "GET /api/v1/label/{name}/values");
  EXPECT_EQ(spans[0].kind, trace::Kind::kServer);
  EXPECT_EQ(trace::to_hex(spans[0].context.trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace::to_hex(spans[0].parent), "00f067aa0ba902b7");
  EXPECT_EQ(attribute(spans[0], "http.response.status_code"), "200");
  EXPECT_EQ(attribute(spans[0], "http.route"), "/api/v1/label/{name}/values");
  EXPECT_EQ(attribute(spans[0], "url.path"), "/api/v1/label/job/values");
  EXPECT_EQ(attribute(spans[0], "client.address"), "::1");
  EXPECT_EQ(attribute(spans[0], "url.scheme"), "http");
  EXPECT_EQ(spans[0].status, trace::Status::kUnset);
}

TEST_F(RequestSpan, FailuresOfOursAreErrors) {
  const auto spans = spans_of(request(kCaller), 503);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].status, trace::Status::kError);
  EXPECT_EQ(attribute(spans[0], "error.type"), "503");
}

TEST_F(RequestSpan, TheSchemeIsHowItCame) {
  web::Request asked = request(kCaller);
  asked.tls = true;
  EXPECT_EQ(attribute(spans_of(asked, 200).at(0), "url.scheme"), "https");
}

TEST_F(RequestSpan, WithoutARouteItHasTheNameOfItsMethod) {
  const auto spans = spans_of(request(kCaller), 404, "");
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "GET");
  EXPECT_EQ(attribute(spans[0], "http.route"), "(none)");
  EXPECT_EQ(spans[0].status, trace::Status::kUnset);
}

TEST_F(RequestSpan, MethodsThatNobodyKnowsDoNotMakeNames) {
  web::Request asked = request(kCaller);
  asked.method = "BREW" + std::string(100, 'X');
  const auto spans = spans_of(asked, 405, "/metrics");
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "HTTP /metrics");
  EXPECT_EQ(attribute(spans[0], "http.request.method"), "_OTHER");
  EXPECT_EQ(attribute(spans[0], "http.request.method_original"), "BREW" + std::string(28, 'X'));
}

TEST_F(RequestSpan, TwoCallersAreNone) {
  web::Request asked = request(kCaller);
  asked.headers.push_back({"Traceparent", kCaller});
  EXPECT_TRUE(spans_of(asked, 200).empty());
}

TEST_F(RequestSpan, WithoutASampledCallerThereIsNone) {
  EXPECT_TRUE(spans_of(request(""), 200).empty());
  EXPECT_TRUE(spans_of(request("nonsense"), 200).empty());
  std::string unsampled = kCaller;
  unsampled.back() = '0';
  EXPECT_TRUE(spans_of(request(unsampled), 200).empty());
}

}  // namespace
}  // namespace hitwatch
