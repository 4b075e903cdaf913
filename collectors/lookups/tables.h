// What the store holds under its lock: names, series and their counters.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/lookups/exemplar.h"
#include "collectors/lookups/latency_buckets.h"
#include "collectors/lookups/lookup.h"
#include "collectors/lookups/names.h"
#include "collectors/lookups/number_table.h"
#include "collectors/lookups/open_slot.h"
#include "collectors/lookups/recent.h"
#include "collectors/lookups/slot.h"
#include "collectors/lookups/space_saving.h"
#include "collectors/lookups/store.h"

namespace hitwatch::lookups {

// Numbers that every table of names begins with.
constexpr std::uint32_t kNoName = 0;
constexpr std::uint32_t kOverflow = 1;

// Bounds on everything but tenants, which the configuration bounds. Past them "overflow" counts.
constexpr std::size_t kMaxTypes = 1000;
constexpr std::size_t kMaxOperations = 100;
constexpr std::size_t kMaxLayers = 32;
constexpr std::size_t kMaxLatencySeries = 8192;
constexpr std::size_t kMaxErrorSeries = 200'000;
constexpr std::size_t kRowsPerTenant = 10;
constexpr std::size_t kLeastMaxRows = 10'000;

// The labels of a series, packed into a key that is never 0.
struct SeriesLabels {
  std::uint32_t tenant = kNoName;     // 24 bits
  std::uint32_t type = kNoName;       // 12
  std::uint32_t layer = kNoName;      // 6
  std::uint32_t operation = kNoName;  // 8
  Source source = Source::kStatsd;    // 4, plus 1

  std::uint64_t packed() const;
  static SeriesLabels unpacked(std::uint64_t key);
};

// Hits, misses and bytes of one tenant, type, layer and source.
struct Row {
  std::uint64_t key = 0;  // 0: not in use
  double hits = 0;
  double misses = 0;
  double score = 0;  // lookups and timings of late, fading: who is busy
  double bytes_in = 0;
  double bytes_out = 0;
  InOpenSlot open;
};

// Latencies as they are exported.
struct LatencySeries {
  std::uint64_t key = 0;  // 0: not in use
  double sum = 0;         // seconds
  std::array<double, kFineBuckets> counts{};
  std::unique_ptr<LatestExemplars> exemplars = nullptr;  // once a trace was named
};

struct Tenant {
  double score = 0;  // of its rows, when last decided on
  bool in_use = false;
  bool has_latency = false;  // histograms of its own
};

class Tables {
 public:
  Tables(std::vector<keys::Rule> rules, Limits limits);

  void configure(std::vector<keys::Rule> rules, Limits limits);

  // What a subject counts as.
  struct Place {
    std::uint32_t row = 0;
    std::uint32_t latency : 24 = kNoLatency;  // index, once something was timed
    std::uint32_t operation : 8 = kNoName;
  };
  static constexpr std::uint32_t kNoLatency = (1U << 24) - 1;
  // Stands until the next call.
  Place& place(const Subject& subject, Source source, double weight);

  void count_hits(const Place& place, double weight);
  void count_misses(const Place& place, double weight);
  void count_error(const Place& place, double weight);
  void take(Place& place, const Observation& observation);
  void count_past(const Place& place, double hits, double misses);
  void time(Place& place, double seconds, double weight);
  void trace(Place& place, const Exemplar& exemplar);
  void time(Place& place, std::span<const BucketCount> counts, double sum);

  // Who is busy: once a minute.
  void decide_busy(Clock::time_point now);

  // The slot that was open until now, and the totals of its series; a new one is.
  struct Closing {
    OpenSlot slot;
    std::vector<OpenSlot::Totals> totals;

    std::string encode() const { return slot.encode(totals); }
  };
  Closing take_open_slot();
  // The slot that is open, as bytes.
  std::string encode_open_slot() const { return open_.encode(totals_of(open_)); }

  const std::vector<Row>& rows() const { return rows_; }
  const std::deque<LatencySeries>& latencies() const { return latencies_; }
  // By row and, in the low byte, operation.
  const std::unordered_map<std::uint64_t, double>& errors() const { return errors_; }
  const Names& tenants() const { return tenant_names_; }
  const Names& types() const { return types_; }
  const Names& layers() const { return layers_; }
  const Names& operations() const { return operations_; }

  Store::Counters counters;

 private:
  // Places are remembered by a keyed hash of 64 bits over all of their subject and source: two
  // subjects that share one do not occur. Of those that compete for a pair of cells the two latest
  // are there.
  struct Remembered {
    std::uint64_t hash = 0;
    Place place;
  };
  using Pair = std::array<Remembered, 2>;  // the later one first
  static constexpr std::size_t kPairs = 1U << 14;

  Place make_place(const Subject& subject, Source source, double weight);
  void forget_places() { remembered_.assign(kPairs, {}); }
  std::vector<OpenSlot::Totals> totals_of(const OpenSlot& slot) const;
  Row& touched(std::uint32_t number);
  std::uint32_t tenant_number(std::string_view name, double weight);
  std::uint32_t number_in(Names& names, std::size_t most, std::string_view name);
  std::uint32_t row_of(SeriesLabels& labels);
  bool has_rested_row() const;
  std::uint32_t add_row(std::uint64_t key);
  LatencySeries& latency_at(Place& place);
  std::uint32_t latency_of(SeriesLabels labels);
  void admit(std::string_view name);
  void add_up_scores();
  void choose_tenants(Clock::time_point now);
  void choose_latency_tenants();
  void fade();
  std::vector<std::uint32_t> tenants_by_score() const;
  void evict(const std::vector<std::uint32_t>& tenants, Clock::time_point now);
  void drop_latencies();
  std::size_t live_tenants() const;
  std::size_t max_rows() const;

  keys::Matcher matcher_;
  Limits limits_;
  std::uint64_t hash_key_;
  std::vector<Pair> remembered_;
  Place unremembered_;
  Names tenant_names_;
  std::vector<Tenant> tenants_;  // by number
  std::size_t latency_tenants_ = 0;
  SpaceSaving challengers_;
  Names types_;
  Names layers_;
  Names operations_;
  std::vector<Row> rows_;
  NumberTable row_table_;
  // Rows of tenants that went; slots of the last minutes may still name them.
  struct FreeRow {
    std::uint32_t row;
    Clock::time_point since;
  };
  std::deque<FreeRow> free_rows_;
  Clock::time_point last_minute_;
  std::deque<LatencySeries> latencies_;
  std::vector<std::uint32_t> free_latencies_;
  NumberTable latency_table_;
  std::unordered_map<std::uint64_t, double> errors_;
  OpenSlot open_{1};
  std::string scratch_;
};

}  // namespace hitwatch::lookups
