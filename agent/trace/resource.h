// Who sends the spans: the attributes that all of them share.
// https://opentelemetry.io/docs/specs/semconv/resource/
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/trace/settings.h"
#include "agent/trace/span.h"

namespace hitwatch::trace {

using Resource = std::vector<std::pair<std::string, Value>>;  // keys are unique

// A random UUID (version 4 of RFC 9562), for `service.instance.id`: one for each process.
std::string new_instance_id();

// What is known of this process, the settings' attributes, which replace that, and the settings'
// name of the service, which replaces both.
Resource make_resource(const Settings& settings, const std::string& instance_id);

}  // namespace hitwatch::trace
