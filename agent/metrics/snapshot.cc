#include "agent/metrics/snapshot.h"

#include <algorithm>
#include <deque>
#include <unordered_set>
#include <utility>

namespace hitwatch::metrics {
namespace {

// How far ahead in the order of the last snapshot to look for a series: a few that went away are
// skipped, a reordered server falls back to the table.
constexpr std::size_t kGuessAhead = 12;

}  // namespace

struct SnapshotBuilder::Entry {
  std::shared_ptr<const Series> series;
  std::uint64_t last_used = 0;  // number of the last snapshot that holds it
};

struct SnapshotBuilder::Table {
  struct Key {
    const Family* family;
    Suffix suffix;
    LabelViews labels;
    std::size_t hash;
  };
  // Entries are held by their places, and found by what they are of.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return key.hash; }
    std::size_t operator()(const Entry* entry) const {
      std::vector<LabelView> labels;
      for (const Label& label : entry->series->labels) labels.push_back({label.name, label.value});
      return hash_of_series(entry->series->family, entry->series->suffix, labels);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const { return a == b; }
    bool operator()(const Key& key, const Entry* entry) const {
      return is_series(*entry->series, key.family, key.suffix, key.labels);
    }
    bool operator()(const Entry* entry, const Key& key) const { return (*this)(key, entry); }
  };

  std::deque<Entry> entries;
  std::unordered_set<Entry*, Hash, Equal> by_series;
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

SnapshotBuilder::Entry* SnapshotBuilder::guess(const Family* family, LabelViews labels,
                                               Suffix suffix) {
  const std::size_t end = std::min(next_guess_ + kGuessAhead, last_order_.size());
  for (std::size_t i = next_guess_; i < end; ++i) {
    if (!is_series(*last_order_[i]->series, family, suffix, labels)) continue;
    next_guess_ = i + 1;
    return last_order_[i];
  }
  return nullptr;
}

SnapshotBuilder::Entry* SnapshotBuilder::find_or_make(const Family* family, LabelViews labels,
                                                      Suffix suffix, bool takes_role) {
  const Table::Key key{family, suffix, labels, hash_of_series(family, suffix, labels)};
  const auto found = table_->by_series.find(key);
  if (found != table_->by_series.end()) return *found;
  Entry& made = table_->entries.emplace_back();
  made.series = family->series->get(*family, suffix, labels, takes_role);
  table_->by_series.insert(&made);
  return &made;
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
  Entry* entry = guess(family, labels, suffix);
  if (entry == nullptr) entry = find_or_make(family, labels, suffix, takes_role);
  if (entry->last_used == number_) return;
  entry->last_used = number_;
  samples_.push_back({entry->series.get(), value});
  order_.push_back(entry);
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
  samples_ = {};
  last_order_ = std::exchange(order_, {});
  return snapshot;
}

}  // namespace hitwatch::metrics
