#include "rules/scripts/storage.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/scripts/metric_text.h"

namespace hitwatch::scripts {
namespace {

using Kind = SequenceValue::Kind;

bool matches(const window::Matchers& matchers, const metrics::Labels& labels) {
  return std::ranges::all_of(matchers, [&](const window::Matcher& matcher) {
    const auto label = std::ranges::find(labels, matcher.name(), &metrics::Label::name);
    return matcher.matches(label == labels.end() ? std::string_view() : label->value);
  });
}

// The name of the native histogram that is made of a classic one's series, if this is one of them.
std::string histogram_name(std::string_view name) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(suffix)) return std::string(name.substr(0, name.size() - suffix.size()));
  }
  return {};
}

}  // namespace

Storage::Series& Storage::series(const metrics::Labels& labels) {
  Series& series = series_[metric_text(labels)];
  series.labels = labels;
  return series;
}

void Storage::load(const Load& load) {
  window_.reset();
  std::map<std::string, const SeriesLine*> lines;
  for (const SeriesLine& line : load.series) {
    if (line.start_times) {
      series(line.labels).start_times = true;
    } else {
      lines[metric_text(line.labels)] = &line;
    }
  }
  for (const auto& [text, line] : lines) {
    Series& target = series(line->labels);
    Series* histogram = nullptr;
    if (load.makes_histograms) {
      metrics::Labels labels = line->labels;
      std::erase_if(labels, [](const metrics::Label& label) { return label.name == "le"; });
      const auto name = std::ranges::find(labels, "__name__", &metrics::Label::name);
      if (name != labels.end()) {
        name->value = histogram_name(name->value);
        if (!name->value.empty()) histogram = &series(labels);
      }
    }
    std::int64_t time = 0;
    for (const SequenceValue& value : line->values) {
      if (value.kind != Kind::kMissing) {
        target.samples.try_emplace(time, value);
        if (histogram != nullptr) histogram->samples.try_emplace(time, Kind::kHistogram);
      }
      time += load.step;
    }
  }
}

void Storage::clear() {
  series_.clear();
  window_.reset();
}

const window::Window& Storage::window() {
  if (window_) return *window_;
  window_ = std::make_unique<window::Window>();
  window_->want({{.matchers = {}, .history = std::numeric_limits<std::int64_t>::max() / 4}});
  for (const auto& [text, series] : series_) {
    std::vector<metrics::LabelView> labels;
    for (const metrics::Label& label : series.labels) labels.push_back({label.name, label.value});
    window::Series* const target = window_->find_or_make(labels);
    if (target == nullptr) continue;
    for (const auto& [time, value] : series.samples) {
      if (value.kind == Kind::kNumber) window_->append(*target, time, value.value);
    }
  }
  return *window_;
}

Unreadable Storage::unreadable(const window::Matchers& matchers, std::int64_t after,
                               std::int64_t until) const {
  for (const auto& [text, series] : series_) {
    if (!matches(matchers, series.labels)) continue;
    if (series.start_times) return Unreadable::kStartTimes;
    for (auto sample = series.samples.upper_bound(after);
         sample != series.samples.end() && sample->first <= until; ++sample) {
      if (sample->second.kind == Kind::kHistogram) return Unreadable::kHistogram;
    }
  }
  return Unreadable::kNone;
}

}  // namespace hitwatch::scripts
