// GET /api/v1/targets and GET /sd: which targets there are, and how they are.
#pragma once

#include <string_view>

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// The state of every target.
web::Response answer_targets(const WatchedTargets& targets);

// https://prometheus.io/docs/prometheus/latest/http_sd/ . Each target stands under the name that
// /scrape?target= takes.
web::Response answer_service_discovery(const WatchedTargets& targets);

// "unknown" before the first poll (`state` is null), then "up", "partial" or "down".
std::string_view state_word(const redis::TargetState* state);

}  // namespace hitwatch
