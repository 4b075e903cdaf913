// INFO: one pass over its lines. A line goes to the reader of its prefix, else to the table of
// fields; some are kept for the label sets and the facts that are made at the end.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "collectors/redis/info_fields.h"
#include "collectors/redis/info_reading.h"
#include "collectors/redis/name_index.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr double kMostUptime = 1e9;  // seconds: any more would overflow times in nanoseconds

using Kept = std::string_view InfoReading::*;

struct KeptField {
  std::string_view field;
  Kept kept;
};

constexpr KeptField kKeptFields[] = {
    {"redis_version", &InfoReading::redis_version},
    {"valkey_version", &InfoReading::valkey_version},
    {"valkey_release_stage", &InfoReading::valkey_stage},
    {"dragonfly_version", &InfoReading::dragonfly_version},
    {"redis_build_id", &InfoReading::build_id},
    {"redis_mode", &InfoReading::redis_mode},
    {"server_mode", &InfoReading::server_mode},
    {"os", &InfoReading::os},
    {"maxmemory_policy", &InfoReading::maxmemory_policy},
    {"tcp_port", &InfoReading::tcp_port},
    {"run_id", &InfoReading::run_id},
    {"process_id", &InfoReading::process_id},
    {"master_replid", &InfoReading::master_replid},
    {"availability_zone", &InfoReading::availability_zone},
    {"role", &InfoReading::role},
    {"slave_read_only", &InfoReading::read_only},
    {"cluster_enabled", &InfoReading::cluster_enabled},
    {"loading", &InfoReading::loading},
    {"keyspace_hits", &InfoReading::keyspace_hits},
    {"keyspace_misses", &InfoReading::keyspace_misses},
    {"total_connections_received", &InfoReading::connections_received},
    {"total_commands_processed", &InfoReading::commands_processed},
    {"total_error_replies", &InfoReading::error_replies},
    {"evicted_keys", &InfoReading::evicted_keys},
    {"expired_keys", &InfoReading::expired_keys},
    {"used_memory", &InfoReading::used_memory},
    {"instantaneous_ops_per_sec", &InfoReading::ops_per_second},
    {"uptime_in_seconds", &InfoReading::uptime_seconds},
    {"server_time_usec", &InfoReading::server_time_usec},
    {"master_replid2", &InfoReading::former_replid},
    {"master_repl_offset", &InfoReading::repl_offset},
    {"second_repl_offset", &InfoReading::former_repl_offset},
    {"connected_slaves", &InfoReading::connected_replicas},
    {"sync_full", &InfoReading::full_syncs},
    {"sync_partial_ok", &InfoReading::partial_syncs},
    {"sync_partial_err", &InfoReading::partial_syncs_denied},
};

struct PrefixReader {
  std::string_view prefix;
  bool (*read)(InfoReading& info, std::string_view name, std::string_view value);
};

constexpr PrefixReader kPrefixReaders[] = {
    {"cmdstat_", read_command_stats},
    {"latency_percentiles_usec_", read_latency_stats},
    {"errorstat_", read_error_stats},
    {"db", read_database},
    {"slave_", read_slave_offset},
    {"slave", read_replica},
    {"master_", read_master_link},
    {"master", read_sentinel_master},
    {"acl_access_denied_", read_acl_denials},
    {"used_active_time_io_thread_", read_io_thread},
    {"tls_", read_certificate},
    {"engine_", read_scripting_engine},
    {"module", read_module},
};

bool read_by_prefix(InfoReading& info, const InfoLine& line) {
  info.field = line.field;
  for (const PrefixReader& reader : kPrefixReaders) {
    if (reader.prefix.front() != line.field.front()) continue;
    if (!line.field.starts_with(reader.prefix)) continue;
    if (reader.read(info, line.field.substr(reader.prefix.size()), line.value)) return true;
  }
  return false;
}

// What a field by this name is for.
struct KnownField {
  const InfoField* row = nullptr;
  Kept kept = nullptr;
  bool prefixed = false;  // a reader of prefixes is asked first
};

