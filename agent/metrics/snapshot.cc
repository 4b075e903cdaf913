#include "agent/metrics/snapshot.h"

#include <algorithm>
#include <utility>

namespace hitwatch::metrics {
namespace {

// How far ahead in the order of the last snapshot to look for a series: a few that went away are
// skipped, a reordered server falls back to the table.
constexpr std::size_t kGuessAhead = 12;

}  // namespace

// The series that the target has had, found by what they are: a hash table that is open, since
// thousands of targets have one each.
struct SnapshotBuilder::Table {
  struct Entry {
    std::shared_ptr<const Series> series;
    std::uint64_t last_used = 0;  // number of the last snapshot that holds it
  };

  // Where the series is, or would be, among the slots.
  std::size_t slot_of(const Family* family, Suffix suffix, LabelViews labels,
                      std::size_t hash) const {
    std::size_t slot = hash & (slots.size() - 1);
    while (slots[slot] != 0) {
      const Series& series = *entries[slots[slot] - 1].series;
      if (series.hash == hash && is_series(series, family, suffix, labels)) break;
      slot = (slot + 1) & (slots.size() - 1);
    }
    return slot;
  }
  Place add(std::size_t slot, std::shared_ptr<const Series> series) {
    entries.push_back({std::move(series), 0});
    slots[slot] = static_cast<Place>(entries.size());
    if (4 * entries.size() > 3 * slots.size()) grow();
    return static_cast<Place>(entries.size() - 1);
  }
  void grow() {
    slots.assign(2 * slots.size(), 0);
    for (std::size_t place = 0; place < entries.size(); ++place) {
      std::size_t slot = entries[place].series->hash & (slots.size() - 1);
      while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
      slots[slot] = static_cast<Place>(place + 1);
    }
  }

  std::vector<Entry> entries;
  std::vector<Place> slots = std::vector<Place>(64);  // places and 1; 0 for none; a power of two
};

SnapshotBuilder::SnapshotBuilder() : table_(std::make_shared<Table>()) {}

void SnapshotBuilder::begin() {
  samples_.clear();
  order_.clear();
  samples_.reserve(last_order_.size());
  order_.reserve(last_order_.size());
  next_guess_ = 0;
  dropped_ = 0;
  ++number_;
  // Series come and go (client ids, for one). A new table lets the old one go with the last
  // snapshot that points into it.
  if (table_->entries.size() > 2 * last_order_.size() + 1000) {
    table_ = std::make_shared<Table>();
    last_order_.clear();
  }
}

std::optional<SnapshotBuilder::Place> SnapshotBuilder::guess(const Family* family,
                                                             LabelViews labels, Suffix suffix) {
  const std::size_t end = std::min(next_guess_ + kGuessAhead, last_order_.size());
  for (std::size_t i = next_guess_; i < end; ++i) {
    const Place place = last_order_[i];
    if (!is_series(*table_->entries[place].series, family, suffix, labels)) continue;
    next_guess_ = i + 1;
    return place;
  }
  return std::nullopt;
}

SnapshotBuilder::Place SnapshotBuilder::find_or_make(const Family* family, LabelViews labels,
                                                     Suffix suffix, bool takes_role) {
  const std::size_t hash = hash_of_series(family, suffix, labels);
  const std::size_t slot = table_->slot_of(family, suffix, labels, hash);
  if (const Place known = table_->slots[slot]; known != 0) return known - 1;
  return table_->add(slot, family->series->get(*family, suffix, labels, takes_role));
}

void SnapshotBuilder::add(const Family* family, double value, LabelViews labels, Suffix suffix,
                          bool takes_role) {
  if (family == nullptr) {
    ++dropped_;
    return;
  }
  if (samples_.size() >= kMaxSeries) {
    ++dropped_;
    return;
  }
  const auto guessed = guess(family, labels, suffix);
  const Place place = guessed ? *guessed : find_or_make(family, labels, suffix, takes_role);
  Table::Entry& entry = table_->entries[place];
  if (entry.last_used == number_) return;
  entry.last_used = number_;
  samples_.push_back({entry.series.get(), value});
  order_.push_back(place);
}

void SnapshotBuilder::carry_over(const Snapshot& older) {
  std::vector<bool> present;
  for (const Sample& sample : samples_) {
    const std::uint32_t id = sample.series->family->id;
    if (present.size() <= id) present.resize(id + 1);
    present[id] = true;
  }
  std::vector<LabelView> labels;
  for (const Sample& sample : older.samples) {
    const Series& series = *sample.series;
    if (series.family->id < present.size() && present[series.family->id]) continue;
    labels.clear();
    for (const Label& label : series.labels) labels.push_back({label.name, label.value});
    add(series.family, sample.value, labels, series.suffix, series.takes_role);
  }
}

std::shared_ptr<Snapshot> SnapshotBuilder::finish() {
  std::vector<std::uint32_t> starts(1, 0);  // by family id: where its samples begin
  for (const Sample& sample : samples_) {
    const std::uint32_t id = sample.series->family->id;
    if (starts.size() < id + 2) starts.resize(id + 2, 0);
    ++starts[id + 1];
  }
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];

  auto snapshot = std::make_shared<Snapshot>();
  snapshot->samples.resize(samples_.size());
  for (const Sample& sample : samples_) {
    snapshot->samples[starts[sample.series->family->id]++] = sample;
  }
  snapshot->series_owner = table_;
  // Between polls a target needs no more than the order.
  samples_ = std::vector<Sample>();
  last_order_ = std::exchange(order_, std::vector<Place>());
  last_order_.shrink_to_fit();
  table_->entries.shrink_to_fit();
  return snapshot;
}

}  // namespace hitwatch::metrics
