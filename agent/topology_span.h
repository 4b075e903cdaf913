// An event of an installation, such as a failover, as a span. Pure.
#pragma once

#include "agent/trace/span.h"
#include "collectors/topology/event.h"

namespace hitwatch {

// `failover mymaster`: the kind of the event, and the group (or the server) that it happened to. It
// has no duration: what is known is when it was told.
trace::Span topology_span(const topology::Event& event, const trace::Context& context);

}  // namespace hitwatch
