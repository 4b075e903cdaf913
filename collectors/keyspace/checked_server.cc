#include "collectors/keyspace/checked_server.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "collectors/redis/info.h"

namespace hitwatch::keyspace {
namespace {

constexpr int kNoTouchSince = 70200;

// db0:keys=53,expires=33,…
void read_database(const redis::InfoLine& line, std::map<int, std::uint64_t>& databases) {
  const std::string_view number = line.field.substr(2);
  if (!redis::all_digits(number)) return;
  int index = 0;
  std::from_chars(number.data(), number.data() + number.size(), index);
  const auto [keys] = redis::pair_values(line.value, {"keys"});
  const auto count = redis::parse_number(keys);
  if (count && *count > 0) databases[index] = static_cast<std::uint64_t>(*count);
}

void read_line(const redis::InfoLine& line, CheckedServer& server) {
  if (line.field == "run_id") server.run_id = line.value;
  if (line.field == "role") server.role = line.value;
  if (line.field == "redis_mode") server.mode = line.value;
  if (line.field == "loading") server.loading = line.value == "1";
  if (line.field == "redis_version") server.version = redis::parse_version(line.value);
  if (line.field == "cluster_enabled") server.cluster = line.value == "1";
  if (line.field == "maxmemory_policy") server.eviction_policy = line.value;
  if (line.field.starts_with("db") && server.databases) read_database(line, *server.databases);
}

}  // namespace

bool CheckedServer::has_client_no_touch() const { return version >= kNoTouchSince; }

bool CheckedServer::touching_matters() const {
  constexpr std::array<std::string_view, 4> kHarmless = {"noeviction", "allkeys-random",
                                                         "volatile-random", "volatile-ttl"};
  return !is_replica() && std::ranges::find(kHarmless, eviction_policy) == kHarmless.end();
}

CheckedServer read_checked_server(std::string_view info, bool cut) {
  CheckedServer server;
  if (info.contains("# Keyspace") && !cut) server.databases.emplace();
  redis::InfoLines lines(info);
  for (redis::InfoLine line; lines.next(line);) read_line(line, server);
  return server;
}

}  // namespace hitwatch::keyspace
