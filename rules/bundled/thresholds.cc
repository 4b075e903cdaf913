#include "rules/bundled/thresholds.h"

#include <array>

namespace hitwatch::bundled {
namespace {

constexpr auto kThresholds = std::to_array<Threshold>({
    {"hit_ratio", "", 0.8},
    {"hit_ratio", "session", 0.95},
    {"hit_ratio", "user", 0.75},
    {"hit_ratio", "llm-response", 0.6},
    {"min_lookups", "", 100},
    {"error_ratio", "", 0.05},
    {"get_p99", "", 0.01},
    {"min_timings", "", 500},
    {"warm_up", "", 600},
    {"warm_up_share", "", 0.1},
    {"slow_commands", "", 10},
    {"latency_spike", "", 0.1},
    {"memory_ratio", "", 0.9},
    {"fragmentation_ratio", "", 1.5},
    {"fragmentation_bytes", "", 268'435'456},
    {"evictions", "", 10},
    {"rejected_connections", "", 0},
    {"clients_ratio", "", 0.9},
    {"blocked_clients", "", 50},
    {"output_buffer", "", 67'108'864},
    {"input_buffer", "", 33'554'432},
    {"rdb_age", "", 86'400},
    {"save_duration", "", 1800},
    {"aof_rewrite_duration", "", 1800},
    {"aof_delayed_fsyncs", "", 10},
    {"replication_lag", "", 10},
    {"replication_backlog", "", 67'108'864},
    {"replicas", "", 0},
    {"full_syncs", "", 2},
    {"max_masters", "", 0},
    {"cluster_imbalance", "", 1.5},
    {"oom_errors", "", 0},
    {"auth_errors", "", 10},
    {"redirects", "", 600},
    {"readonly_errors", "", 10},
    {"other_errors", "", 300},
    {"keys_without_ttl", "", 100'000},
    {"keys_without_ttl_growth", "", 10'000},
    {"keys_without_tenant", "", 100},
    {"unclassified_ratio", "", 0.1},
    {"snapshot_age", "", 60},
    {"keyspace_age", "", 1800},
    {"polls_failed", "", 3},
    {"discovery_age", "", 60},
    {"poll_lateness", "", 1},
    {"connects_waiting", "", 0},
    {"notifications_pending", "", 0},
    {"datagrams_dropped", "", 0},
    {"lines_rejected", "", 100},
    {"series_dropped", "", 0},
    {"tap_disagreement", "", 0.02},
    {"tenants_overflowed", "", 1000},
});

}  // namespace

std::span<const Threshold> thresholds() { return kThresholds; }

}  // namespace hitwatch::bundled
