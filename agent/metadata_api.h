// Two endpoints of Prometheus' HTTP API that say what is there: metadata and build information.
// https://prometheus.io/docs/prometheus/latest/querying/api/
#pragma once

#include <string_view>

#include "agent/targets.h"
#include "agent/web/server.h"

namespace hitwatch {

// Type and help of every metric that the targets' latest snapshots and the daemon's own exposition
// have. Parameters: `metric` for one of them, `limit`.
web::Response answer_metadata(const web::Request& request, const WatchedTargets& targets,
                              std::string_view own_exposition);

// Grafana reads from it which API it talks to: `version` is the Prometheus whose API this is.
web::Response answer_build_information();

}  // namespace hitwatch
