// GET /api/v1/keyspace: the latest report on the keys of every target, or of some.
#pragma once

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// Parameters: `instance` (a target's name), `limit` (groups of each target, 1 to 10000). Names of
// keys are redacted.
web::Response answer_keyspace(const web::Request& request, const WatchedTargets& targets);

}  // namespace hitwatch
