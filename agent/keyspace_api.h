// GET /api/v1/keyspace: the latest report on the keys of every target, or of some.
#pragma once

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// Parameters: `instance` (a target's name), `limit` (groups of each target, 1 to 10000). An unknown
// or bad one answers 400, a name that no target has 404. Names of keys are redacted. One answer
// holds at most 200 targets, and says how many it leaves out, and 50000 groups; `total_groups` of a
// report is how many there are.
web::Response answer_keyspace(const web::Request& request, const WatchedTargets& targets);

}  // namespace hitwatch