const NameIndex<KnownField>& known_fields() {
  static const NameIndex<KnownField> fields = [] {
    NameIndex<KnownField> made;
    const auto add = [&made](std::string_view field) -> KnownField& {
      KnownField& known = made[field];
      known.prefixed = std::ranges::any_of(
          kPrefixReaders, [&](const auto& reader) { return field.starts_with(reader.prefix); });
      return known;
    };
    for (const InfoField& row : info_fields()) add(row.field).row = &row;
    for (const KeptField& field : kKeptFields) add(field.field).kept = field.kept;
    return made;
  }();
  return fields;
}

std::string_view mode_of(const InfoReading& info) {
  return info.redis_mode.empty() ? info.server_mode : info.redis_mode;
}

void add_identity(InfoReading& info) {
  std::array<metrics::LabelView, 13> labels = {{
      {"role", info.role},
      {"redis_version", info.redis_version},
      {"redis_build_id", info.build_id},
      {"redis_mode", mode_of(info)},
      {"os", info.os},
      {"maxmemory_policy", info.maxmemory_policy},
      {"tcp_port", info.tcp_port},
      {"run_id", info.run_id},
      {"process_id", info.process_id},
      {"master_replid", info.master_replid},
  }};
  std::size_t size = 10;
  if (!info.valkey_version.empty()) labels[size++] = {"valkey_version", info.valkey_version};
  if (!info.valkey_stage.empty()) labels[size++] = {"valkey_release_stage", info.valkey_stage};
  if (!info.availability_zone.empty()) {
    labels[size++] = {"availability_zone", info.availability_zone};
  }
  info.add(Metric::kInstanceInfo, 1, metrics::LabelViews(labels.data(), size));
  if (info.role == "slave") {
    info.add(Metric::kSlaveInfo, 1,
             {{"master_host", info.master_host},
              {"master_port", info.master_port},
              {"read_only", info.read_only}});
  }
}

// By the server's own clock where INFO tells it: with ours, the rounding of the uptime would move
// the result by a second now and then, which looks like a restart.
void add_start_time(InfoReading& info) {
  const auto uptime = parse_number(info.uptime_seconds);
  if (!uptime) return;
  double now = static_cast<double>(
      std::chrono::floor<std::chrono::seconds>(info.collection.now).time_since_epoch().count());
  if (const auto usec = parse_number(info.server_time_usec)) {
    now = std::floor(*usec / 1e6);
  }
  info.add(Metric::kStartTime, now - *uptime);
}

std::optional<ServerTime> time_of(const InfoReading& info) {
  constexpr double kLatest = 1e16;  // past the year 2200: nonsense, and no longer exact
  const auto usec = parse_number(info.server_time_usec);
  if (!usec || *usec <= 0 || *usec > kLatest) return std::nullopt;
  return ServerTime(std::chrono::microseconds(static_cast<std::int64_t>(*usec)));
}

// Modules may deny without an error, and scripts before Redis 7.
void store_denials(InfoReading& info) {
  constexpr int kErrorsOfScripts = 70000;
  ServerFacts& server = info.collection.server;
  const auto errors = parse_number(info.error_replies);
  server.acl_denials = info.acl_denials;
  server.acl_denials_are_errors = info.acl_denials < 0 && errors && !info.has_modules &&
                                  server.version_number >= kErrorsOfScripts && !server.dragonfly;
  if (server.acl_denials_are_errors) {
    server.acl_denials = std::max(0.0, *errors - info.errors_but_denials);
  }
}

void store_facts(InfoReading& info) {
  ServerFacts& server = info.collection.server;
  server.run_id = info.run_id;
  server.version = info.redis_version;
  server.version_number = parse_version(info.redis_version);
  server.valkey_number = parse_version(info.valkey_version);
  server.dragonfly = !info.dragonfly_version.empty();
  server.mode = mode_of(info);
  server.role = info.role;
  server.master_host = info.master_host;
  server.master_port = info.master_port;
  server.cluster_enabled = info.cluster_enabled == "1";
  server.loading = info.loading == "1";
  server.keyspace_hits = parse_number(info.keyspace_hits).value_or(0);
  server.keyspace_misses = parse_number(info.keyspace_misses).value_or(0);
  server.connections_received = parse_number(info.connections_received).value_or(0);
  server.commands_processed = parse_number(info.commands_processed).value_or(0);
  server.total_keys = info.total_keys;
  server.used_memory = parse_number(info.used_memory).value_or(0);
  server.ops_per_second = parse_number(info.ops_per_second).value_or(0);
  server.cluster_epoch = server.cluster_slots_ok = server.cluster_nodes = -1;
  store_denials(info);
  const double uptime = parse_number(info.uptime_seconds).value_or(0);
  server.uptime_seconds = static_cast<std::int64_t>(std::clamp(uptime, 0.0, kMostUptime));
  server.time = time_of(info);
  server.replication = take_replication(info);
}

