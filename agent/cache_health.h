// GET /health/cache: hits, misses and keys of the targets, in the words of applications' own health
// pages.
#pragma once

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// By what their last polls said; 503 if there are none or one is down.
web::Response answer_cache_health(const WatchedTargets& targets);

}  // namespace hitwatch
