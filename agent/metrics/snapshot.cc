#include "agent/metrics/snapshot.h"

#include <algorithm>

namespace hitwatch::metrics {
namespace {

// How far ahead in the order of the last snapshot to look for a series: a few that went away are
// skipped, a reordered server falls back to the table.
constexpr std::size_t kGuessAhead = 12;

bool is_series(const Series& series, const Family* family, LabelViews labels, Suffix suffix) {
  return series.family == family && series.suffix == suffix &&
         std::ranges::equal(series.labels, labels, [](const Label& a, const LabelView& b) {
           return a.value == b.value && a.name == b.name;
         });
}

}  // namespace

std::string_view suffix_text(Suffix suffix) {
  switch (suffix) {
    case Suffix::kNone:
      return "";
    case Suffix::kBucket:
      return "_bucket";
    case Suffix::kSum:
      return "_sum";
    case Suffix::kCount:
      return "_count";
  }
  return "";
}

struct SnapshotBuilder::Table {
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::deque<Series> series;
  std::unordered_map<std::string, const Series*, TextHash, std::equal_to<>> by_key;
};

SnapshotBuilder::SnapshotBuilder() : table_(std::make_shared<Table>()) {}

void SnapshotBuilder::begin() {
  samples_.clear();
  next_guess_ = 0;
  dropped_ = 0;
  ++number_;
  // Series come and go (client ids, for one). A new table lets the old one go with the last
  // snapshot that points into it.
  if (table_->series.size() > 2 * last_order_.size() + 1000) {
    table_ = std::make_shared<Table>();
    last_order_.clear();
  }
}

const Series* SnapshotBuilder::guess(const Family* family, LabelViews labels, Suffix suffix) {
  const std::size_t end = std::min(next_guess_ + kGuessAhead, last_order_.size());
  for (std::size_t i = next_guess_; i < end; ++i) {
    if (!is_series(*last_order_[i], family, labels, suffix)) continue;
    next_guess_ = i + 1;
    return last_order_[i];
  }
  return nullptr;
}

const Series* SnapshotBuilder::find_or_make(const Family* family, LabelViews labels, Suffix suffix,
                                            bool takes_role) {
  key_.assign(std::to_string(family->id));
  key_ += static_cast<char>('0' + static_cast<int>(suffix));
  for (const LabelView& label : labels) {
    // Lengths make the key unambiguous whatever bytes a value holds.
    key_ += std::to_string(label.value.size());
    key_ += ':';
    key_ += label.name;
    key_ += '=';
    key_ += label.value;
  }
  if (const auto found = table_->by_key.find(std::string_view(key_));
      found != table_->by_key.end()) {
    return found->second;
  }
  Series& made = table_->series.emplace_back();
  made.family = family;
  made.suffix = suffix;
  made.takes_role = takes_role;
  for (const LabelView& label : labels) {
    made.labels.push_back({std::string(label.name), std::string(label.value)});
    made.has_role = made.has_role || label.name == "role";
  }
  append_label_text(made.text, labels);
  table_->by_key.emplace(key_, &made);
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
  const Series* series = guess(family, labels, suffix);
  if (series == nullptr) series = find_or_make(family, labels, suffix, takes_role);
  if (series->last_used == number_) return;
  series->last_used = number_;
  samples_.push_back({series, value});
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
  last_order_.clear();
  starts_.assign(1, 0);
  for (const Sample& sample : samples_) {
    last_order_.push_back(sample.series);
    const std::uint32_t id = sample.series->family->id;
    if (starts_.size() < id + 2) starts_.resize(id + 2, 0);
    ++starts_[id + 1];
  }
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];

  auto snapshot = std::make_shared<Snapshot>();
  snapshot->samples.resize(samples_.size());
  for (const Sample& sample : samples_) {
    snapshot->samples[starts_[sample.series->family->id]++] = sample;
  }
  snapshot->series_owner = table_;
  samples_.clear();
  return snapshot;
}

}  // namespace hitwatch::metrics
