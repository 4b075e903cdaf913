// GET /api/v1/events: what has happened to the servers and their installations.
#pragma once

#include "agent/event_log.h"
#include "agent/web/server.h"

namespace hitwatch {

// Parameters: `target` and `group` (names), `kind`, `since` (RFC 3339 or Unix seconds) and `limit`
// (default 100). `total` counts all that match, of which `limit` are listed, the newest first.
web::Response answer_events(const web::Request& request, const EventLog& log);

}  // namespace hitwatch
