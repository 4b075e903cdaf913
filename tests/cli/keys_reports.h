// Reports on keyspaces as tests need them.
#pragma once

#include <string>
#include <utility>

#include "collectors/keyspace/report.h"

namespace hitwatch::cli {

inline keyspace::Estimate about(double value) { return {value, value * 0.9, value * 1.1}; }

inline keyspace::Group group(std::string type, std::string tenant, double keys, double bytes) {
  keyspace::Group result;
  result.type = std::move(type);
  result.tenant = std::move(tenant);
  result.sampled = 100;
  result.keys = about(keys);
  result.memory_usage_bytes = about(bytes / 2);
  result.size_bytes = about(bytes);
  result.keys_without_ttl = about(keys / 10);
  result.mean_ttl_seconds = about(12'000);
  return result;
}

// A sample of 10,000 of two million keys.
inline keyspace::Report sampled_report() {
  keyspace::Report report;
  report.began = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  report.took = std::chrono::milliseconds(1200);
  report.server = "cache-1:6379";
  report.role = "master";
  report.complete = true;
  report.keys = 2'000'000;
  report.keys_with_ttl = 1'800'000;
  report.sampled = 10'000;
  report.ttls_read = 100;
  report.commands = 10'250;
  report.server_seconds = 0.041;
  report.used_memory_dataset = 1ULL << 30;
  keyspace::Database database;
  database.keys = report.keys;
  database.expires = report.keys_with_ttl;
  database.sampled = report.sampled;
  database.method = keyspace::Method::kRandomCursors;
  report.databases.push_back(database);
  report.groups = {group("catalog", "acme", 1'500'000, 800'000'000),
                   group("session", "", 500'000, 273'741'824)};
  return report;
}

inline keyspace::KeyExample key(std::string name, std::uint64_t bytes) {
  keyspace::KeyExample example;
  example.name = std::move(name);
  example.bytes = bytes;
  return example;
}

}  // namespace hitwatch::cli
