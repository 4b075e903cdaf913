// Attributes of spans, as OpenTelemetry's semantic conventions for databases name them.
// https://opentelemetry.io/docs/specs/semconv/database/redis/
#pragma once

#include <string>

#include "agent/trace/span.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// Which server: `db.system.name`, `server.address`, `server.port` (not of a Unix socket), and
// `hitwatch.target`, the target's name.
trace::Attributes server_attributes(const redis::Target& target);
// The same of a server of which only the target's name is known: an address, or an alias, which has
// none. "" stands for no server.
trace::Attributes named_server_attributes(const std::string& name);

}  // namespace hitwatch
