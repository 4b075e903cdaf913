// A request that came with a W3C `traceparent` as a span of its caller's trace: `GET
// /api/v1/query`.
#pragma once

#include <string_view>

#include "agent/trace/tracer.h"
#include "agent/web/server.h"

namespace hitwatch {

// `reply`, which also ends the span of the request if its trace is wanted. `route` is the pattern
// of the path; "" if there is none. Requests without a caller's trace make none: scrapes would be
// most of all there is. Nor do those with two, of which one cannot be right.
//
// Names and attributes are those of https://opentelemetry.io/docs/specs/semconv/http/http-spans/.
web::Reply traced(trace::Tracer& tracer, const web::Request& request, std::string_view route,
                  web::Reply reply);

}  // namespace hitwatch
