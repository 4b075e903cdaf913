#include "rules/scripts/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <span>
#include <vector>

#include "rules/promql/almost_equal.h"
#include "rules/promql/go_number.h"
#include "rules/scripts/metric_text.h"
#include "rules/window/quote.h"

namespace hitwatch::scripts {
namespace {

using promql::Annotation;
using promql::Result;
using promql::ValueType;
using window::Point;

constexpr double kEpsilon = 1e-6;

std::string number(double value) {
  return window::is_stale(value) ? "stale" : promql::format_json(value);
}

bool same(double expected, double actual) {
  return promql::almost_equal(expected, actual, kEpsilon);
}

// The expected series by their labels, with their place from 0.
struct Expected {
  const SeriesLine* line;
  std::size_t place;
};
using ExpectedSeries = std::map<std::string, Expected>;

ExpectedSeries expected_series(const Eval& eval) {
  ExpectedSeries expected;
  for (std::size_t i = 0; i < eval.series.size(); ++i) {
    expected[metric_text(eval.series[i].labels)] = {&eval.series[i], i};
  }
  return expected;
}

// Those that are left over did not come.
Difference missing(const ExpectedSeries& expected) {
  if (expected.empty()) return std::nullopt;
  return fmt::format("expected the series {}, it did not come", expected.begin()->first);
}

std::string points_text(std::span<const Point> points) {
  constexpr std::size_t kMost = 20;
  std::string out;
  for (const Point& point : points.first(std::min(points.size(), kMost))) {
    out += fmt::format(" {}@{}s", number(point.value),
                       promql::format_json(static_cast<double>(point.time) / 1000));
  }
  return points.size() > kMost ? out + " …" : out;
}

struct Element {
  std::string metric;
  double value;
};

Difference compare_vector(const Eval& eval, const std::vector<Element>& elements, bool ordered) {
  ExpectedSeries expected = expected_series(eval);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto& [metric, value] = elements[i];
    const auto found = expected.find(metric);
    if (found == expected.end()) {
      return fmt::format("unexpected series {} with the value {}", metric, number(value));
    }
    if (ordered && found->second.place != i) {
      return fmt::format("expected {} at place {}, it came at place {}", metric,
                         found->second.place + 1, i + 1);
    }
    const double wanted = found->second.line->values.front().value;
    if (!same(wanted, value)) {
      return fmt::format("expected {} for {}, got {}", number(wanted), metric, number(value));
    }
    expected.erase(found);
  }
  return missing(expected);
}

Difference compare_points(const SeriesLine& line, const Steps& steps,
                          std::span<const Point> actual) {
  std::vector<Point> wanted;
  std::int64_t time = steps.start;
  for (const SequenceValue& value : line.values) {
    if (time > steps.end) return "more values are expected than the query has steps";
    if (value.kind == SequenceValue::Kind::kNumber) wanted.push_back({time, value.value});
    time += steps.step;
  }
  const bool equal = std::ranges::equal(wanted, actual, [](const Point& left, const Point& right) {
    return left.time == right.time && same(left.value, right.value);
  });
  if (equal) return std::nullopt;
  return fmt::format("expected{}, got{}", points_text(wanted), points_text(actual));
}

Difference compare_matrix(const Eval& eval, const Steps& steps, const Result& result) {
  ExpectedSeries expected = expected_series(eval);
  const window::LabelSet* before = nullptr;
  for (const promql::ResultSeries& series : result.series) {
    const std::string metric = metric_text(*series.labels);
    if (before != nullptr && !window::less_by_text(*before, *series.labels)) {
      return fmt::format("{} does not stand in the order of labels", metric);
    }
    before = series.labels;
    const auto found = expected.find(metric);
    if (found == expected.end()) {
      return fmt::format("unexpected series {} with{}", metric, points_text(series.points));
    }
    if (const Difference points = compare_points(*found->second.line, steps, series.points)) {
      return fmt::format("{}: {}", metric, *points);
    }
    expected.erase(found);
  }
  return missing(expected);
}

Difference compare_scalar(const Eval& eval, double value) {
  if (!eval.scalar) return fmt::format("expected no scalar, got {}", number(value));
  if (same(*eval.scalar, value)) return std::nullopt;
  return fmt::format("expected {}, got {}", number(*eval.scalar), number(value));
}

Difference compare_text(const Eval& eval, const std::string& text) {
  if (!eval.text) return fmt::format("expected no string, got {}", window::quoted(text));
  if (*eval.text == text) return std::nullopt;
  return fmt::format("expected {}, got {}", window::quoted(*eval.text), window::quoted(text));
}

// Each expectation must be met, and each note be expected.
Difference compare_texts(std::string_view kind, const std::vector<ExpectedText>& expected,
                         const std::vector<std::string>& actual) {
  if (expected.empty()) return std::nullopt;
  for (const ExpectedText& wanted : expected) {
    if (std::ranges::any_of(actual, [&](const auto& text) { return wanted.matches(text); })) {
      continue;
    }
    return fmt::format("expected the {} '{}', got {}", kind, wanted.text,
                       actual.empty() ? "none" : fmt::format("'{}'", actual.front()));
  }
  for (const std::string& text : actual) {
    if (std::ranges::none_of(expected, [&](const auto& wanted) { return wanted.matches(text); })) {
      return fmt::format("unexpected {} '{}'", kind, text);
    }
  }
  return std::nullopt;
}

}  // namespace

