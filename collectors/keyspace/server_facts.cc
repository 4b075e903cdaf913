#include "collectors/keyspace/server_facts.h"

#include <charconv>

#include "collectors/redis/info.h"

namespace hitwatch::keyspace {
namespace {

constexpr int kTablePerSlotRedis = 70300;  // the release candidates of 7.4
constexpr int kTablePerSlotValkey = 80000;

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<DatabaseSize> read_database(const redis::InfoLine& line) {
  const std::string_view digits = line.field.substr(2);
  int index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (!redis::all_digits(digits) || error != std::errc()) return std::nullopt;
  const auto [keys, expires] = redis::pair_values(line.value, {"keys", "expires"});
  return DatabaseSize{index, number<std::uint64_t>(keys), number<std::uint64_t>(expires)};
}

}  // namespace

ServerFacts read_facts(std::string_view info) {
  ServerFacts facts;
  bool cluster = false;
  int redis_version = 0;
  int valkey_version = 0;
  redis::InfoLines lines(info);
  for (redis::InfoLine line; lines.next(line);) {
    const auto& [field, value] = line;
    if (field == "run_id") facts.run_id = value;
    if (field == "role") facts.role = value;
    if (field == "redis_mode" || field == "server_mode") facts.sentinel = value == "sentinel";
    if (field == "loading") facts.loading = value == "1";
    if (field == "cluster_enabled") cluster = value == "1";
    if (field == "redis_version") redis_version = redis::parse_version(value);
    if (field == "valkey_version") valkey_version = redis::parse_version(value);
    if (field == "used_memory_dataset") facts.used_memory_dataset = number<std::uint64_t>(value);
    if (field == "keyspace_hits" || field == "keyspace_misses") {
      facts.lookups += number<double>(value);
    }
    if (field == "uptime_in_seconds") facts.uptime_seconds = number<double>(value);
    if (field == "instantaneous_ops_per_sec") facts.operations_per_second = number<double>(value);
    if (field.starts_with("db")) {
      if (const auto database = read_database(line); database && database->keys > 0) {
        facts.databases.push_back(*database);
      }
    }
  }
  const bool new_tables = valkey_version > 0 ? valkey_version >= kTablePerSlotValkey
                                             : redis_version >= kTablePerSlotRedis;
  facts.table_per_slot = cluster && new_tables;
  facts.cluster_replica = cluster && facts.role == "slave";
  return facts;
}

}  // namespace hitwatch::keyspace
