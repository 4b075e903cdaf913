#include "agent/metrics/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "agent/net/http_words.h"

namespace hitwatch::metrics {
namespace {

// OpenMetrics wants bucket bounds as canonical floats: `8.0`, where the server said `8`.
void append_canonical_bounds(std::string& out, std::string_view text) {
  constexpr std::string_view kLe = "le=\"";
  const std::size_t at = text.rfind(kLe);
  const std::size_t end = at == text.npos ? text.npos : text.find('"', at + kLe.size());
  if (end == text.npos) {
    out += text;
    return;
  }
  const std::string_view bound = text.substr(at + kLe.size(), end - at - kLe.size());
  out += text.substr(0, end);
  if (std::ranges::all_of(bound, [](char c) { return c >= '0' && c <= '9'; })) out += ".0";
  out += text.substr(end);
}

// Longer than any double as text.
constexpr std::size_t kLongestValue = 32;

// Writes the value at `to`, where there is room for kLongestValue bytes; returns the end.
char* write_value(char* to, double value) {
  const auto copied = [to](std::string_view word) { return std::ranges::copy(word, to).out; };
  // Most values are whole numbers, and those are written several times faster.
  constexpr double kWhole = 1e15;
  if (value > -kWhole && value < kWhole) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) {
      return std::to_chars(to, to + kLongestValue, whole).ptr;
    }
  } else if (std::isnan(value)) {
    return copied("NaN");
  } else if (std::isinf(value)) {
    return copied(value > 0 ? "+Inf" : "-Inf");
  }
  return std::to_chars(to, to + kLongestValue, value).ptr;
}

// Adds a line by one growth of `out` and plain copies: lines are all that a scrape consists of.
void append_sample(std::string& out, Format format, const TargetSamples& target,
                   const Sample& sample) {
  const Series& series = *sample.series;
  const std::string& name = series.family->name;
  const std::string_view suffix = suffix_text(series.suffix);
  const std::string_view role = series.takes_role ? target.role_text : std::string_view();
  const std::string_view place = series.has_role ? std::string_view() : target.place_text;
  std::string_view own = series.text;
  std::string canonical;
  if (format == Format::kOpenMetrics && series.suffix == Suffix::kBucket) {
    append_canonical_bounds(canonical, own);
    own = canonical;
  }
  constexpr std::size_t kPunctuation = 7;  // four before labels, "} ", the end of the line
  const std::size_t begin = out.size();
  const std::size_t room = name.size() + suffix.size() + target.label_text.size() + role.size() +
                           place.size() + own.size() + kPunctuation + kLongestValue;
  out.resize_and_overwrite(begin + room, [&](char* text, std::size_t) {
    char* to = text + begin;
    const auto add = [&to](std::string_view part) {
      std::memcpy(to, part.data(), part.size());
      to += part.size();
    };
    add(name);
    if (!suffix.empty()) add(suffix);
    char separator = '{';
    for (const std::string_view labels : {target.label_text, role, place, own}) {
      if (labels.empty()) continue;
      *to++ = separator;
      add(labels);
      separator = ',';
    }
    if (separator == ',') *to++ = '}';
    *to++ = ' ';
    to = write_value(to, sample.value);
    *to++ = '\n';
    return static_cast<std::size_t>(to - text);
  });
}

// The samples of one family in one target.
struct Run {
  const TargetSamples* target;
  std::span<const Sample> samples;
};

bool has_percentiles(std::span<const Run> runs) {
  for (const Run& run : runs) {
    for (const Sample& sample : run.samples) {
      for (const Label& label : sample.series->labels) {
        if (label.name == "quantile" && label.value.size() > 1 && label.value[0] != '0')
          return true;
      }
    }
  }
  return false;
}

// A summary over percentiles ("99") is not one in OpenMetrics: three families of unknown type.
void write_percentiles(std::string& out, const Family& family, std::span<const Run> runs) {
  for (const Suffix suffix : {Suffix::kNone, Suffix::kSum, Suffix::kCount}) {
    const std::string name = family.name + std::string(suffix_text(suffix));
    append_head(out, Format::kOpenMetrics, name, "unknown", family.help);
    for (const Run& run : runs) {
      for (const Sample& sample : run.samples) {
        if (sample.series->suffix == suffix) {
          append_sample(out, Format::kOpenMetrics, *run.target, sample);
        }
      }
    }
  }
}

void write_family(std::string& out, Format format, const Family& family,
                  std::span<const Run> runs) {
  if (format == Format::kOpenMetrics && family.type == Type::kSummary && has_percentiles(runs)) {
    write_percentiles(out, family, runs);
    return;
  }
  out += family.head(format);
  for (const Run& run : runs) {
    for (const Sample& sample : run.samples) append_sample(out, format, *run.target, sample);
  }
}

Type type_of(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return Type::kCounter;
    case prometheus::MetricType::Gauge:
      return Type::kGauge;
    case prometheus::MetricType::Summary:
      return Type::kSummary;
    case prometheus::MetricType::Histogram:
      return Type::kHistogram;
    default:
      return Type::kUnknown;
  }
}

std::string number_text(double value) {
  std::string text;
  append_value(text, value);
  return text;
}

// Writes the lines of one family of prometheus-cpp.
class FamilyLines {
 public:
  FamilyLines(std::string& out, Format format, const std::string& name)
      : out_(out), format_(format), name_(name) {}

