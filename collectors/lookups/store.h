// Counts lookups: hits, misses, errors, bytes and latencies per layer, type, tenant, operation and
// source, for ever (the exposition) and over the last 15 minutes (the API; without bytes).
//
// Everything is bounded. Tenants beyond the configured limit count as "overflow"; the busiest keep
// their own series, new ones that turn out busier take the place of the least busy at the next
// minute. Types, operations and layers beyond their bounds count as "overflow", too. Label values
// are made printable UTF-8 (other bytes become `\xHH`) and cut at 128 bytes.
//
// Thread-safe; a Recorder holds the lock, so record in batches and do nothing slow meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/metrics/family.h"
#include "agent/metrics/labels.h"
#include "collectors/keys/matcher.h"
#include "collectors/lookups/exemplar.h"
#include "collectors/lookups/fair_mutex.h"
#include "collectors/lookups/lookup.h"
#include "collectors/lookups/recent.h"
#include "collectors/lookups/slot.h"

namespace hitwatch::lookups {

struct Limits {
  std::size_t tenants = 10'000;       // with series of their own
  std::size_t latency_tenants = 100;  // of these, with latency histograms of their own
  bool operator==(const Limits&) const = default;
};

// Which buckets of cache_latency_seconds are exported.
enum class Buckets : std::uint8_t { kClassic, kFine };

class Tables;

class Store {
 public:
  Store(std::vector<keys::Rule> rules, Limits limits, Clock::time_point now);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Takes effect at once for rules, at the next tick for limits. Counters stay.
  void configure(std::vector<keys::Rule> rules, Limits limits);

  class Recorder {
   public:
    // `weight` lookups (a sampled report stands for several; above 0, at most kMaxWeight) ended so.
    void count(const Subject& subject, Source source, Outcome outcome, double weight = 1);
    // All of an observation at once; who is busy is decided as if it were as many lookups as it has
    // hits, misses and errors, but at least one.
    void take(const Subject& subject, Source source, const Observation& observation);
    // `weight` lookups took `seconds` (0 to kMaxSeconds) each.
    void time(const Subject& subject, Source source, double seconds, double weight = 1);
    // The trace of such a lookup, by its `exemplar.seconds` (0 to kMaxSeconds); counts nothing.
    void trace(const Subject& subject, Source source, const Exemplar& exemplar);
    // As many lookups as each of the fine buckets (latency_buckets.h) says took so long, `sum`
    // seconds in all.
    void time(const Subject& subject, Source source, std::span<const BucketCount> counts,
              double sum);
    // Lookups that happened before anybody watched: into the totals, not into the last minutes.
    void count_past(const Subject& subject, Source source, double hits, double misses);

   private:
    friend class Store;
    explicit Recorder(Store& store);
    Store& store_;
    std::unique_lock<FairMutex> lock_;
  };
  Recorder record() { return Recorder(*this); }

  // Closes the slot of the last minutes that is due and, once a minute, decides who is busy. Call
  // every second or so, from one thread that may work for some tens of milliseconds.
  void tick(Clock::time_point now);

  // Appends cache_hits_total, cache_misses_total, cache_errors_total, cache_bytes_total and
  // cache_latency_seconds; in OpenMetrics, with the latest exemplars.
  void write(std::string& out, metrics::Format format, Buckets buckets) const;

  // The latest exemplar of each bucket that has one, with the labels that its series has in text
  // format 0.0.4.
  struct BucketExemplar {
    metrics::Labels labels;  // without the name, cache_latency_seconds_bucket
    Exemplar exemplar;
  };
  std::vector<BucketExemplar> exemplars(Buckets buckets) const;

  // The last minutes of the series that had a lookup in the last 15 and are asked for. Any thread;
  // takes milliseconds, tens of them with the most series, mostly without the lock.
  RecentRows recent(const RecentQuery& query, Clock::time_point now) const;

  // For the daemon's own metrics.
  struct Counters {
    double overflowed = 0;           // lookups and timings that counted as tenant "overflow"
    double unclassified = 0;         // whose key no pattern matches
    double without_tenant = 0;       // whose key must carry a tenant and does not
    std::uint64_t tenants = 0;       // with series of their own now
    std::uint64_t evictions = 0;     // tenants that gave way to busier ones
    std::uint64_t recent_bytes = 0;  // what the last 15 minutes take
  };
  Counters counters() const;

 private:
  ClosedSlots close_slot(Clock::time_point now);

  mutable FairMutex mutex_;  // of the tables
  std::unique_ptr<Tables> tables_;
  mutable std::mutex slots_mutex_;  // of the rest; taken before mutex_
  std::unique_ptr<ClosedSlots> slots_;
  Clock::time_point open_since_;
  Clock::time_point busy_decided_;  // of tick() alone
};

// Of Store::write.
std::vector<metrics::Description> store_descriptions();

}  // namespace hitwatch::lookups
