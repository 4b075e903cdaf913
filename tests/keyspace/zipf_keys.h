// A made-up keyspace on a real server: tenants of Zipf size, five types, sizes of a lognormal
// distribution, and what is true of it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "collectors/keyspace/report.h"

namespace hitwatch::keyspace {

struct ZipfTruth {
  double keys = 0;
  double without_ttl = 0;
};
// By type and tenant.
using ZipfTruths = std::map<std::pair<std::string, std::string>, ZipfTruth>;

// Adds keys to the server on that port of the loopback: `catalog:t12:4711` and the like, seven of
// ten with a TTL of hours (but for `config`, which has none). The same for the same seed.
ZipfTruths fill_with_zipf_keys(int port, std::size_t keys, std::size_t tenants, unsigned seed);

// How often intervals hold the truth.
struct Coverage {
  double inside = 0;
  double all = 0;
  void add(const Estimate& estimate, double truth) {
    ++all;
    if (estimate.low <= truth * (1 + 1e-9) && truth <= estimate.high * (1 + 1e-9)) ++inside;
  }
  double share() const { return all > 0 ? inside / all : 0; }
};

// Adds each group of `sampled` by figure ("keys", "memory_usage", "size", "without_ttl") and under
// "all". `full` says what the memory of a group truly is; it is scaled as the sample's sizes are.
void add_coverage(const Report& sampled, const Report& full, const ZipfTruths& truths,
                  std::map<std::string, Coverage>& coverage);

}  // namespace hitwatch::keyspace
