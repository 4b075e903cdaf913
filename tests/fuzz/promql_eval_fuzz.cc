// Any expression, evaluated over series that are made to be awkward, ends within its limits; what
// comes is in order; and a range query says at each of its steps what an instant query says there.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/engine.h"
#include "rules/promql/parser.h"

namespace {

using namespace hitwatch::promql;
namespace window = hitwatch::window;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void require(bool condition) {
  if (!condition) std::abort();
}

class Fixture {
 public:
  Fixture() {
    window_.want({{.matchers = {}, .history = kMost / 4}});
    const double stale = window::stale_marker();
    add("m", {{"a", "1"}, {"b", "x"}}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    add("m", {{"a", "2"}, {"b", "x"}}, {5, 4, kNan, 0, -0.0, 1e308, 1e308, -kInf, kInf, 2});
    add("m", {{"a", "3"}}, {1, stale, stale, 3, 5e-324, stale, 7, stale});
    add("n", {{"a", "1"}}, {10, 8, 12, 3, 3, 3, stale, 1e16, 1});
    add("n", {{"b", "x"}, {"c", "y"}}, {-1, -1e-9, kNan, kNan});
    add("t_total", {{"a", "\xc3\xa9\n\""}}, {1, 2, 1, 3, 1, 4, 1, 5, 1, 6});
    add("h_bucket", {{"le", "0.1"}}, {1, 2, 3, 4});
    add("h_bucket", {{"le", "1"}}, {2, 1, 9, kNan});
    add("h_bucket", {{"le", "1.0"}}, {2, 1, 9, 3});
    add("h_bucket", {{"le", "-Inf"}}, {0, 0, 1, -1});
    add("h_bucket", {{"le", "+Inf"}}, {4, 4, 9, kInf});
    add("h_bucket", {{"le", "what"}, {"a", "1"}}, {1, 1, 1, 1});
    add("i", {{"instance", "1"}, {"job", "x"}}, {1, 2, 3, 4});
    add("i", {{"instance", "2"}, {"job", "x"}}, {1, 2, 3, 4});
    add("target_info", {{"instance", "1"}, {"job", "x"}, {"c", "1"}}, {1, 1, stale});
    add("target_info", {{"instance", "1"}, {"job", "x"}, {"c", "2"}}, {1}, 90'000);
    add("far", {{"a", "1"}}, {1}, kMost - 1);
    add("far", {{"a", "2"}}, {1, 2, 3}, kLeast + 1);
  }
  const window::Window& window() const { return window_; }

 private:
  void add(std::string_view name, std::vector<hitwatch::metrics::LabelView> labels,
           const std::vector<double>& values, std::int64_t time = 0) {
    labels.push_back({"__name__", name});
    window::Series* const series = window_.find_or_make(labels);
    if (series == nullptr) return;
    for (const double value : values) {
      window_.append(*series, time, value);
      if (__builtin_add_overflow(time, 30'000, &time)) return;
    }
  }

  window::Window window_;
};

// Ends a query that asks too often.
QueryOptions options() {
  QueryOptions options;
  options.max_samples = 20'000;
  options.max_series = 500;
  options.max_steps = 40;
  const auto asked = std::make_shared<int>(0);
  options.interrupted = [asked]() -> const char* { return ++*asked > 15 ? "enough" : nullptr; };
  return options;
}

void check(const std::expected<Result, EvalError>& result) {
  if (!result) {
    require(!result.error().text.empty());
    return;
  }
  const window::LabelSet* before = nullptr;
  for (const ResultSeries& series : result->series) {
    if (result->type == ValueType::kMatrix) {
      require(before == nullptr || window::less_by_text(*before, *series.labels));
      before = series.labels;
    }
    require(!series.points.empty());
    for (std::size_t i = 1; i < series.points.size(); ++i) {
      require(series.points[i - 1].time < series.points[i].time);
    }
    require(!window::to_string(*series.labels, *result->symbols).empty());
  }
}

bool same(double left, double right) {
  return std::bit_cast<std::uint64_t>(left) == std::bit_cast<std::uint64_t>(right) ||
         (std::isnan(left) && std::isnan(right));
}

// What a step's answer may depend on besides its moment: the query's bounds, and the order of
// elements, which subqueries may change.
bool stands_alone(std::string_view text) {
  for (const std::string_view word : {"start", "end", "step", "range", "START", "END", "STEP",
                                      "RANGE", ":", "limit", "topk", "bottomk", "tart", "nd"}) {
    if (text.find(word) != text.npos) return false;
  }
  return true;
}

void compare(const Result& range, const Result& instant, std::int64_t time) {
  std::size_t here = 0;
  for (const ResultSeries& series : range.series) {
    for (const window::Point& point : series.points) {
      if (point.time != time) continue;
      ++here;
      if (instant.type == ValueType::kScalar) {
        require(same(point.value, instant.scalar));
        continue;
      }
      const std::string labels = window::to_string(*series.labels, *range.symbols);
      bool found = false;
      for (const ResultSeries& other : instant.series) {
        if (window::to_string(*other.labels, *instant.symbols) != labels) continue;
        require(same(point.value, other.points.front().value));
        found = true;
      }
      require(found);
    }
  }
  require(instant.type == ValueType::kScalar ? here == 1 : here == instant.series.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expr = parse(text, {.text = 4096, .height = 60});
  if (!expr) return 0;
  const window::Window& window = fixture.window();
  for (const std::int64_t time : {kLeast, std::int64_t{-60'000}, std::int64_t{0}, kMost}) {
    check(evaluate_instant(**expr, text, window, time, options()));
  }
  check(evaluate_range(**expr, text, window, kLeast, kMost, kMost / 8, options()));
  check(evaluate_range(**expr, text, window, kMost - 10, kMost, 1, options()));
  const std::int64_t step = 25'000;
  const auto range = evaluate_range(**expr, text, window, -50'000, 350'000, step, options());
  check(range);
  for (std::int64_t time = -50'000; time <= 350'000; time += step) {
    const auto instant = evaluate_instant(**expr, text, window, time, options());
    check(instant);
    if (range && instant && stands_alone(text)) compare(*range, *instant, time);
  }
  return 0;
}