  void metric(const prometheus::ClientMetric& metric, prometheus::MetricType type) {
    metric_ = &metric;
    switch (type) {
      case prometheus::MetricType::Counter:
        line("", "", "", metric.counter.value);
        break;
      case prometheus::MetricType::Gauge:
        line("", "", "", metric.gauge.value);
        break;
      case prometheus::MetricType::Untyped:
        line("", "", "", metric.untyped.value);
        break;
      case prometheus::MetricType::Summary:
        summary(metric.summary);
        break;
      case prometheus::MetricType::Histogram:
        histogram(metric.histogram);
        break;
    }
  }

 private:
  void summary(const prometheus::ClientMetric::Summary& summary) {
    for (const auto& quantile : summary.quantile) {
      line("", "quantile", number_text(quantile.quantile), quantile.value);
    }
    line("_sum", "", "", summary.sample_sum);
    line("_count", "", "", static_cast<double>(summary.sample_count));
  }

  void histogram(const prometheus::ClientMetric::Histogram& histogram) {
    bool infinite = false;
    for (const auto& bucket : histogram.bucket) {
      std::string bound = number_text(bucket.upper_bound);
      infinite = infinite || std::isinf(bucket.upper_bound);
      const bool whole = bound.find_first_not_of("0123456789") == std::string::npos;
      if (format_ == Format::kOpenMetrics && whole) bound += ".0";
      line("_bucket", "le", bound, static_cast<double>(bucket.cumulative_count));
    }
    const auto count = static_cast<double>(histogram.sample_count);
    if (!infinite) line("_bucket", "le", "+Inf", count);
    line("_sum", "", "", histogram.sample_sum);
    line("_count", "", "", count);
  }

  void line(std::string_view suffix, std::string_view extra_name, std::string_view extra_value,
            double value) {
    out_ += name_;
    out_ += suffix;
    std::vector<LabelView> labels;
    for (const auto& label : metric_->label) labels.push_back({label.name, label.value});
    if (!extra_name.empty()) labels.push_back({extra_name, extra_value});
    if (!labels.empty()) {
      out_ += '{';
      append_label_text(out_, labels);
      out_ += '}';
    }
    out_ += ' ';
    append_value(out_, value);
    out_ += '\n';
  }

  std::string& out_;
  Format format_;
  const std::string& name_;
  const prometheus::ClientMetric* metric_ = nullptr;
};

}  // namespace

std::string_view content_type(Format format) {
  return format == Format::kText ? "text/plain; version=0.0.4; charset=utf-8"
                                 : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

Format negotiate(std::string_view accept) {
  int open_metrics = 0;
  int text = 0;
  while (!accept.empty()) {
    const net::Preference range = net::take_preference(accept);
    if (net::equal_ignoring_case(range.name, "application/openmetrics-text")) {
      const std::string_view version = net::parameter_of(range, "version");
      const bool is_known = version.empty() || version == "1.0.0" || version == "0.0.1";
      if (is_known) open_metrics = std::max(open_metrics, range.weight);
    } else if (net::equal_ignoring_case(range.name, "text/plain")) {
      text = std::max(text, range.weight);
    }
  }
  return open_metrics > 0 && open_metrics >= text ? Format::kOpenMetrics : Format::kText;
}

void write_targets(std::string& out, Format format, std::span<const TargetSamples> targets,
                   const Family* age_family, std::chrono::steady_clock::time_point now) {
  std::vector<std::size_t> next(targets.size(), 0);
  std::vector<Run> runs;
  while (true) {
    // The families of a snapshot are in the order of their ids: take the lowest not yet written.
    std::optional<std::uint32_t> lowest;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto& samples = targets[i].snapshot->samples;
      if (next[i] == samples.size()) continue;
      const std::uint32_t id = samples[next[i]].series->family->id;
      if (!lowest || id < *lowest) lowest = id;
    }
    if (!lowest) break;
    runs.clear();
    const Family* family = nullptr;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto& samples = targets[i].snapshot->samples;
      const std::size_t begin = next[i];
      std::size_t end = begin;
      while (end < samples.size() && samples[end].series->family->id == *lowest) ++end;
      if (begin == end) continue;
      family = samples[begin].series->family;
      runs.push_back({&targets[i], {samples.data() + begin, end - begin}});
      next[i] = end;
    }
    write_family(out, format, *family, runs);
  }
  if (age_family != nullptr) write_ages(out, format, targets, *age_family, now);
}

void write_ages(std::string& out, Format format, std::span<const TargetSamples> targets,
                const Family& family, std::chrono::steady_clock::time_point now) {
  const auto has_data = [](const TargetSamples& target) {
    return target.snapshot->data_from != std::chrono::steady_clock::time_point{};
  };
  if (std::ranges::none_of(targets, has_data)) return;
  out += family.head(format);
  const Series series{.family = &family, .suffix = Suffix::kNone, .labels = {}, .text = {}};
  for (const TargetSamples& target : targets) {
    if (!has_data(target)) continue;
    const std::chrono::duration<double> age = now - target.snapshot->data_from;
    append_sample(out, format, target, {&series, std::max(0.0, age.count())});
  }
}

void write_families(std::string& out, Format format,
                    const std::vector<prometheus::MetricFamily>& families) {
  for (const prometheus::MetricFamily& family : families) {
    if (family.metric.empty()) continue;
    append_head(out, format, family.name, type_of(family.type), family.help);
    FamilyLines lines(out, format, family.name);
    for (const prometheus::ClientMetric& metric : family.metric) lines.metric(metric, family.type);
  }
}

void write_end(std::string& out, Format format) {
  if (format == Format::kOpenMetrics) out += "# EOF\n";
}

void append_value(std::string& out, double value) {
  char text[kLongestValue];
  out.append(text, write_value(text, value));
}

}  // namespace hitwatch::metrics