Difference compare_result(const Eval& eval, const Result& result, std::int64_t time) {
  if (result.type == ValueType::kScalar) return compare_scalar(eval, result.scalar);
  if (result.type == ValueType::kString) return compare_text(eval, result.text);
  if (eval.scalar) return "expected a scalar";
  if (eval.text) return "expected a string";
  if (result.type == ValueType::kMatrix) {
    if (!eval.range && !eval.matrix) return "got a range vector: say 'expect range vector from …'";
    if (eval.ordered) return "the series of a range vector always come in the order of labels";
    return compare_matrix(eval, eval.range ? eval.steps : *eval.matrix, result);
  }
  if (eval.matrix) return "expected a range vector";
  std::vector<Element> elements;
  for (const promql::ResultSeries& series : result.series) {
    if (series.points.size() != 1 || series.points.front().time != time) {
      return fmt::format("{} has{}", metric_text(*series.labels), points_text(series.points));
    }
    elements.push_back({metric_text(*series.labels), series.points.front().value});
  }
  return compare_vector(eval, elements, eval.ordered);
}

Difference compare_middle(const Eval& eval, const Result& range, std::int64_t time) {
  std::vector<Element> elements;
  for (const promql::ResultSeries& series : range.series) {
    const auto point = std::ranges::find(series.points, time, &Point::time);
    if (point == series.points.end()) continue;
    elements.push_back({metric_text(*series.labels), point->value});
  }
  if (!eval.scalar) return compare_vector(eval, elements, false);
  if (elements.size() != 1) return fmt::format("expected one point, got {}", elements.size());
  return compare_scalar(eval, elements.front().value);
}

Difference compare_notes(const Eval& eval, const Result& result) {
  std::vector<std::string> warnings, infos;
  for (const Annotation& note : result.annotations) {
    (note.warning ? warnings : infos).push_back(note.text);
  }
  if (eval.no_warnings && !warnings.empty()) {
    return fmt::format("unexpected warning '{}'", warnings.front());
  }
  if (eval.no_infos && !infos.empty()) {
    return fmt::format("unexpected info '{}'", infos.front());
  }
  if (Difference difference = compare_texts("warning", eval.warnings, warnings)) return difference;
  return compare_texts("info", eval.infos, infos);
}

Difference compare_error(const ExpectedText& expected, const std::string& error) {
  if (expected.matches(error)) return std::nullopt;
  return fmt::format("expected the error '{}', got '{}'", expected.text, error);
}

}  // namespace hitwatch::scripts
