// What a run says of scripts: passed, failed with line and reason, or skipped.
#include "rules/scripts/run.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hitwatch::scripts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::string_view kLoad =
    "load 1m\n"
    "  hits{job=\"a\"} 0+60x10\n"
    "  hits{job=\"b\"} 0+120x10\n"
    "\n";

Report run(std::string_view evals) { return run_script(fmt::format("{}{}", kLoad, evals)); }

// The failure of a script with one eval, at line 5.
std::string failure(std::string_view eval) {
  const Report report = run(eval);
  if (report.failures.size() != 1) return fmt::format("{} failures", report.failures.size());
  EXPECT_EQ(report.failures[0].line, 5);
  return report.failures[0].text;
}

TEST(Run, CountsWhatPasses) {
  const Report report =
      run("eval instant at 5m hits\n"
          "  hits{job=\"a\"} 300\n"
          "  hits{job=\"b\"} 600\n"
          "\n"
          "eval range from 0 to 2m step 1m sum(hits)\n"
          "  {} 0 180 360\n"
          "\n"
          "eval instant at 5m 2 * 3\n"
          "  6\n"
          "\n"
          "clear\n"
          "eval instant at 5m hits\n");
  EXPECT_EQ(report.passed, 4);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(report.skipped_count(), 0);
}

TEST(Run, NamesWhatDiffers) {
  EXPECT_THAT(failure("eval instant at 5m hits{job=\"a\"}\n  hits{job=\"a\"} 301\n"),
              HasSubstr("expected 301 for {__name__=\"hits\", job=\"a\"}, got 300"));
  EXPECT_THAT(failure("eval instant at 5m hits{job=\"a\"}\n"),
              HasSubstr("unexpected series {__name__=\"hits\", job=\"a\"} with the value 300"));
  EXPECT_THAT(failure("eval instant at 5m hits{job=\"c\"}\n  hits{job=\"c\"} 1\n"),
              HasSubstr("expected the series {__name__=\"hits\", job=\"c\"}, it did not come"));
  EXPECT_THAT(failure("eval instant at 5m 1 + 1\n  3\n"), HasSubstr("expected 3, got 2"));
  EXPECT_THAT(failure("eval range from 0 to 1m step 1m hits{job=\"a\"}\n  hits{job=\"a\"} 0 _\n"),
              HasSubstr("expected 0@0s, got 0@0s 60@60s"));
  EXPECT_THAT(failure("eval instant at 5m \"a\"\n  expect string \"b\"\n"),
              HasSubstr("expected \"b\", got \"a\""));
}

TEST(Run, AllowsAMillionthAndNoMore) {
  EXPECT_EQ(run("eval instant at 5m hits{job=\"a\"}\n  hits{job=\"a\"} 300.0001\n").passed, 1);
  EXPECT_EQ(run("eval instant at 5m hits{job=\"a\"}\n  hits{job=\"a\"} 300.001\n").passed, 0);
}

TEST(Run, WantsTheRightKindOfResult) {
  EXPECT_THAT(failure("eval instant at 5m hits\n  7\n"), HasSubstr("expected a scalar"));
  EXPECT_THAT(failure("eval instant at 5m 7\n  {} 7\n"), HasSubstr("expected no scalar, got 7"));
  EXPECT_THAT(failure("eval instant at 5m \"a\"\n"), HasSubstr("expected no string"));
  EXPECT_THAT(failure("eval instant at 5m hits[2m]\n"), HasSubstr("got a range vector"));
}

TEST(Run, LooksAtTheOrderWhereItIsExpected) {
  EXPECT_EQ(run("eval instant at 5m sort_desc(hits)\n  expect ordered\n"
                "  hits{job=\"b\"} 600\n  hits{job=\"a\"} 300\n")
                .passed,
            1);
  EXPECT_THAT(failure("eval instant at 5m sort_desc(hits)\n  expect ordered\n"
                      "  hits{job=\"a\"} 300\n  hits{job=\"b\"} 600\n"),
              HasSubstr("at place 2, it came at place 1"));
}

TEST(Run, ExpectsErrors) {
  EXPECT_EQ(run("eval instant at 5m hits +\n  expect fail\n").passed, 1);
  EXPECT_EQ(run("eval instant at 5m -hits or on(job) +hits\n  expect fail\n").passed, 0);
  EXPECT_THAT(failure("eval instant at 5m hits\n  expect fail\n"),
              HasSubstr("expected an error, there was none"));
  EXPECT_THAT(failure("eval instant at 5m hits +\n"), HasSubstr("cannot be parsed"));
  EXPECT_THAT(failure("eval instant at 5m hits +\n  expect fail msg: too bad\n"),
              HasSubstr("expected the error 'too bad', got '"));
}

TEST(Run, ExpectsNotes) {
  constexpr std::string_view kQuantile = "eval instant at 5m quantile(2, hits)\n  {} Inf\n";
  EXPECT_EQ(run(fmt::format("{}  expect warn\n  expect no_info\n", kQuantile)).passed, 1);
  EXPECT_EQ(run(fmt::format("{}  expect warn regex: got 2\n", kQuantile)).passed, 1);
  EXPECT_THAT(failure(fmt::format("{}  expect no_warn\n", kQuantile)),
              HasSubstr("unexpected warning 'PromQL warning: "));
  EXPECT_THAT(failure(fmt::format("{}  expect warn msg: what\n", kQuantile)),
              HasSubstr("expected the warning 'what', got 'PromQL warning: "));
  EXPECT_THAT(failure("eval instant at 5m sum(hits)\n  {} 900\n  expect info\n"),
              HasSubstr("expected the info '', got none"));
}

