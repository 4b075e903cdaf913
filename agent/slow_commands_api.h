// GET /api/v1/slow_commands: the latest entries of the servers' slow logs.
#pragma once

#include "agent/latest_slow_commands.h"
#include "agent/web/server.h"

namespace hitwatch {

// Parameters: `target` (a name; all without), `limit` (default 50). `total` counts all that are
// kept, of which `limit` are listed, the newest first. Arguments are shown as `?`.
web::Response answer_slow_commands(const web::Request& request, const LatestSlowCommands& latest);

}  // namespace hitwatch