void add_evictions(InfoReading& info) {
  const metrics::Family* family = info.collection.families[Metric::kCacheEvictions];
  for (const auto& [reason, count] :
       {std::pair("maxmemory", info.evicted_keys), std::pair("expired", info.expired_keys)}) {
    const auto number = parse_number(count);
    if (number) info.collection.out.add(family, *number, {{"layer", "redis"}, {"reason", reason}});
  }
}

// A restarted server starts its logs anew, so all they hold is news. A server that already ran when
// we last looked is another one behind the same address: its old entries are none of our counters'.
// It may be another one behind the same connection, too, where a proxy keeps that.
void recognise_server(Collection& collection) {
  Remembered& remembered = collection.remembered;
  ServerFacts& server = collection.server;
  if (server.run_id != remembered.run_id) {
    server.forget_answers();
    const bool restarted =
        !remembered.run_id.empty() && started_since(collection, remembered.info_read);
    if (!restarted) {
      remembered.slowlog_last_id.reset();
      remembered.acl_log_seen.reset();
    } else {
      if (remembered.slowlog_last_id) remembered.slowlog_last_id = -1;
      if (remembered.acl_log_seen) remembered.acl_log_seen->clear();
    }
    remembered.acl_denials = -1;
    remembered.restarted = restarted;
    remembered.run_id = server.run_id;
  }
  remembered.info_read = collection.now;
  if (collection.recording != nullptr) {
    collection.recording->server_known(server.run_id, server.time, remembered.restarted);
  }
}

// Adds a field by its row, or under its own name if it is one of those that pass through.
void add_field(const KnownField* known, std::string_view field, std::string_view value,
               Collection& collection) {
  const Families& families = collection.families;
  if (known != nullptr && known->row != nullptr) {
    const InfoField& row = *known->row;
    if (row.opt_in_system && !collection.options.system) return;
    if (row.opt_in_modules && !collection.options.modules) return;
    if (const auto number = parse_info_value(value)) {
      collection.out.add(families[row], *number / row.divisor);
    }
    return;
  }
  if (!field.starts_with("cluster_") && !field.starts_with("db") &&
      !field.starts_with("cmdstat_")) {
    return;
  }
  if (const auto number = parse_info_value(value)) {
    collection.out.add(families.passed_through(field), *number);
  }
}

}  // namespace

bool started_since(const Collection& collection, std::chrono::system_clock::time_point when) {
  const auto uptime = std::chrono::seconds(collection.server.uptime_seconds);
  return collection.now - uptime + std::chrono::seconds(1) >= when;
}

void add_info_field(std::string_view field, std::string_view value, Collection& collection) {
  add_field(known_fields().find(field), field, value, collection);
}

void read_info(const Reply& reply, Collection& collection) {
  if (reply.string().empty()) return;
  collection.server.counted_at = std::chrono::system_clock::now();
  collection.server.commands.start_refill();
  collection.server.seen_databases.clear();
  InfoReading info(collection);
  const NameIndex<KnownField>& fields = known_fields();
  InfoLines lines(reply.string());
  for (InfoLine line; lines.next(line);) {
    const KnownField* known = fields.find(line.field);
    if ((known == nullptr || known->prefixed) && read_by_prefix(info, line)) continue;
    if (known != nullptr && known->kept != nullptr) info.*known->kept = line.value;
    add_field(known, line.field, line.value, collection);
  }
  add_identity(info);
  add_start_time(info);
  add_evictions(info);
  store_facts(info);
  recognise_server(collection);
  follow_standing_answers(collection);
  follow_acl_denials(collection);
  if (!info.keyspace_hits.empty()) correct_lookups(collection);
}

}  // namespace hitwatch::redis
