#include "agent/keyspace_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <tuple>

#include "collectors/lookups/label_value.h"

namespace hitwatch {
namespace {

using keyspace::Estimate;
using keyspace::Group;
using metrics::Suffix;
using redis::Metric;

constexpr std::string_view kLayer = "redis";
// Types with a histogram of TTLs; a pattern may take them from the keys, so there may be any number
// over time. TTLs of the others count under kOverflow.
constexpr std::size_t kMostTtlSeries = 1000;
constexpr std::string_view kOverflow = "overflow";

std::string database_label(int index) { return fmt::format("db{}", index); }

std::string label(std::string_view raw) {
  std::string scratch;
  return std::string(lookups::label_value(raw, scratch));
}

// One set of series. Several groups become one where their names are the same as labels.
struct Row {
  std::vector<Estimate> keys;
  std::vector<Estimate> size_bytes;
  std::vector<Estimate> without_ttl;
};
using RowKey = std::tuple<int, std::string, std::string>;  // database, type, tenant
// In an order that stays the same from round to round.
using Rows = std::map<RowKey, Row>;

Rows rows_of(const keyspace::Report& report) {
  Rows rows;
  for (const Group& group : report.groups) {
    Row& row = rows[{group.database, label(group.type), label(group.tenant)}];
    row.keys.push_back(group.keys);
    if (group.size_bytes) row.size_bytes.push_back(*group.size_bytes);
    if (group.keys_without_ttl) row.without_ttl.push_back(*group.keys_without_ttl);
  }
  return rows;
}

struct Figure {
  Metric metric;
  std::string_view word;  // of cache_estimate_error_ratio{metric}
  std::vector<Estimate> Row::* estimates;
};
constexpr Figure kFigures[] = {
    {Metric::kCacheKeys, "keys", &Row::keys},
    {Metric::kCacheSizeBytes, "size_bytes", &Row::size_bytes},
    {Metric::kCacheKeysWithoutTtl, "keys_without_ttl", &Row::without_ttl},
};

void add_rows(const redis::Families& families, const Rows& rows, metrics::SnapshotBuilder& out) {
  for (const Figure& figure : kFigures) {
    for (const auto& [key, row] : rows) {
      const std::vector<Estimate>& estimates = row.*figure.estimates;
      if (estimates.empty()) continue;
      const auto& [database, type, tenant] = key;
      out.add(families[figure.metric], keyspace::sum(estimates).value,
              {{"layer", kLayer},
               {"type", type},
               {"tenant", tenant},
               {"db", database_label(database)}});
    }
  }
}

void add_error_ratios(const redis::Families& families, const Rows& rows,
                      metrics::SnapshotBuilder& out) {
  for (const Figure& figure : kFigures) {
    for (const auto& [key, row] : rows) {
      const auto ratio = keyspace::sum(row.*figure.estimates).error_ratio();
      if (!ratio) continue;
      const auto& [database, type, tenant] = key;
      out.add(families[Metric::kCacheEstimateErrorRatio], *ratio,
              {{"metric", figure.word},
               {"layer", kLayer},
               {"type", type},
               {"tenant", tenant},
               {"db", database_label(database)}});
    }
  }
}

void add_broken_conventions(const redis::Families& families, const keyspace::Report& report,
                            metrics::SnapshotBuilder& out) {
  for (const keyspace::Database& database : report.databases) {
    if (database.method == keyspace::Method::kNone) continue;  // not one name is known
    out.add(families[Metric::kCacheKeysUnclassified], database.unclassified.value,
            {{"db", database_label(database.index)}});
  }
  std::map<std::pair<int, std::string>, double> without_tenant;
  for (const keyspace::TenantlessType& entry : report.without_tenant) {
    without_tenant[{entry.database, label(entry.type)}] += entry.keys.value;
  }
  for (const auto& [key, keys] : without_tenant) {
    out.add(families[Metric::kCacheKeysWithoutTenant], keys,
            {{"db", database_label(key.first)}, {"type", key.second}});
  }
}

}  // namespace

KeyspaceMetrics::KeyspaceMetrics(const redis::Families& families) : families_(families) {}

void KeyspaceMetrics::count_ttls(const keyspace::Report& report) {
  const std::size_t buckets = keyspace::ttl_bounds().size() + 1;
  for (const keyspace::TypeTtls& round : report.ttls) {
    std::pair key{round.database, label(round.type)};
    if (ttls_.size() >= kMostTtlSeries && !ttls_.contains(key)) key.second = kOverflow;
    Ttls& total = ttls_[std::move(key)];
    total.counts.resize(buckets);
    total.sum_seconds += round.sum_seconds;
    for (std::size_t i = 0; i < std::min(buckets, round.counts.size()); ++i) {
      total.counts[i] += static_cast<double>(round.counts[i]);
    }
  }
}

void KeyspaceMetrics::add_ttls() {
  const metrics::Family* family = families_[Metric::kCacheTtlSeconds];
  const std::vector<double>& bounds = keyspace::ttl_bounds();
  for (const auto& [key, total] : ttls_) {
    const std::string db = database_label(key.first);
    double below = 0;
    for (std::size_t i = 0; i < total.counts.size(); ++i) {
      below += total.counts[i];
      const std::string bound = i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf";
      builder_.add(family, below,
                   {{"layer", kLayer}, {"type", key.second}, {"db", db}, {"le", bound}},
                   Suffix::kBucket);
    }
    builder_.add(family, total.sum_seconds, {{"layer", kLayer}, {"type", key.second}, {"db", db}},
                 Suffix::kSum);
    builder_.add(family, below, {{"layer", kLayer}, {"type", key.second}, {"db", db}},
                 Suffix::kCount);
  }
}

std::shared_ptr<const metrics::Snapshot> KeyspaceMetrics::snapshot(const keyspace::Report& report) {
  count_ttls(report);
  builder_.begin();
  // What a bound on series would leave out comes last.
  add_broken_conventions(families_, report, builder_);
  add_ttls();
  const Rows rows = rows_of(report);
  add_rows(families_, rows, builder_);
  add_error_ratios(families_, rows, builder_);
  auto snapshot = builder_.finish();
  snapshot->taken_steady = std::chrono::steady_clock::now();
  snapshot->taken = report.began;
  snapshot->role = report.role;
  return snapshot;
}

}  // namespace hitwatch
