// GET /api/v1/tenants: hits, misses and latencies per tenant and type over the last minutes.
#pragma once

#include "agent/web/server.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

// Parameters: `sort` (misses, miss_ratio, hits, lookups, errors, p50, p95, p99, tenant, type),
// `order` (desc; asc for names), `window` (1m, 5m, 15m: which one sorts; default 5m), `tenant` and
// `type` (patterns with * and ?), `layer`, `source`, `min_lookups` (in that window), `limit`
// (default 100, at most 10000). An unknown or bad one answers 400 and says what would be right.
// Ratios have Wilson's 95 % interval beside them; ratios and quantiles without data are null.
web::Response answer_tenants(const web::Request& request, const lookups::Store& store,
                             lookups::Clock::time_point now);

}  // namespace hitwatch
