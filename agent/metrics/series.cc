#include "agent/metrics/series.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "agent/metrics/family.h"

namespace hitwatch::metrics {

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

bool is_series(const Series& series, const Family* family, Suffix suffix, LabelViews labels) {
  return series.family == family && series.suffix == suffix &&
         std::ranges::equal(series.labels, labels, [](const Label& a, const LabelView& b) {
           return a.value == b.value && a.name == b.name;
         });
}

std::size_t hash_of_series(const Family* family, Suffix suffix, LabelViews labels) {
  const std::hash<std::string_view> hash_of_text;
  std::size_t hash = family->id * std::size_t{4} + static_cast<std::size_t>(suffix);
  const auto add = [&](std::string_view text) {
    hash = hash * 0x9e3779b97f4a7c15 + hash_of_text(text);
  };
  for (const LabelView& label : labels) {
    add(label.name);
    add(label.value);
  }
  return hash;
}

std::shared_ptr<const Series> SeriesPool::get(const Family& family, Suffix suffix,
                                              LabelViews labels, bool takes_role) {
  const std::size_t hash = hash_of_series(&family, suffix, labels);
  const std::scoped_lock lock(mutex_);
  const auto [begin, end] = series_.equal_range(hash);
  for (auto known = begin; known != end; ++known) {
    auto series = known->second.lock();
    if (series != nullptr && is_series(*series, &family, suffix, labels)) return series;
  }
  auto made = std::make_shared<Series>(Series{&family, suffix, takes_role, false, {}, {}, hash});
  made->labels.reserve(labels.size());
  for (const LabelView& label : labels) {
    made->labels.push_back({std::string(label.name), std::string(label.value)});
    made->has_role = made->has_role || label.name == "role";
  }
  append_label_text(made->text, labels);
  if (series_.size() >= sweep_at_) sweep();
  series_.emplace(hash, made);
  return made;
}

std::size_t SeriesPool::size() const {
  const std::scoped_lock lock(mutex_);
  return series_.size();
}

void SeriesPool::sweep() {
  std::erase_if(series_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = std::max<std::size_t>(64, 2 * series_.size());
}

}  // namespace hitwatch::metrics
