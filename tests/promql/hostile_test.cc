// Queries that want too much: each is refused with a reason or stays within its bounds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "rules/promql/engine.h"
#include "rules/promql/parser.h"

namespace hitwatch::promql {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

std::string repeat(std::string_view text, std::size_t count) {
  const std::size_t size = text.size() * count;
  std::string out(text.substr(0, size));
  out.reserve(size);
  while (out.size() < size) out.append(out, 0, size - out.size());
  return out;
}

std::string refusal(const std::string& text) {
  const auto expr = parse(text);
  return expr ? "" : expr.error().text;
}

// 60 series each of left{n} and right{n}, a sample every 15 s for 10 minutes.
class Hostile : public ::testing::Test {
 protected:
  static constexpr int kSeries = 60;

  Hostile() {
    window_.want({{.matchers = {}, .history = 3'600'000}});
    for (int i = 0; i < kSeries; ++i) {
      add("left", std::to_string(i), i);
      add("right", std::to_string(i), i);
    }
    options_.max_samples = 100'000;
    options_.max_series = 1000;
    // What is bounded by nothing else is by somebody's patience.
    options_.interrupted = [this]() -> const char* {
      return ++asked_ > kPatience ? "it takes too long" : nullptr;
    };
  }
  window::Series* add(std::string_view name, std::string_view n, double value) {
    const metrics::LabelView labels[] = {{"__name__", name}, {"n", n}};
    window::Series* series = window_.find_or_make(labels);
    for (std::int64_t time = 0; time <= 600'000; time += 15'000) {
      window_.append(*series, time, value);
    }
    return series;
  }

  std::expected<Result, EvalError> instant(const std::string& text, std::int64_t time = 600'000) {
    asked_ = 0;
    const auto expr = parse(text);
    EXPECT_TRUE(expr) << text;
    return evaluate_instant(**expr, text, window_, time, options_);
  }
  std::expected<Result, EvalError> range(const std::string& text, std::int64_t start,
                                         std::int64_t end, std::int64_t step) {
    asked_ = 0;
    const auto expr = parse(text);
    EXPECT_TRUE(expr) << text;
    return evaluate_range(**expr, text, window_, start, end, step, options_);
  }
  static std::string error(const std::expected<Result, EvalError>& result) {
    return result ? "" : result.error().text;
  }
  static void expect_too_large(const std::expected<Result, EvalError>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, EvalError::Kind::kTooLarge) << result.error().text;
  }

  static constexpr int kPatience = 2000;
  int asked_ = 0;
  window::Window window_;
  QueryOptions options_;
};

TEST(HostileText, TenMegabytesAreRefused) {
  EXPECT_THAT(refusal(repeat("a or ", 2 << 20) + "a"), HasSubstr("131072"));
  EXPECT_THAT(refusal("{a=\"" + std::string(10 << 20, 'x') + "\"}"), HasSubstr("131072"));
}

// Whatever can stand in itself; the text is 128 KiB at most, so nesting goes as deep as fits.
TEST(HostileText, NestingOfEveryKindIsRefused) {
  struct Kind {
    std::string_view before, after;
  };
  for (const auto& [before, after] : {Kind{"(", ")"},
                                      Kind{"-", ""},
                                      Kind{"+", ""},
                                      Kind{"-(", ")"},
                                      Kind{"abs(", ")"},
                                      Kind{"sum(", ")"},
                                      Kind{"sum by(a)(", ")"},
                                      Kind{"sum(", ")by(a)"},
                                      Kind{"topk(1,", ")"},
                                      Kind{"topk(", ",a)"},
                                      Kind{"max_over_time(", "[1m:])"},
                                      Kind{"vector(scalar(", "))"},
                                      Kind{"1^", ""},
                                      Kind{"1+", ""},
                                      Kind{"a or (", ")"},
                                      Kind{"a * on() (", ")"},
                                      Kind{"label_replace(", ",'a','','b','')"},
                                      Kind{"clamp(a,1,scalar(", "))"},
                                      Kind{"timestamp(", ")"},
                                      Kind{"absent(", ")"}}) {
    const std::size_t count = (std::size_t{120} << 10) / (before.size() + after.size());
    const std::string text = repeat(before, count) + "a" + repeat(after, count);
    EXPECT_THAT(refusal(text), HasSubstr("nested too deeply")) << before << " " << after;
  }
  for (const auto& [before, after] :
       {Kind{"(", ")"}, Kind{"-", ""}, Kind{"1^", ""}, Kind{"1+", ""}, Kind{"1-(", ")"},
        Kind{"min_of(1,", ")"}, Kind{"max_of(", ",1)"}}) {
    const std::size_t count = (std::size_t{120} << 10) / (before.size() + after.size());
    const std::string length = repeat(before, count) + "1" + repeat(after, count);
    EXPECT_NE(refusal("a[" + length + "]"), "") << before;
    EXPECT_NE(refusal("a[5m:" + length + "]"), "") << before;
    EXPECT_NE(refusal("a offset (" + length + ")"), "") << before;
  }
  // Text that is never closed.
  for (const std::string_view open :
       {"(", "{", "[", "a{", "a[", "\"", "'", "`", "a{b=", "sum by("}) {
    EXPECT_NE(refusal(repeat(open, (120 << 10) / open.size())), "") << open;
  }
}

