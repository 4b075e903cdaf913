// Store::write: cache_hits_total, cache_misses_total, cache_errors_total, cache_bytes_total,
// cache_latency_seconds.
#include <algorithm>
#include <array>

#include "agent/metrics/exposition.h"
#include "agent/metrics/labels.h"
#include "collectors/lookups/store.h"
#include "collectors/lookups/tables.h"

namespace hitwatch::lookups {
namespace {

using metrics::Description;
using metrics::Format;

constexpr std::string_view kRowLabels = "layer, type, tenant, source";
constexpr std::string_view kOperationLabels = "layer, type, tenant, operation, source";
constexpr Description kHits = {"cache_hits_total", metrics::Type::kCounter,
                               "Lookups that found what they asked for.", kRowLabels};
constexpr Description kMisses = {"cache_misses_total", metrics::Type::kCounter,
                                 "Lookups that did not.", kRowLabels};
constexpr Description kErrors = {"cache_errors_total", metrics::Type::kCounter,
                                 "Lookups that failed, by what was asked of the cache.",
                                 kOperationLabels};
constexpr Description kBytes = {"cache_bytes_total", metrics::Type::kCounter,
                                "Bytes of values that were written to the cache (in) and read "
                                "from it (out).",
                                "layer, type, tenant, source, direction"};
constexpr Description kLatencies = {"cache_latency_seconds", metrics::Type::kHistogram,
                                    "Time lookups took, as their source measures it: tap, on the "
                                    "server's side, from request to reply; the others, in the "
                                    "application. The busiest tenants have series of their "
                                    "own, the series without a tenant is all the others.",
                                    kOperationLabels};

// OpenMetrics wants a point in every bound but +Inf.
bool is_whole(std::string_view le) { return le.find_first_of(".I") == le.npos; }

struct TracedBucket {
  const ExportedBucket* bucket;
  const Exemplar* exemplar;
};

// In the order of the buckets, of which each has at most one.
std::vector<TracedBucket> traced_buckets(const LatencySeries& series,
                                         std::span<const ExportedBucket> buckets) {
  std::vector<TracedBucket> traced;
  if (series.exemplars == nullptr) return traced;
  for (const Exemplar& exemplar : series.exemplars->all()) {
    if (!exemplar.trace.valid()) continue;
    const auto bucket = std::ranges::upper_bound(buckets, fine_bucket(exemplar.seconds), {},
                                                 &ExportedBucket::fine_end);
    traced.push_back({&*bucket, &exemplar});
  }
  return traced;
}

class Writer {
 public:
  Writer(std::string& out, Format format, const Tables& tables)
      : out_(out), format_(format), tables_(tables) {}

  void counters(const Description& description, double Row::* value) {
    head(description);
    for (const Row& row : tables_.rows()) {
      if (row.key == 0) continue;
      sample(description.name, "", SeriesLabels::unpacked(row.key), "", row.*value);
    }
  }

  void errors() {
    if (tables_.errors().empty()) return;
    head(kErrors);
    // In order, so that two scrapes compare line by line.
    std::vector<std::pair<std::uint64_t, double>> sorted(tables_.errors().begin(),
                                                         tables_.errors().end());
    std::ranges::sort(sorted);
    constexpr unsigned kOperationBits = 8;
    for (const auto& [key, value] : sorted) {
      SeriesLabels labels = SeriesLabels::unpacked(tables_.rows()[key >> kOperationBits].key);
      labels.operation = key & ((1U << kOperationBits) - 1);
      sample(kErrors.name, "", labels, "", value);
    }
  }

  void bytes() {
    const auto has_any = [](const Row& row) { return row.bytes_in + row.bytes_out > 0; };
    if (std::ranges::none_of(tables_.rows(), has_any)) return;
    head(kBytes);
    for (const Row& row : tables_.rows()) {
      if (!has_any(row)) continue;
      const SeriesLabels labels = SeriesLabels::unpacked(row.key);
      direction_ = "in";
      sample(kBytes.name, "", labels, "", row.bytes_in);
      direction_ = "out";
      sample(kBytes.name, "", labels, "", row.bytes_out);
    }
    direction_ = "";
  }

