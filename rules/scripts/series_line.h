// A line of a test: a series and its samples, `up{job="redis"} 1 1 _ 0`.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/scripts/series_values.h"

namespace hitwatch::scripts {

struct SeriesLine {
  metrics::Labels labels;    // by name, none empty; the metric's name is `__name__`
  bool start_times = false;  // `up@st …`: when samples' counters began, not samples
  std::vector<SequenceValue> values;
};

// `up{job="redis"}`: a name, labels, or both; `{}` has none. The error is a sentence.
std::expected<metrics::Labels, std::string> parse_metric(std::string_view text);

std::expected<SeriesLine, std::string> parse_series_line(std::string_view line);

}  // namespace hitwatch::scripts
