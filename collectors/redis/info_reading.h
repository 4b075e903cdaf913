// One reading of INFO in progress: what its lines are kept in until all of them have been seen.
#pragma once

#include <initializer_list>
#include <string_view>

#include "collectors/redis/collect.h"
#include "collectors/redis/info.h"

namespace hitwatch::redis {

// The views point into the reply.
struct InfoReading {
  explicit InfoReading(Collection& into) : collection(into) {}

  Collection& collection;
  std::string_view field;  // of the line in hand, prefix and all

  // Of the label sets and facts that several fields make up.
  std::string_view redis_version, valkey_version, valkey_stage, dragonfly_version;
  std::string_view build_id, redis_mode, server_mode, os, maxmemory_policy, tcp_port, run_id;
  std::string_view process_id, master_replid, availability_zone, role, read_only;
  std::string_view cluster_enabled, loading, keyspace_hits, keyspace_misses;
  std::string_view connections_received, commands_processed, error_replies;
  std::string_view uptime_seconds, server_time_usec, evicted_keys, expired_keys;
  std::string_view used_memory, ops_per_second;
  std::string_view former_replid, repl_offset, former_repl_offset, connected_replicas;
  std::string_view full_syncs, partial_syncs, partial_syncs_denied;
  // The master that following lines are about: KeyDB replicas may have several.
  std::string_view master_host, master_port;
  bool master_past_bound = false;

  Replication replication;  // its lists; the rest is made of the fields above

  double acl_denials = -1;
  double errors_but_denials = 0;  // those of codes that no denial has
  bool has_modules = false;
  double total_keys = 0;

  void add(Metric metric, double value, metrics::LabelViews labels = {},
           metrics::Suffix suffix = metrics::Suffix::kNone) {
    collection.out.add(collection.families[metric], value, labels, suffix);
  }
  void add(Metric metric, double value, std::initializer_list<metrics::LabelView> labels,
           metrics::Suffix suffix = metrics::Suffix::kNone) {
    collection.out.add(collection.families[metric], value, labels, suffix);
  }
  // Adds `text` if it is a number; the exported value is divided by `divisor`.
  void add_number(Metric metric, std::string_view text, metrics::LabelViews labels,
                  double divisor = 1) {
    if (const auto value = parse_number(text)) add(metric, *value / divisor, labels);
  }
  void add_number(Metric metric, std::string_view text,
                  std::initializer_list<metrics::LabelView> labels, double divisor = 1) {
    add_number(metric, text, metrics::LabelViews(labels), divisor);
  }
};

// Readers of lines whose field is a fixed prefix and a name: `name` is the rest. They answer
// whether the line was theirs; if not, it is looked up in the table of fields.
//
// Commandstats, errorstats, latencystats:
bool read_command_stats(InfoReading& info, std::string_view name, std::string_view value);
bool read_error_stats(InfoReading& info, std::string_view name, std::string_view value);
bool read_latency_stats(InfoReading& info, std::string_view name, std::string_view value);
// Replication:
bool read_replica(InfoReading& info, std::string_view name, std::string_view value);
bool read_master_link(InfoReading& info, std::string_view name, std::string_view value);
bool read_slave_offset(InfoReading& info, std::string_view name, std::string_view value);
// When all lines have been seen: what they say of replication, out of the reading.
Replication take_replication(InfoReading& info);
// Sentinel:
bool read_sentinel_master(InfoReading& info, std::string_view name, std::string_view value);
// The rest:
bool read_database(InfoReading& info, std::string_view name, std::string_view value);
bool read_acl_denials(InfoReading& info, std::string_view name, std::string_view value);
bool read_io_thread(InfoReading& info, std::string_view name, std::string_view value);
bool read_certificate(InfoReading& info, std::string_view name, std::string_view value);
bool read_scripting_engine(InfoReading& info, std::string_view name, std::string_view value);
bool read_module(InfoReading& info, std::string_view name, std::string_view value);

}  // namespace hitwatch::redis
