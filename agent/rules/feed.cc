#include "agent/rules/feed.h"

#include <algorithm>
#include <unordered_set>

#include "agent/metrics/exposition_reader.h"

namespace hitwatch::rules {
namespace {

// How many series of a snapshot may be missing in the next before its order is looked up.
constexpr std::ptrdiff_t kLookAhead = 16;

// Prometheus has bounds of buckets as OpenMetrics writes them: `8.0`, where text may say `8`. Then
// `bound`, empty before, has the longer form, which `label` refers to afterwards.
void write_bound_as_prometheus(metrics::LabelView& label, std::string& bound) {
  const bool is_whole = label.value.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_whole || label.value.empty() || !bound.empty()) return;
  bound = label.value;
  bound += ".0";
  label.value = bound;
}

}  // namespace

void Feed::take(const std::string& target, const Observation& observation) {
  Source& source = sources_[target];
  refresh(source);
  std::vector<Track> former;
  if (source.labels != observation.labels || source.role != observation.role ||
      source.place != observation.place) {
    former.swap(source.tracks);
    source.labels = observation.labels;
    source.role = observation.role;
    source.place = observation.place;
  }
  if (source.tracks.size() < observation.snapshots.size()) {
    source.tracks.resize(observation.snapshots.size());
  }
  for (std::size_t i = 0; i < source.tracks.size(); ++i) {
    const bool present = i < observation.snapshots.size();
    take_snapshot(source, source.tracks[i], present ? observation.snapshots[i].get() : nullptr,
                  observation.time);
  }
  if (!former.empty()) end_missing(former, source.tracks, observation.time);
}

// A series with a role of its own is the same one in another place.
void Feed::end_missing(const std::vector<Track>& former, const std::vector<Track>& present,
                       std::int64_t time) {
  std::unordered_set<const window::Series*> going_on;
  for (const Track& track : present) {
    for (const Pair& pair : track.pairs) going_on.insert(pair.second);
  }
  for (const Track& track : former) {
    for (const Pair& pair : track.pairs) {
      if (!going_on.contains(pair.second)) append(pair.second, time, window::stale_marker());
    }
  }
}

void Feed::refresh(Source& source) {
  if (source.wanted_generation == window_.wanted_generation() &&
      source.series_generation == window_.series_generation()) {
    return;
  }
  for (Track& track : source.tracks) {
    for (Pair& pair : track.pairs) pair.second = find(source, *pair.first);
  }
  for (auto& [text, series] : source.by_text) series = find(text, source.labels);
  source.wanted_generation = window_.wanted_generation();
  source.series_generation = window_.series_generation();
}

void Feed::take_snapshot(Source& source, Track& track, const metrics::Snapshot* snapshot,
                         std::int64_t time) {
  std::vector<Pair> before = std::move(track.pairs);
  track.pairs.clear();
  // The order seldom changes: the next series is mostly the one that came next in the last
  // snapshot.
  std::size_t next = 0;
  bool skipped = false;  // some of them: they come elsewhere, or have ended
  std::unordered_map<const metrics::Series*, window::Series*> by_series;
  const bool known = snapshot != nullptr && track.owner == snapshot->series_owner;
  if (snapshot != nullptr) track.pairs.reserve(snapshot->samples.size());
  for (std::size_t i = 0; snapshot != nullptr && i < snapshot->samples.size(); ++i) {
    const metrics::Sample& sample = snapshot->samples[i];
    window::Series* series = nullptr;
    if (known && next < before.size() && before[next].first == sample.series) {
      series = before[next++].second;
    } else {
      if (known && by_series.empty()) by_series.insert(before.begin(), before.end());
      const auto found = by_series.find(sample.series);
      series = found != by_series.end() ? found->second : find(source, *sample.series);
      const auto begin = before.begin() + static_cast<std::ptrdiff_t>(next);
      const auto end = begin + std::min<std::ptrdiff_t>(kLookAhead, before.end() - begin);
      const auto place =
          std::find_if(begin, end, [&](const Pair& pair) { return pair.first == sample.series; });
      if (place != end) {
        skipped = skipped || place != begin;
        next = static_cast<std::size_t>(place - before.begin()) + 1;
      }
    }
    append(series, time, sample.value);
    track.pairs.emplace_back(sample.series, series);
  }
  if (!before.empty() && (skipped || next != before.size() || !known)) {
    std::unordered_set<const window::Series*> present;
    for (const Pair& pair : track.pairs) present.insert(pair.second);
    for (const Pair& pair : before) {
      if (!present.contains(pair.second)) append(pair.second, time, window::stale_marker());
    }
  }
  track.owner = snapshot != nullptr ? snapshot->series_owner : nullptr;
}

