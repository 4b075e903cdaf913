// Queries as a program asks them: bounds, interruption, notes and what a result is made of. What
// expressions mean stands in scripts/.
#include "rules/promql/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/promql/parser.h"

namespace hitwatch::promql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Engine : public ::testing::Test {
 protected:
  // `count` series load{n="0"}, load{n="1"}, … with a sample each 15 s, 0 to 10 minutes.
  void load(int count) {
    auto any = window::Matcher::make(window::Matcher::Kind::kMatches, "__name__", ".+");
    window_.want({{{*any}, 3'600'000}});
    for (int i = 0; i < count; ++i) add("load", std::to_string(i), i);
  }
  void add(const char* name, const std::string& n, double value) {
    window::Symbols& symbols = window_.symbols();
    const window::LabelPair labels[] = {{symbols.intern("__name__"), symbols.intern(name)},
                                        {symbols.intern("n"), symbols.intern(n)}};
    window::Series* series = window_.find_or_make(labels);
    for (std::int64_t time = 0; time <= 600'000; time += 15'000) {
      window_.append(*series, time, value);
    }
  }
  std::expected<Result, EvalError> instant(std::string_view text) {
    const auto expr = parse(text);
    EXPECT_TRUE(expr) << text;
    return evaluate_instant(**expr, text, window_, 600'000, options_);
  }
  std::expected<Result, EvalError> range(std::string_view text, std::int64_t step) {
    const auto expr = parse(text);
    EXPECT_TRUE(expr) << text;
    return evaluate_range(**expr, text, window_, 0, 600'000, step, options_);
  }
  void expect_too_large(const std::expected<Result, EvalError>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, EvalError::Kind::kTooLarge) << result.error().text;
  }

  window::Window window_;
  QueryOptions options_;
};

TEST_F(Engine, TellsTheTypeOfAnInstantResult) {
  load(2);
  EXPECT_EQ(instant("1 + 1")->type, ValueType::kScalar);
  EXPECT_EQ(instant("1 + 1")->scalar, 2);
  EXPECT_EQ(instant("'text'")->text, "text");
  EXPECT_EQ(instant("load")->type, ValueType::kVector);
  EXPECT_EQ(instant("load[1m]")->type, ValueType::kMatrix);
  EXPECT_EQ(instant("load[1m]")->series[0].points.size(), 4U);
}

TEST_F(Engine, LabelsOutliveTheQueryWithItsMemory) {
  load(1);
  const Result result = *instant(R"-(label_replace(load, "made", "up-$1", "n", "(.*)"))-");
  ASSERT_EQ(result.series.size(), 1U);
  EXPECT_EQ(window::to_string(*result.series[0].labels, *result.symbols),
            R"(load{made="up-0", n="0"})");
  EXPECT_EQ(result.series[0].points[0].time, 600'000);
}

TEST_F(Engine, CountsWhatItRead) {
  load(3);
  const Result result = *instant("rate(load[1m]) + load");
  EXPECT_EQ(result.series_read, 6U);
  EXPECT_EQ(result.samples_read, 3U * 4 + 3);
}

TEST_F(Engine, RangeOfAScalarIsASeriesWithoutLabels) {
  const Result result = *range("time()", 300'000);
  EXPECT_EQ(result.type, ValueType::kMatrix);
  ASSERT_EQ(result.series.size(), 1U);
  EXPECT_TRUE(result.series[0].labels->empty());
  EXPECT_EQ(result.series[0].points.size(), 3U);
}

TEST_F(Engine, RangesOfRangeVectorsAreRefused) {
  const auto result = range("load[1m]", 60'000);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text,
            R"(invalid expression type "range vector" for range query, must be Scalar or instant )"
            "Vector");
}

TEST_F(Engine, RangeSeriesAreInOrderOfTheirLabels) {
  load(0);
  for (const char* n : {"c", "a", "b"}) add("load", n, 1);
  const Result result = *range("load", 300'000);
  std::vector<std::string> order;
  for (const ResultSeries& series : result.series) {
    order.push_back(window::to_string(*series.labels, *result.symbols));
  }
  EXPECT_THAT(order, ElementsAre(R"(load{n="a"})", R"(load{n="b"})", R"(load{n="c"})"));
}

TEST_F(Engine, SamplesAreBounded) {
  load(100);
  options_.max_samples = 99;
  for (const char* text : {"load", "rate(load[5m])", "load[5m]", "max_over_time(load[5m:1m])"}) {
    const auto result = instant(text);
    expect_too_large(result);
    EXPECT_EQ(result.error().text,
              "query processing would load too many samples into memory in query execution");
  }
  expect_too_large(range("load", 60'000));
  options_.max_samples = 10'000;
  EXPECT_TRUE(instant("load"));
  EXPECT_TRUE(range("rate(load[5m])", 60'000));
}

// 31 billion steps, and the same behind a matching operator or within another subquery.
TEST_F(Engine, SubqueriesOfTooManyStepsAreStoppedBeforeTheyBegin) {
  load(1);
  for (const char* text : {"count_over_time(load[1y:1ms])", "load * max_over_time(load[1y:1ms])",
                           "max_over_time(max_over_time(none[1y:1ms])[1h:1s])",
                           "max_over_time(max_over_time(vector(1)[1h:1s])[200y:1ms])"}) {
    expect_too_large(instant(text));
  }
}

TEST_F(Engine, SeriesAreBounded) {
  load(20);
  options_.max_series = 10;
  expect_too_large(instant("load"));
  expect_too_large(range("load", 60'000));
  EXPECT_TRUE(instant(R"(load{n="1"})"));
}

// Each step makes labels of its own.
TEST_F(Engine, LabelsMadeUpInManyStepsAreBounded) {
  load(1);
  options_.max_series = 50;
  expect_too_large(range(R"(count_values("at", time() + load))", 1000));
}

// Twice as long with every call.
TEST_F(Engine, ValuesOfLabelsAreBounded) {
  load(3);
  std::string replaced = "load";
  std::string joined = "load";
  for (int i = 0; i < 40; ++i) {
    replaced = "label_replace(" + replaced + R"-(, "n", "$1$1", "n", "(.*)"))-";
    joined = "label_join(" + joined + R"(, "n", "", "n", "n"))";
  }
  expect_too_large(instant(replaced));
  expect_too_large(instant(joined));
}

TEST_F(Engine, StepsAreBounded) {
  options_.max_steps = 10;
  expect_too_large(range("1", 60'000));
  EXPECT_TRUE(range("1", 66'000));
}

TEST_F(Engine, AQueryIsInterruptedWhereverItIs) {
  load(50);
  int asked = 0;
  options_.interrupted = [&asked]() -> const char* { return ++asked > 3 ? "too late" : nullptr; };
  for (const char* text : {"count_over_time(load[3h:1s])", "max_over_time((load * load)[3h:1s])",
                           "sum(max_over_time(max_over_time(load[1h:1s])[1h:1s]))",
                           "max_over_time(vector(1)[10h:1s])"}) {
    asked = 0;
    const auto result = instant(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().kind, EvalError::Kind::kInterrupted);
    EXPECT_EQ(result.error().text, "too late");
    EXPECT_EQ(asked, 4);
  }
  asked = 0;
  EXPECT_FALSE(range("load * load", 100));
}

TEST_F(Engine, NotesAreSaidOnceAndInOrder) {
  load(3);
  add("other", "0", 1);
  const Result result =
      *range("quantile(2, rate(load[1m])) + ignoring() increase(other[1m]) * 0", 60'000);
  std::vector<std::string> texts;
  for (const Annotation& annotation : result.annotations) texts.push_back(annotation.text);
  EXPECT_THAT(
      texts, ElementsAre("PromQL info: metric might not be a counter, name does not end in "
                         R"(_total/_sum/_count/_bucket: "load" (1:18))",
                         "PromQL info: metric might not be a counter, name does not end in "
                         R"(_total/_sum/_count/_bucket: "other" (1:51))",
                         "PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"));
  EXPECT_FALSE(result.annotations[0].warning);
  EXPECT_TRUE(result.annotations[2].warning);
}

TEST_F(Engine, PositionsCountLines) {
  load(1);
  const Result result = *instant("load +\n  quantile_over_time(7, load[1m])");
  ASSERT_EQ(result.annotations.size(), 1U);
  EXPECT_THAT(result.annotations[0].text, HasSubstr("got 7 (2:22)"));
}

TEST_F(Engine, RefusesWhatItCannotCompute) {
  load(1);
  EXPECT_EQ(instant("double_exponential_smoothing(load[5m], 1, 0.5)").error().text,
            "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000");
  EXPECT_EQ(instant("double_exponential_smoothing(load[5m], 0.5, 0)").error().text,
            "invalid trend factor. Expected: 0 < tf < 1, got: 0.000000");
  EXPECT_EQ(instant(R"(label_replace(load, "a", "", "b", "("))").error().text,
            "invalid regular expression in label_replace(): (");
  EXPECT_EQ(instant(R"(label_replace(load, "", "", "b", ""))").error().text,
            "invalid destination label name in label_replace(): ");
  EXPECT_EQ(instant(R"(label_join(load, "a", "", ""))").error().text,
            "invalid source label name in label_join(): ");
}

// A subquery is evaluated once for all steps that look at it.
TEST_F(Engine, SubqueriesShareTheirSteps) {
  load(1);
  const Result result = *range("max_over_time(sum_over_time(load[1m])[10m:15s])", 15'000);
  ASSERT_EQ(result.series.size(), 1U);
  EXPECT_EQ(result.series[0].points.size(), 41U);
  // 81 steps of four samples at most, and 41 windows of up to 40 points.
  EXPECT_LE(result.samples_read, 81U * 4 + 41 * 40);
}

}  // namespace
}  // namespace hitwatch::promql
