// GET /: what there is, for people.
#pragma once

#include <string>

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// Links to the other endpoints, and the state of every target.
web::Response answer_front_page(const std::string& telemetry_path, const WatchedTargets& targets);

}  // namespace hitwatch