window::Series* Feed::find(const Source& source, const metrics::Series& series) {
  name_ = series.family->name;
  name_ += metrics::suffix_text(series.suffix);
  labels_.clear();
  bound_.clear();
  labels_.push_back({"__name__", name_});
  for (const metrics::Label& label : series.labels) {
    labels_.push_back({label.name, label.value});
    if (series.suffix == metrics::Suffix::kBucket && label.name == "le") {
      write_bound_as_prometheus(labels_.back(), bound_);
    }
  }
  for (const metrics::Label& label : source.labels) labels_.push_back({label.name, label.value});
  if (series.takes_role && !source.role.empty()) {
    labels_.push_back({"instance_role", source.role});
  }
  if (!series.has_role && !source.place.empty()) labels_.push_back({"role", source.place});
  return window_.find_or_make(labels_);
}

void Feed::take_exposition(const std::string& source_name, std::string_view text,
                           const metrics::Labels& labels, std::int64_t time) {
  Source& source = sources_[source_name];
  refresh(source);
  if (source.labels != labels) {
    end(source, time);
    source.labels = labels;
  }
  std::unordered_map<std::string, window::Series*> now;
  now.reserve(source.by_text.size());
  metrics::ExpositionReader reader(text);
  while (true) {
    const auto line = reader.next();
    if (!line) {
      ++lines_refused_;
      continue;
    }
    if (!*line) break;
    auto known = source.by_text.extract(std::string((*line)->series));
    window::Series* series = known ? known.mapped() : find((*line)->series, labels);
    append(series, time, (*line)->value);
    if (known) {
      now.insert(std::move(known));
    } else {
      now.emplace((*line)->series, series);
    }
  }
  for (const auto& [ended, series] : source.by_text) append(series, time, window::stale_marker());
  source.by_text = std::move(now);
}

window::Series* Feed::find(std::string_view text, const metrics::Labels& further) {
  const auto labels = metrics::read_series(text);
  if (!labels) {
    ++lines_refused_;
    return nullptr;
  }
  labels_.clear();
  bound_.clear();
  const bool is_bucket = std::ranges::any_of(*labels, [](const metrics::Label& label) {
    return label.name == "__name__" && label.value.ends_with("_bucket");
  });
  for (const metrics::Label& label : *labels) {
    labels_.push_back({label.name, label.value});
    if (is_bucket && label.name == "le") write_bound_as_prometheus(labels_.back(), bound_);
  }
  for (const metrics::Label& label : further) {
    if (std::ranges::find(*labels, label.name, &metrics::Label::name) == labels->end()) {
      labels_.push_back({label.name, label.value});
    }
  }
  return window_.find_or_make(labels_);
}

void Feed::append(window::Series* series, std::int64_t time, double value) {
  if (series == nullptr) return;
  if (window_.append(*series, time, value)) {
    ++samples_;
  } else {
    ++samples_refused_;
  }
}

void Feed::end(Source& source, std::int64_t time) {
  for (Track& track : source.tracks) {
    for (const Pair& pair : track.pairs) append(pair.second, time, window::stale_marker());
  }
  for (const auto& [text, series] : source.by_text) append(series, time, window::stale_marker());
  source.tracks.clear();
  source.by_text.clear();
}

void Feed::keep_only(const std::set<std::string>& named, std::int64_t time) {
  for (auto source = sources_.begin(); source != sources_.end();) {
    if (named.contains(source->first)) {
      ++source;
      continue;
    }
    refresh(source->second);
    end(source->second, time);
    source = sources_.erase(source);
  }
}

}  // namespace hitwatch::rules
