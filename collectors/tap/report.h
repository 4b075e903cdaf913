// What the tap has seen, for people and programs: a value, made of a Tally at one moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "collectors/lookups/latency_buckets.h"
#include "collectors/tap/packets/segment.h"
#include "collectors/tap/recent_totals.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::tap {

// Bounds of what is told one by one. Past them rows are called "overflow", servers are left out.
constexpr std::size_t kMaxServers = 256;
constexpr std::size_t kMaxOperations = 500;
constexpr std::size_t kMaxClients = 1000;
constexpr std::size_t kMaxProposals = 200;  // of patterns
constexpr std::size_t kMaxHeavy = 100;
constexpr std::size_t kMaxBigValues = 100;

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
  std::uint64_t errors = 0;     // replies that are errors, but for those that send to another node
  std::uint64_t bytes_in = 0;   // of requests; of groups of keys: of the values written
  std::uint64_t bytes_out = 0;  // of replies; of groups of keys: of the values read

  Figures& operator+=(const Figures& other);
  bool operator==(const Figures&) const = default;
};

inline Figures& Figures::operator+=(const Figures& other) {
  commands += other.commands;
  hits += other.hits;
  misses += other.misses;
  lookup_hits += other.lookup_hits;
  lookup_misses += other.lookup_misses;
  lookups_undecided += other.lookups_undecided;
  errors += other.errors;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  return *this;
}

// Of the commands that were timed, by fine bucket.
using Latencies = std::array<std::uint64_t, lookups::kFineBuckets>;

// What the tap sees of one server, cumulative.
struct ServerFigures {
  packets::Endpoint server;
  std::uint16_t network_namespace = 0;  // 0 is the own one of the tap
  Figures figures = {};                 // of applications
  Figures own = {};                     // of hitwatch's own connections
  std::uint64_t executed = 0;  // commands that INFO's total_commands_processed counts, own included
  std::uint64_t scripts = 0;   // commands with lookups that are not seen, or without a reply
  packets::Time last = 0;      // of the last packet
  RecentTotals recent = {};
  std::array<packets::Time, 2> asked =
      {};  // when it answered hitwatch's last INFOs, the latest first

  Totals totals() const;
};

inline Totals ServerFigures::totals() const {
  return {.hits = figures.lookup_hits + own.lookup_hits,
          .misses = figures.lookup_misses + own.lookup_misses,
          .undecided = figures.lookups_undecided + own.lookups_undecided,
          .executed = executed,
          .scripts = scripts};
}

// What was captured.
struct Counters {
  std::uint64_t packets = 0;
  std::uint64_t dropped = 0;  // by the kernel
  std::uint64_t bytes = 0;
  std::uint64_t cut = 0;      // segments of which the capture has not all bytes (snaplen)
  std::uint64_t not_tcp = 0;  // frames without a segment: other protocols, fragments, broken ones
  std::uint64_t connections = 0;          // followed now
  std::uint64_t connections_seen = 0;     // so far
  std::uint64_t connections_evicted = 0;  // to make room for others
  std::uint64_t repeated_elsewhere = 0;   // segments seen on another interface before
  std::uint64_t buffer_bytes = 0;
  packets::Time read_until = 0;  // live: all that was sent before is in these counts
  resp::Doubts doubts;
  std::vector<ServerFigures> servers;  // at most kMaxServers
  // What is not captured, and why: sentences.
  std::vector<std::string> faults;
};

// Keys of one pattern. A command with keys of several patterns is one command of each.
struct Row {
  std::string pattern;  // configured, or proposed; "" of keys without one
  std::string type;     // "" where the pattern captures it; "unclassified", "overflow"
  Figures figures;
  Latencies latencies{};
  std::vector<std::string> examples;  // of keys, cut; few
};
struct Heavy {
  std::string name;  // a key or a tenant
  std::uint64_t count = 0;
  std::uint64_t error = 0;  // `count` is at most this much too high
};
// The largest value of a key that was seen.
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
  std::string operation;  // in capitals
  Figures figures;
  Latencies latencies{};
};

struct Report {
  Counters counters;
  Figures total;
  bool proposed = false;  // the rows' patterns were not configured but made of what was seen
  // The busiest first.
  std::vector<Row> rows;
  std::vector<OperationRow> operations;
  std::vector<Heavy> hot_keys;       // at most kMaxHeavy
  std::vector<Heavy> hot_tenants;    // at most kMaxHeavy
  std::vector<BigValue> big_values;  // at most kMaxBigValues
  std::vector<ClientRow> clients;
  packets::Time first = 0;  // of the exchanges
  packets::Time last = 0;
};

}  // namespace hitwatch::tap
