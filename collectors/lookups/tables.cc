#include "collectors/lookups/tables.h"

#include <algorithm>

#include "collectors/lookups/hash.h"
#include "collectors/lookups/label_value.h"

namespace hitwatch::lookups {
namespace {

constexpr unsigned kTypeShift = 24;
constexpr unsigned kLayerShift = 36;
constexpr unsigned kOperationShift = 42;
constexpr unsigned kSourceShift = 50;
constexpr std::size_t kLeastChallengers = 128;
constexpr std::size_t kMostChallengers = 2048;
constexpr std::string_view kDefaultLayer = "redis";
constexpr std::uint64_t kOperationsInKey = 256;
constexpr unsigned kHashShift = 40;  // the bits that choose the cell

std::uint64_t bits(std::uint64_t key, unsigned shift, unsigned count) {
  return (key >> shift) & ((1ULL << count) - 1);
}

}  // namespace

std::uint64_t SeriesLabels::packed() const {
  return tenant | (static_cast<std::uint64_t>(type) << kTypeShift) |
         (static_cast<std::uint64_t>(layer) << kLayerShift) |
         (static_cast<std::uint64_t>(operation) << kOperationShift) |
         ((static_cast<std::uint64_t>(source) + 1) << kSourceShift);
}

SeriesLabels SeriesLabels::unpacked(std::uint64_t key) {
  const auto field = [key](unsigned shift, unsigned next) {
    return static_cast<std::uint32_t>(bits(key, shift, next - shift));
  };
  return {.tenant = field(0, kTypeShift),
          .type = field(kTypeShift, kLayerShift),
          .layer = field(kLayerShift, kOperationShift),
          .operation = field(kOperationShift, kSourceShift),
          .source = static_cast<Source>((key >> kSourceShift) - 1)};
}

Tables::Tables(std::vector<keys::Rule> rules, Limits limits)
    : matcher_(std::move(rules)),
      limits_(limits),
      hash_key_(random_hash_key()),
      challengers_(std::clamp(limits.tenants, kLeastChallengers, kMostChallengers)) {
  forget_places();
  for (Names* names : {&tenant_names_, &types_, &layers_, &operations_}) {
    names->add("");
    names->add("overflow");
  }
  types_.add(kUnclassifiedType);
  tenants_.resize(kOverflow + 1);
}

void Tables::configure(std::vector<keys::Rule> rules, Limits limits) {
  matcher_ = keys::Matcher(std::move(rules));
  forget_places();
  limits_ = limits;
}

Tables::Place& Tables::place(const Subject& said, Source source, double weight) {
  Subject subject = said;
  if (!subject.key.empty()) {
    const keys::Match match = matcher_.match(subject.key);
    if (!match) counters.unclassified += weight;
    if (match.tenant_missing && subject.tenant.empty()) counters.without_tenant += weight;
    if (subject.tenant.empty()) subject.tenant = match.tenant;
    if (subject.type.empty()) subject.type = match.type;
    if (subject.type.empty()) subject.type = kUnclassifiedType;
  }
  std::uint64_t hash = hash_key_ + static_cast<std::uint64_t>(source);
  for (const std::string_view part :
       {subject.tenant, subject.type, subject.operation, subject.layer}) {
    hash = hash_bytes(part, hash);
  }
  hash |= 1;
  Pair& pair = remembered_[(hash >> kHashShift) % kPairs];
  if (pair[0].hash != hash) {
    if (pair[1].hash != hash) {
      const Place made = make_place(subject, source, weight);
      if (SeriesLabels::unpacked(rows_[made.row].key).tenant == kOverflow) {
        counters.overflowed += weight;
        unremembered_ = made;  // others may come to overflow, and each is weighed
        return unremembered_;
      }
      pair[1] = {.hash = hash, .place = made};
    }
    std::swap(pair[0], pair[1]);
  }
  rows_[pair[0].place.row].score += weight;
  return pair[0].place;
}

Tables::Place Tables::make_place(const Subject& subject, Source source, double weight) {
  SeriesLabels labels{.source = source};
  if (!subject.tenant.empty()) labels.tenant = tenant_number(subject.tenant, weight);
  if (!subject.type.empty()) labels.type = number_in(types_, kMaxTypes, subject.type);
  labels.layer =
      number_in(layers_, kMaxLayers, subject.layer.empty() ? kDefaultLayer : subject.layer);
  Place place{.row = row_of(labels)};
  if (!subject.operation.empty()) {
    place.operation = number_in(operations_, kMaxOperations, subject.operation);
  }
  return place;
}

std::uint32_t Tables::number_in(Names& names, std::size_t most, std::string_view name) {
  name = label_value(name, scratch_);
  if (const auto number = names.find(name)) return *number;
  return names.size() < most ? names.add(name) : kOverflow;
}

std::uint32_t Tables::tenant_number(std::string_view name, double weight) {
  name = label_value(name, scratch_);
  auto number = tenant_names_.find(name);
  if (!number && live_tenants() < limits_.tenants) {
    admit(name);
    number = tenant_names_.find(name);
  }
  if (!number) {
    challengers_.add(name, weight);
    return kOverflow;
  }
  return *number;
}

void Tables::admit(std::string_view name) {
  challengers_.remove(name);
  const std::uint32_t number = tenant_names_.add(name);
  if (number >= tenants_.size()) tenants_.resize(number + 1);
  const bool has_latency = latency_tenants_ < limits_.latency_tenants;
  if (has_latency) ++latency_tenants_;
  tenants_[number] = {.in_use = true, .has_latency = has_latency};
}

std::size_t Tables::live_tenants() const { return tenant_names_.size() - (kOverflow + 1); }

std::size_t Tables::max_rows() const {
  return std::max(kLeastMaxRows, kRowsPerTenant * limits_.tenants);
}

// Past the bound on rows, labels are changed to those of an overflow.
std::uint32_t Tables::row_of(SeriesLabels& labels) {
  std::uint64_t key = labels.packed();
  std::uint32_t row = row_table_.find(key);
  if (row != NumberTable::kNone) return row;
  if (rows_.size() >= max_rows() && !has_rested_row()) {
    labels.tenant = kOverflow;
    key = labels.packed();
    row = row_table_.find(key);
    if (row != NumberTable::kNone) return row;
  }
  return add_row(key);
}

// Whether there is a free row that no slot of the last minutes can mean any more.
bool Tables::has_rested_row() const {
  // Minutes are decided on, and slots closed, a bit late.
  constexpr std::chrono::minutes kLateness{2};
  constexpr auto kRest = kWindows.back() + kLongestMergedSlot + kLateness;
  return !free_rows_.empty() && last_minute_ - free_rows_.front().since > kRest;
}

std::uint32_t Tables::add_row(std::uint64_t key) {
  auto row = static_cast<std::uint32_t>(rows_.size());
  if (has_rested_row()) {
    row = free_rows_.front().row;
    free_rows_.pop_front();
    rows_[row] = {.key = key, .open = {}};
  } else {
    rows_.push_back({.key = key, .open = {}});
  }
  row_table_.add(key, row);
  return row;
}

Row& Tables::touched(std::uint32_t number) {
  Row& row = rows_[number];
  open_.touch(number, row.open, {.hits = row.hits, .misses = row.misses});
  return row;
}

void Tables::count_hits(const Place& place, double weight) { touched(place.row).hits += weight; }

void Tables::count_misses(const Place& place, double weight) {
  touched(place.row).misses += weight;
}

void Tables::count_error(const Place& place, double weight) {
  std::uint64_t key = place.row * kOperationsInKey + place.operation;
  if (errors_.size() >= kMaxErrorSeries && !errors_.contains(key)) {
    key = place.row * kOperationsInKey + kOverflow;
  }
  errors_[key] += weight;
  open_.count_error(touched(place.row).open, weight);
}

void Tables::take(Place& place, const Observation& observation) {
  if (observation.hits + observation.misses > 0) {
    Row& row = touched(place.row);
    row.hits += observation.hits;
    row.misses += observation.misses;
  }
  if (observation.bytes_in + observation.bytes_out > 0) {
    Row& row = rows_[place.row];
    row.bytes_in += observation.bytes_in;
    row.bytes_out += observation.bytes_out;
  }
  if (observation.errors > 0) count_error(place, observation.errors);
  if (observation.seconds) time(place, *observation.seconds, 1);
}

void Tables::count_past(const Place& place, double hits, double misses) {
  Row& row = rows_[place.row];
  row.hits += hits;
  row.misses += misses;
  if (row.open.slot == open_.number()) open_.shift(row.open, {.hits = hits, .misses = misses});
}

void Tables::time(Place& place, double seconds, double weight) {
  const std::size_t bucket = fine_bucket(seconds);
  open_.time(touched(place.row).open, bucket, weight);
  LatencySeries& series = latency_at(place);
  series.counts[bucket] += weight;
  series.sum += seconds * weight;
}

void Tables::trace(Place& place, const Exemplar& exemplar) {
  LatencySeries& series = latency_at(place);
  if (series.exemplars == nullptr) series.exemplars = std::make_unique<LatestExemplars>();
  const auto now = std::chrono::system_clock::now();
  series.exemplars->take(exemplar, std::chrono::floor<std::chrono::milliseconds>(now));
}

LatencySeries& Tables::latency_at(Place& place) {
  if (place.latency == kNoLatency) {
    SeriesLabels labels = SeriesLabels::unpacked(rows_[place.row].key);
    labels.operation = place.operation;
    place.latency = latency_of(labels);
  }
  return latencies_[place.latency];
}

void Tables::time(Place& place, std::span<const BucketCount> counts, double sum) {
  open_.time(touched(place.row).open, counts);
  LatencySeries& series = latency_at(place);
  for (const auto& [bucket, count] : counts) series.counts[bucket] += static_cast<double>(count);
  series.sum += sum;
}

std::uint32_t Tables::latency_of(SeriesLabels labels) {
  if (!tenants_[labels.tenant].has_latency) labels.tenant = kNoName;
  std::uint64_t key = labels.packed();
  std::uint32_t number = latency_table_.find(key);
  if (number != NumberTable::kNone) return number;
  if (latencies_.size() - free_latencies_.size() >= kMaxLatencySeries) {
    labels = {.type = kOverflow, .operation = kOverflow, .source = labels.source};
    key = labels.packed();
    number = latency_table_.find(key);
    if (number != NumberTable::kNone) return number;
  }
  if (free_latencies_.empty()) {
    number = static_cast<std::uint32_t>(latencies_.size());
    latencies_.emplace_back();
  } else {
    number = free_latencies_.back();
    free_latencies_.pop_back();
  }
  latencies_[number] = {.key = key};
  latency_table_.add(key, number);
  return number;
}

std::vector<OpenSlot::Totals> Tables::totals_of(const OpenSlot& slot) const {
  return slot.totals([this](std::uint32_t number) -> OpenSlot::Totals {
    return {.hits = rows_[number].hits, .misses = rows_[number].misses};
  });
}

Tables::Closing Tables::take_open_slot() {
  OpenSlot closed(open_.number() + 1, open_.size());
  std::swap(open_, closed);
  std::vector<OpenSlot::Totals> totals = totals_of(closed);
  return {.slot = std::move(closed), .totals = std::move(totals)};
}

}  // namespace hitwatch::lookups
