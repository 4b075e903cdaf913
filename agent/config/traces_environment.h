// Traces by the environment variables of OpenTelemetry, as its specifications word them:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
//
// Read are OTEL_EXPORTER_OTLP_{ENDPOINT,HEADERS,TIMEOUT,COMPRESSION,PROTOCOL,CERTIFICATE,
// CLIENT_CERTIFICATE,CLIENT_KEY}, the same with OTLP_TRACES_, which win, OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_SDK_DISABLED,
// OTEL_TRACES_EXPORTER and OTEL_BSP_{SCHEDULE_DELAY,MAX_QUEUE_SIZE,MAX_EXPORT_BATCH_SIZE}.
// What is not said there has hitwatch's defaults: above all, nothing is sent without an endpoint.
#pragma once

#include <string>
#include <vector>

#include "agent/config/environment.h"
#include "agent/trace/settings.h"

namespace hitwatch::config {

struct TracesEnvironment {
  trace::Settings settings;
  bool disabled = false;  // OTEL_SDK_DISABLED: nothing is sent whatever else is said elsewhere
  // A sentence for each variable with a value that has no meaning; it was ignored. Never the value
  // of a header.
  std::vector<std::string> warnings;
};

// An empty value is one that is not set.
TracesEnvironment read_traces_environment(const Environment& environment);

}  // namespace hitwatch::config
