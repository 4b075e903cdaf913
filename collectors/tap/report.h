// What the tap has seen, for people and programs: a value, made of a Tally at one moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "collectors/lookups/latency_buckets.h"
#include "collectors/tap/packets/segment.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::tap {

// Counts of some group of commands.
struct Figures {
  std::uint64_t commands = 0;
  // Data level: values found and not found.
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  // Lookup level: what keyspace_hits and keyspace_misses count.
  std::uint64_t lookup_hits = 0;
  std::uint64_t lookup_misses = 0;
  std::uint64_t lookups_undecided = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes_in = 0;   // of requests
  std::uint64_t bytes_out = 0;  // of replies
};

// What the tap sees of one server, cumulative.
struct ServerFigures {
  packets::Endpoint server;
  Figures figures;             // of applications
  Figures own;                 // of hitwatch's own connections
  std::uint64_t executed = 0;  // commands that INFO's total_commands_processed counts, own included
  std::uint64_t scripts = 0;   // commands with lookups that are not seen, or without a reply
  packets::Time last = 0;      // of the last packet
};

// What was captured.
struct Counters {
  std::uint64_t packets = 0;
  std::uint64_t dropped = 0;  // by the kernel
  std::uint64_t bytes = 0;
  std::uint64_t not_tcp = 0;  // frames without a segment: other protocols, fragments, broken ones
  std::uint64_t connections = 0;          // followed now
  std::uint64_t connections_seen = 0;     // so far
  std::uint64_t connections_evicted = 0;  // to make room for others
  std::uint64_t buffer_bytes = 0;
  resp::Doubts doubts;
  std::vector<ServerFigures> servers;  // at most kMaxServers
  // What could not be opened or is gone, sentences.
  std::vector<std::string> faults;
};

struct Row {
  std::string pattern;  // configured, or proposed
  std::string type;     // "" of a proposed one
  Figures figures;
  std::array<std::uint64_t, lookups::kFineBuckets> latencies{};  // of those that were timed
  std::vector<std::string> examples;                             // of keys; few
};
struct Heavy {
  std::string name;  // a key or a tenant
  std::uint64_t count = 0;
  std::uint64_t error = 0;  // `count` is at most this much too high
};
struct BigValue {
  std::string key;
  std::string operation;
  std::uint64_t bytes = 0;
};
struct ClientRow {
  std::string address;  // without port
  std::string library;
  Figures figures;
};
struct OperationRow {
  std::string operation;
  Figures figures;
  std::array<std::uint64_t, lookups::kFineBuckets> latencies{};
};

struct Report {
  Counters counters;
  Figures total;
  std::vector<Row> rows;  // the busiest first
  std::vector<OperationRow> operations;
  std::vector<Heavy> hot_keys;     // at most 100
  std::vector<Heavy> hot_tenants;  // at most 100
  std::vector<BigValue> big_values;
  std::vector<ClientRow> clients;
  packets::Time first = 0;
  packets::Time last = 0;
};

}  // namespace hitwatch::tap
