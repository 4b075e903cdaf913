#include "agent/request_span.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "agent/net/peer_address.h"

namespace hitwatch {
namespace {

constexpr std::size_t kLongestPath = 256;
constexpr std::size_t kLongestMethod = 32;

constexpr auto kMethods = std::to_array<std::string_view>(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"});

// Names of spans are few, whatever clients send.
void add_method(trace::Span& span, const std::string& method) {
  if (std::ranges::binary_search(kMethods, method)) {
    span.name = method;
    span.attributes.push_back({"http.request.method", method});
    return;
  }
  span.name = "HTTP";
  span.attributes.push_back({"http.request.method", std::string("_OTHER")});
  span.attributes.push_back({"http.request.method_original", method.substr(0, kLongestMethod)});
}

trace::Span request_span(const web::Request& request, std::string_view route,
                         const trace::Context& parent) {
  trace::Span span;
  span.context = {parent.trace, trace::new_span_id(), true};
  span.parent = parent.span;
  span.kind = trace::Kind::kServer;
  span.start = std::chrono::system_clock::now();
  add_method(span, request.method);
  span.attributes.push_back({"url.scheme", std::string(request.tls ? "https" : "http")});
  span.attributes.push_back({"url.path", request.path.substr(0, kLongestPath)});
  if (!route.empty()) {
    span.name += ' ';
    span.name += route;
    span.attributes.push_back({"http.route", std::string(route)});
  }
  const net::PeerAddress client = net::split_peer_address(request.client);
  if (!client.host.empty()) {
    span.attributes.push_back({"client.address", std::string(client.host)});
  }
  return span;
}

}  // namespace

web::Reply traced(trace::Tracer& tracer, const web::Request& request, std::string_view route,
                  web::Reply reply) {
  if (!tracer.enabled()) return reply;
  const auto parent = trace::parse_traceparent(request.sole_header("traceparent"));
  if (!parent || !tracer.samples_below(*parent, trace::Worth::kNotable)) return reply;
  // A handler may drop its reply unused, or use it twice: the server's rules hold for the span,
  // too.
  const auto span = std::make_shared<trace::Span>(request_span(request, route, *parent));
  return [&tracer, span, reply = std::move(reply)](web::Response response) {
    if (span->context.valid()) {
      span->end = std::max<trace::Time>(std::chrono::system_clock::now(), span->start);
      span->attributes.push_back({"http.response.status_code", std::int64_t{response.status}});
      if (response.status >= 500) {
        span->status = trace::Status::kError;
        span->attributes.push_back({"error.type", std::to_string(response.status)});
      }
      tracer.record(std::exchange(*span, {}));
    }
    reply(std::move(response));
  };
}

}  // namespace hitwatch
