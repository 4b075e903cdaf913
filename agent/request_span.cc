#include "agent/request_span.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace hitwatch {
namespace {

constexpr std::size_t kLongestPath = 256;

trace::Span request_span(const web::Request& request, std::string_view route,
                         const trace::Context& parent) {
  trace::Span span;
  span.context = {parent.trace, trace::new_span_id(), true};
  span.parent = parent.span;
  span.kind = trace::Kind::kServer;
  span.name = route.empty() ? request.method : request.method + ' ' + std::string(route);
  span.start = std::chrono::system_clock::now();
  span.attributes = {{"http.request.method", request.method},
                     {"url.path", request.path.substr(0, kLongestPath)}};
  if (!route.empty()) span.attributes.push_back({"http.route", std::string(route)});
  const std::string client = request.client.substr(0, request.client.rfind(':'));
  span.attributes.push_back({"client.address", client});
  return span;
}

}  // namespace

web::Reply traced(trace::Tracer& tracer, const web::Request& request, std::string_view route,
                  web::Reply reply) {
  if (!tracer.enabled()) return reply;
  const auto parent = trace::parse_traceparent(request.header("traceparent"));
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
