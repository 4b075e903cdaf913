// Spans as the messages that protobuf's compiler makes: slower than the encoder, and easy to read.
#pragma once

#include <span>

#include "agent/trace/resource.h"
#include "agent/trace/span.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace hitwatch::trace {

// Fills in an empty request, which may be on an arena.
void fill_request(opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest& request,
                  const Resource& resource, std::span<const Span> spans);

}  // namespace hitwatch::trace
