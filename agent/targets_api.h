// GET /api/v1/targets and GET /sd: which targets there are, and how they are.
#pragma once

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// The state of the targets that are asked for, in the order of the configuration. Parameters, for
// who has thousands: `name` (a pattern with * and ?), `state` (up, partial, down or unknown) and
// `limit`, with which those that are down come first, then partial and unknown ones. `total` counts
// those that match, `states` all there are by their state.
web::Response answer_targets(const web::Request& request, const WatchedTargets& targets);

// https://prometheus.io/docs/prometheus/latest/http_sd/ . Each target stands under the name that
// /scrape?target= takes.
web::Response answer_service_discovery(const WatchedTargets& targets);

}  // namespace hitwatch
