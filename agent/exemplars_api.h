// /api/v1/query_exemplars of Prometheus' HTTP API: traces of lookups behind the buckets of
// cache_latency_seconds. Grafana asks it and shows them as points that lead to a trace.
// https://prometheus.io/docs/prometheus/latest/querying/api/#querying-exemplars
#pragma once

#include <expected>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/web/server.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

// Parameters: `query`, whose selectors say which series are meant, `start` and `end`. What the
// store has now is all there is: the latest of each bucket. `own_labels` are those that every
// series of the daemon's own has in the window.
web::Response answer_exemplars(const web::Request& request, const lookups::Store& store,
                               lookups::Buckets buckets, const metrics::Labels& own_labels);

}  // namespace hitwatch
