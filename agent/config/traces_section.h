// `traces:`: where spans go, which ones, and what they say.
//
//   traces:
//     otlp: {endpoint | traces_endpoint, protocol, headers, compression, timeout, tls}
//     service_name: hitwatch
//     resource: {deployment.environment.name: prod}
//     sampler: {name, ratio, healthy_polls}
//     query_text: redacted | full
//     queue: {spans, batch, largest_batch, delay, give_up}
#pragma once

#include "agent/trace/settings.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// What the section does not say stays as it is in `out`; `headers` are replaced all, attributes of
// the resource by name. An endpoint of "" is none.
void read_traces(yaml::Mapping& root, trace::Settings& out);

}  // namespace hitwatch::config