TEST(Run, LoadsAreAdded) {
  const Report report =
      run("load 1m\n"
          "  hits{job=\"a\"} _x11 7\n"
          "  misses 1\n"
          "  misses 2\n"
          "\n"
          "eval instant at 11m hits{job=\"a\"}\n"
          "  hits{job=\"a\"} 7\n"
          "\n"
          "eval instant at 1m misses\n"
          "  misses 2\n");
  EXPECT_EQ(report.passed, 2) << report.failures.at(0).text;
}

TEST(Run, SkipsWhatOnlyNativeHistogramsCanAnswer) {
  const Report report = run_script(
      "load 1m\n"
      "  sizes{job=\"a\"} {{sum:1 count:1}}x2\n"
      "  sizes{job=\"b\"} 1x20\n"
      "\n"
      "eval instant at 1m sizes{job=\"b\"}\n"
      "  sizes{job=\"b\"} 1\n"
      "\n"
      "eval instant at 1m count(sizes)\n"
      "  {} 2\n"
      "\n"
      "eval instant at 10m sizes\n"
      "  sizes{job=\"b\"} 1\n"
      "\n"
      "eval instant at 10m sizes offset 9m\n"
      "  {} 2\n"
      "\n"
      "eval instant at 20m max_over_time(sizes[18m])\n"
      "  {job=\"b\"} 1\n"
      "\n"
      "eval instant at 20m count_over_time(sizes[18m1ms])\n"
      "  {} 2\n"
      "\n"
      "eval instant at 10m count_over_time(sizes[8m:1m])\n"
      "  {job=\"b\"} 8\n"
      "\n"
      "eval instant at 20m sizes @ 1\n"
      "  {} 2\n"
      "\n"
      "eval instant at 1m rate(none[1m])\n"
      "  {} {{sum:1 count:1}}\n");
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_THAT(report.skipped, ElementsAre(Pair("a native histogram is expected", ElementsAre(29)),
                                          Pair("a selector reads a native histogram",
                                               ElementsAre(8, 14, 20, 23, 26))));
}

TEST(Run, KnowsTheHistogramsThatALoadMakes) {
  const Report report = run_script(
      "load_with_nhcb 1m\n"
      "  sizes_bucket{le=\"1\"} 1\n"
      "  sizes_bucket{le=\"+Inf\"} 1\n"
      "\n"
      "eval instant at 0 count(sizes_bucket)\n"
      "  {} 2\n"
      "\n"
      "eval instant at 0 count(sizes)\n"
      "  {} 1\n");
  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.skipped_count(), 1);
}

TEST(Run, SkipsSeriesWithStartTimesAndFeaturesBehindFlags) {
  const Report report = run_script(
      "load 1m\n"
      "  total 0+1x10\n"
      "  total@st 0 1 2\n"
      "  other 0+1x10\n"
      "\n"
      "eval instant at 5m rate(total[5m])\n"
      "\n"
      "eval instant at 5m rate(other[5m] smoothed)\n"
      "\n"
      "eval instant at 5m changes(other[5m] anchored)\n"
      "  expect fail msg: whatever\n"
      "\n"
      "eval instant at 5m start_timestamp(other)\n"
      "\n"
      "eval instant at 5m other{x=\"\", y!=\"info( smoothed\"}\n"
      "  other 5\n");
  EXPECT_EQ(report.passed, 1);
  EXPECT_THAT(
      report.skipped,
      ElementsAre(Pair("a selector reads a series with start timestamps", SizeIs(1)),
                  Pair("the query uses a feature that Prometheus has behind a flag", SizeIs(3))));
}

TEST(Run, SkipsInfoSeriesThatAreNativeHistograms) {
  const Report report = run_script(
      "load 1m\n"
      "  total{instance=\"a\", job=\"b\"} 3\n"
      "  total_info{instance=\"a\", job=\"b\", c=\"d\"} 1\n"
      "  sizes{instance=\"a\", job=\"b\", c=\"d\"} {{schema:0 sum:1 count:1}}\n"
      "\n"
      "eval instant at 0 info(total, {__name__=\"sizes\"})\n"
      "  expect fail\n"
      "\n"
      "eval instant at 0 info(total, {__name__=\"total_info\", c=\"d\"})\n"
      "  total{instance=\"a\", job=\"b\", c=\"d\"} 3\n");
  EXPECT_EQ(report.passed, 1);
  EXPECT_THAT(report.failures, SizeIs(0));
  EXPECT_EQ(report.skipped_count(), 1U);
}

TEST(Run, SkipsWhatTrimsNativeHistograms) {
  const Report report = run_script(
      "load 1m\n"
      "  sizes {{schema:0 sum:1 count:1}}x5\n"
      "  total 3\n"
      "\n"
      "eval instant at 0 sizes </ 5\n"
      "  sizes {{}}\n"
      "\n"
      "eval instant at 0 sum(sizes >/ 0.5)\n"
      "  expect fail\n"
      "\n"
      "eval instant at 0 total{x!=\"</\", y!=\">/\"}\n"
      "  total 3\n"
      "\n"
      "eval instant at 0 total < / 5\n"
      "  expect fail msg: 1:9: unexpected <op:/>\n");
  EXPECT_EQ(report.passed, 2);
  EXPECT_THAT(report.failures, SizeIs(0));
  EXPECT_THAT(report.skipped, ElementsAre(Pair("the query trims native histograms", SizeIs(2))));
}

TEST(Run, FailsOnceWhereTheScriptCannotBeRead) {
  const Report report = run_script("load 1m\n  x 1\n\neval instant at 0 x\n  x 2 3\n");
  EXPECT_EQ(report.passed, 0);
  ASSERT_THAT(report.failures, SizeIs(1));
  EXPECT_EQ(report.failures[0].line, 5);
}

}  // namespace
}  // namespace hitwatch::scripts
