// What is asked about the keys of servers: `keys.sample` and `keys.check` of the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace hitwatch::keyspace {

// `keys.sample`
struct SampleOptions {
  bool enabled = true;
  std::chrono::milliseconds interval{60'000};
  std::size_t size = 10'000;  // keys a round
  double budget = 0.01;       // of the server's time, more than 0 and at most 1; 1 is unpaced
  bool prefer_replica = true;

  bool operator==(const SampleOptions&) const = default;
};

// An entry of `keys.check`: "db0=user:*", or without "db0=" database 0.
struct KeySelector {
  int database = 0;
  std::string text;  // a glob as SCAN MATCH takes it, or a key's name

  bool operator==(const KeySelector&) const = default;
};

// `keys.check`: redis_exporter's metrics of keys.
struct CheckOptions {
  std::vector<KeySelector> keys;            // globs: size and memory of every key that matches
  std::vector<KeySelector> single_keys;     // the same of keys by name
  std::vector<KeySelector> count;           // globs: only how many keys match
  std::vector<std::string> groups;          // Lua patterns whose captures name a group of keys
  std::vector<KeySelector> streams;         // globs
  std::vector<KeySelector> single_streams;  // names
  std::chrono::milliseconds interval{60'000};
  bool values = false;  // GET of strings among `keys` and `single_keys`
  bool stream_consumers = true;
  std::size_t max_groups = 100;   // of `groups`, in one database; the rest is "overflow"
  std::size_t scan_count = 1000;  // COUNT of SCAN
  bool on_masters = true;         // false: only replicas are asked

  bool any() const {
    return !keys.empty() || !single_keys.empty() || !count.empty() || !groups.empty() ||
           !streams.empty() || !single_streams.empty();
  }
  bool operator==(const CheckOptions&) const = default;
};

}  // namespace hitwatch::keyspace