  void latencies(std::span<const ExportedBucket> buckets) {
    const bool any = std::ranges::any_of(
        tables_.latencies(), [](const LatencySeries& series) { return series.key != 0; });
    if (!any) return;
    head(kLatencies);
    for (const LatencySeries& series : tables_.latencies()) {
      if (series.key == 0) continue;
      const SeriesLabels labels = SeriesLabels::unpacked(series.key);
      const auto traced = format_ == Format::kOpenMetrics ? traced_buckets(series, buckets)
                                                          : std::vector<TracedBucket>();
      auto trace = traced.begin();
      double count = 0;
      std::size_t fine = 0;
      for (const ExportedBucket& bucket : buckets) {
        for (; fine < bucket.fine_end; ++fine) count += series.counts[fine];
        const bool has_trace = trace != traced.end() && trace->bucket == &bucket;
        sample(kLatencies.name, "_bucket", labels, bucket.le, count,
               has_trace ? (trace++)->exemplar : nullptr);
      }
      sample(kLatencies.name, "_sum", labels, "", series.sum);
      sample(kLatencies.name, "_count", labels, "", count);
    }
  }

 private:
  void head(const Description& description) {
    metrics::append_head(out_, format_, description.name, description.type, description.help);
  }

  void label(std::string_view name, const Names& names, std::uint32_t number) {
    if (number == kNoName) return;
    out_ += separator_;
    separator_ = ',';
    if (names.is_special(number)) {
      const std::array views{metrics::LabelView{name, names[number]}};
      metrics::append_label_text(out_, views);
      return;
    }
    pair(name, names[number]);
  }

  void pair(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += "=\"";
    out_ += value;
    out_ += '"';
  }

  void sample(std::string_view name, std::string_view suffix, const SeriesLabels& labels,
              std::string_view le, double value, const Exemplar* exemplar = nullptr) {
    out_ += name;
    out_ += suffix;
    separator_ = '{';
    label("layer", tables_.layers(), labels.layer);
    label("type", tables_.types(), labels.type);
    label("tenant", tables_.tenants(), labels.tenant);
    label("operation", tables_.operations(), labels.operation);
    out_ += separator_;
    pair("source", source_word(labels.source));
    if (!direction_.empty()) {
      out_ += ',';
      pair("direction", direction_);
    }
    if (!le.empty()) bound(le);
    out_ += "} ";
    metrics::append_value(out_, value);
    if (exemplar != nullptr) append_exemplar(out_, *exemplar);
    out_ += '\n';
  }

  void bound(std::string_view le) {
    out_ += ",le=\"";
    out_ += le;
    if (format_ == Format::kOpenMetrics && is_whole(le)) out_ += ".0";
    out_ += '"';
  }

  std::string& out_;
  Format format_;
  const Tables& tables_;
  char separator_ = '{';
  std::string_view direction_;
};

}  // namespace

std::vector<Store::BucketExemplar> Store::exemplars(Buckets buckets) const {
  const auto exported = buckets == Buckets::kFine ? fine_buckets() : classic_buckets();
  const std::scoped_lock lock(mutex_);
  std::vector<BucketExemplar> all;
  for (const LatencySeries& series : tables_->latencies()) {
    if (series.key == 0) continue;
    for (const TracedBucket& traced : traced_buckets(series, exported)) {
      const SeriesLabels numbers = SeriesLabels::unpacked(series.key);
      metrics::Labels labels;
      const auto add = [&](std::string_view name, const Names& names, std::uint32_t number) {
        if (number != kNoName) labels.push_back({std::string(name), names[number]});
      };
      add("layer", tables_->layers(), numbers.layer);
      add("type", tables_->types(), numbers.type);
      add("tenant", tables_->tenants(), numbers.tenant);
      add("operation", tables_->operations(), numbers.operation);
      labels.push_back({"source", std::string(source_word(numbers.source))});
      labels.push_back({"le", std::string(traced.bucket->le)});
      if (is_whole(traced.bucket->le)) labels.back().value += ".0";
      all.push_back({.labels = std::move(labels), .exemplar = *traced.exemplar});
    }
  }
  return all;
}

void Store::write(std::string& out, Format format, Buckets buckets) const {
  const std::scoped_lock lock(mutex_);
  if (tables_->rows().empty()) return;
  Writer writer(out, format, *tables_);
  writer.counters(kHits, &Row::hits);
  writer.counters(kMisses, &Row::misses);
  writer.errors();
  writer.bytes();
  writer.latencies(buckets == Buckets::kFine ? fine_buckets() : classic_buckets());
}

std::vector<Description> store_descriptions() {
  return {kHits, kMisses, kErrors, kBytes, kLatencies};
}

}  // namespace hitwatch::lookups