TEST_F(Hostile, RegularExpressionsThatBacktrackElsewhere) {
  window_.find_or_make(std::vector<metrics::LabelView>{{"__name__", "long"}});
  add("long", std::string(5000, 'a') + "!", 1);
  const auto count = [&](const std::string& pattern) {
    const auto result = instant("count(long{n=~\"" + pattern + "\"}) or vector(0)");
    return result ? result->series.at(0).points.at(0).value : -1;
  };
  EXPECT_EQ(count("(a|a)*"), 0);
  EXPECT_EQ(count("(a*)*"), 0);
  EXPECT_EQ(count("(a|b)*!"), 1);
  EXPECT_EQ(count("(a+)+b"), 0);
  EXPECT_EQ(count("(.*)(.*)(.*)(.*)(.*)(.*)x"), 0);
  const auto replaced = instant(R"-(label_replace(long, "n", "$1", "n", "((a|a)*)*(a|b)*c"))-");
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->series.size(), 1U);
}

TEST_F(Hostile, RegularExpressionsThatAreTooLarge) {
  const std::string repeated = "((((a{1000}){1000}){1000}){1000})";
  const std::string wide = repeat("[a-z]{500}", 500);
  for (const std::string& pattern : {repeated, wide}) {
    EXPECT_NE(refusal("left{n=~\"" + pattern + "\"}"), "");
    EXPECT_NE(refusal("left{n!~\"" + pattern + "\"}"), "");
    EXPECT_THAT(error(instant("label_replace(left, \"n\", \"\", \"n\", \"" + pattern + "\")")),
                HasSubstr("invalid regular expression in label_replace()"));
  }
  // A long list of words is one of the usual things.
  EXPECT_EQ(refusal("left{n=~\"" + repeat("word|", 10'000) + "7\"}"), "");
}

TEST_F(Hostile, ReplacementsOfManyParts) {
  expect_too_large(instant("label_replace(left, \"m\", \"" + repeat("$1", 60'000) +
                           "\", \"__name__\", \"(.*)\")"));
  const auto unknown = instant("label_replace(left{n=\"1\"}, \"m\", \"" + repeat("${x}$9", 10'000) +
                               "\", \"n\", \"(.*)\")");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(window::to_string(*unknown->series.at(0).labels, *unknown->symbols), R"(left{n="1"})");
}

TEST_F(Hostile, LabelsThatAreTooLong) {
  expect_too_large(
      instant("label_join(left, \"m\", \"" + std::string(100'000, '-') + "\", \"n\", \"n\")"));
  expect_too_large(instant("label_join(left, \"m\", \"" + std::string(1000, '-') + "\"" +
                           repeat(", \"n\"", 10'000) + ")"));
}

TEST_F(Hostile, EveryPairOfSeriesIsNoResult) {
  EXPECT_THAT(error(instant("left * on() right")), HasSubstr("many-to-many matching not allowed"));
  EXPECT_THAT(error(instant("left * on() group_left right")),
              HasSubstr("many-to-many matching not allowed"));
  EXPECT_THAT(error(instant("left * on() group_right right")),
              HasSubstr("many-to-many matching not allowed"));
  // Set operators answer one side's elements at most.
  for (const char* text : {"left and on() right", "left unless on() right", "left or on() right"}) {
    const auto result = instant(text);
    ASSERT_TRUE(result) << text;
    EXPECT_LE(result->series.size(), static_cast<std::size_t>(kSeries));
  }
  // A sum of many vectors is counted while it is put together.
  options_.max_samples = 2000;
  expect_too_large(instant("left" + repeat(" or left", 100)));
}

TEST_F(Hostile, SubqueriesOfSmallStepsWithinEachOther) {
  expect_too_large(instant("max_over_time(left[1d:1ms])"));
  expect_too_large(
      instant("max_over_time(max_over_time(max_over_time(left[1h:1ms])[1h:1ms])[1h:1ms])"));
  const auto within = instant("max_over_time(sum(max_over_time(sum(left)[50s:1ms]))[50s:1ms])");
  EXPECT_TRUE(within.has_value() || within.error().kind != EvalError::Kind::kExecution);
  expect_too_large(range("max_over_time(left[1h:1ms])", 0, 600'000, 60'000));
  // Nothing is held of what there is not, but every moment is looked at, until somebody has enough.
  const auto nothing = instant("max_over_time(sum(left offset 1y)[99s:1ms])");
  EXPECT_TRUE(nothing.has_value() || nothing.error().kind != EvalError::Kind::kExecution);
}

// Each series is looked for among the info series of each name: somebody is asked all the time.
TEST_F(Hostile, InfoSeriesOfManyNames) {
  options_.max_samples = 1'000'000;
  options_.max_series = 1'000'000;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "name" + std::to_string(i);
    const metrics::LabelView info[] = {{"__name__", name}, {"instance", "a"}};
    window_.append(*window_.find_or_make(info), 600'000, 1);
    const metrics::LabelView base[] = {{"__name__", "base"}, {"instance", "a"}, {"n", name}};
    window_.append(*window_.find_or_make(base), 600'000, 1);
  }
  EXPECT_TRUE(instant(R"(info(base, {__name__=~"name.*"}))"));
  EXPECT_GT(asked_, 100);
}

TEST_F(Hostile, RangeQueriesOfManySteps) {
  for (const std::int64_t step : {std::int64_t{1}, kMost / 11'000}) {
    expect_too_large(range("left", kLeast, kMost, step));
    expect_too_large(range("1", kLeast, kMost, step));
  }
  EXPECT_THAT(error(range("1", 0, 1, 0)), HasSubstr("above 0"));
  EXPECT_THAT(error(range("1", 0, 1, kLeast)), HasSubstr("above 0"));
  const auto all = range("1", kLeast, kMost, kMost / 4);
  ASSERT_TRUE(all) << "the last step is the last one before the end of the type";
  ASSERT_EQ(all->series.size(), 1U);
  EXPECT_EQ(all->series.front().points.size(), 9U);
  const auto backwards = range("1", kMost, kLeast, 1);
  ASSERT_TRUE(backwards);
  EXPECT_TRUE(backwards->series.empty());
}

TEST_F(Hostile, HugeNumbersOfElements) {
  for (const char* text : {"topk(9e18, left)", "bottomk(9e18, left)", "limitk(9e18, left)"}) {
    const auto result = instant(text);
    ASSERT_TRUE(result) << text;
    EXPECT_EQ(result->series.size(), static_cast<std::size_t>(kSeries));
  }
  for (const char* text : {"topk(-9e18, left)", "limitk(-9e18, left)", "limit_ratio(0, left)"}) {
    const auto result = instant(text);
    ASSERT_TRUE(result) << text;
    EXPECT_TRUE(result->series.empty());
  }
  EXPECT_EQ(error(instant("topk(1e19, left)")), "Scalar value 1e+19 overflows int64");
  EXPECT_EQ(error(instant("topk(Inf, left)")), "Scalar value +Inf overflows int64");
  EXPECT_EQ(error(instant("bottomk(-Inf, left)")), "Scalar value -Inf underflows int64");
  EXPECT_EQ(error(instant("limitk(NaN, left)")), "Parameter value is NaN");
}

// Sums and differences of times stop at the ends of 64 bits.
TEST_F(Hostile, TimesAtTheEndsOfTheirType) {
  add("edge", "", 1);
  for (const char* text :
       {"left",
        "left offset 292y",
        "left offset -292y",
        "rate(left[292y])",
        "rate(left[292y] offset -292y)",
        "delta(left[292y] @ 2.2e12)",
        "left @ -2.2e12 offset 292y",
        "timestamp(left @ 2.2e12)",
        "deriv(left[292y])",
        "predict_linear(left[292y], 1e300)",
        "predict_linear(left[292y] @ 0, -1e300)",
        "max_over_time(left[292y:291y])",
        "max_over_time(left[292y:291y] offset -292y)",
        "max_over_time(max_over_time(left[292y:291y] offset 292y)[292y:291y] offset 292y)",
        "max_over_time(left[292y:291y] @ start() offset -292y)",
        "time()",
        "day_of_year()",
        "year()",
        "hour(vector(1e308))",
        "minute(vector(-1e308))",
        "days_in_month(vector(NaN))",
        "left[292y]",
        "absent_over_time(nothing[292y] offset 292y)",
        "ts_of_max_over_time(left[292y])"}) {
    for (const std::int64_t time :
         {kLeast, kLeast + 1, std::int64_t{0}, std::int64_t{600'000}, kMost}) {
      const auto result = instant(text, time);
      EXPECT_TRUE(result || result.error().kind != EvalError::Kind::kExecution)
          << text << ": " << error(result);
    }
    const auto expr = parse(text);
    if ((*expr)->type == ValueType::kMatrix) continue;
    for (const std::int64_t start : {kLeast, kMost - 100}) {
      const auto result = range(text, start, start + 100, 10);
      EXPECT_TRUE(result || result.error().kind != EvalError::Kind::kExecution)
          << text << ": " << error(result);
    }
    const auto all = range(text, kLeast, kMost, kMost / 4);
    EXPECT_TRUE(all || all.error().kind != EvalError::Kind::kExecution) << text << error(all);
  }
  EXPECT_NE(refusal("left @ 1e300"), "");
  EXPECT_NE(refusal("left @ NaN"), "");
  EXPECT_NE(refusal("left @ -Inf"), "");
  EXPECT_NE(refusal("left[293y]"), "");
  EXPECT_NE(refusal("left[1e300]"), "");
  EXPECT_NE(refusal("left offset 1e300"), "");
  EXPECT_NE(refusal("left offset -Inf"), "");
  EXPECT_NE(refusal("left[99999999999999999999y]"), "");
  EXPECT_THAT(error(instant("left[292y * 292y]")), HasSubstr("out of range"));
  EXPECT_THAT(error(instant("left offset -(292y ^ 5)")), HasSubstr("out of range"));
}

}  // namespace
}  // namespace hitwatch::promql
