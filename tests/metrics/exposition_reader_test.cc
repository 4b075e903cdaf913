// Text expositions are read back: samples, labels and what HELP and TYPE say.
#include "agent/metrics/exposition_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace hitwatch::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The samples as `series value`, and errors in angle brackets.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  ExpositionReader reader(text);
  while (true) {
    const auto line = reader.next();
    if (!line) {
      lines.push_back("<" + line.error() + ">");
      continue;
    }
    if (!*line) return lines;
    std::string shown = std::string((*line)->series) + " " + std::to_string((*line)->value);
    if ((*line)->time) shown += " @" + std::to_string(*(*line)->time);
    lines.push_back(std::move(shown));
  }
}

TEST(ExpositionReader, SamplesInOrderAndNothingElse) {
  EXPECT_THAT(lines_of("# HELP up Whether.\n# TYPE up gauge\nup 1\n\n  a{b=\"c\"}  2.5\r\nlast 3"),
              ElementsAre("up 1.000000", "a{b=\"c\"} 2.500000", "last 3.000000"));
  EXPECT_THAT(lines_of(""), ElementsAre());
}

TEST(ExpositionReader, BracesAndBlanksWithinQuotesEndNothing) {
  EXPECT_THAT(lines_of("a{b=\"} \\\" { 7\",c=\"d\"} 1"),
              ElementsAre("a{b=\"} \\\" { 7\",c=\"d\"} 1.000000"));
}

TEST(ExpositionReader, TimesAndUnusualNumbers) {
  EXPECT_THAT(lines_of("a 1 1700000000123\nb +Inf\nc -Inf\nd NaN\ne 1e3\nf +5"),
              ElementsAre("a 1.000000 @1700000000123", "b inf", "c -inf", "d nan", "e 1000.000000",
                          "f 5.000000"));
}

TEST(ExpositionReader, ALineThatIsNoneIsNamedAndTheNextIsRead) {
  EXPECT_THAT(lines_of("a\nb x\nc 1 y\nd 1"),
              ElementsAre("<line 1 is no sample>", "<line 2 is no sample>", "<line 3 is no sample>",
                          "d 1.000000"));
}

TEST(ReadSeries, NameAndLabelsWithTheirEscapes) {
  const auto labels = read_series(R"(cache_hits_total{type="a\"b\\c\nd", tenant="",})");
  ASSERT_TRUE(labels);
  EXPECT_THAT(*labels, ElementsAre(Label{"__name__", "cache_hits_total"},
                                   Label{"type", "a\"b\\c\nd"}, Label{"tenant", ""}));
  EXPECT_THAT(*read_series("up"), ElementsAre(Label{"__name__", "up"}));
}

TEST(ReadSeries, WhatIsWrongIsSaid) {
  for (const char* bad : {"", "1a", "a{b}", "a{b=c}", "a{b=\"c", "a{b=\"c\\", "{b=\"c\"}"}) {
    EXPECT_FALSE(read_series(bad)) << bad;
  }
}

TEST(ReadMetadata, EachFamilyOnceByName) {
  const auto families = read_metadata(
      "# HELP b Two\\nlines \\\\.\n# TYPE b counter\nb 1\n# TYPE a untyped\n# a comment\n# HELP b "
      "Again.\n");
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].name, "a");
  EXPECT_EQ(families[0].type, "unknown");
  EXPECT_EQ(families[1].type, "counter");
  EXPECT_EQ(families[1].help, "Again.");
}

}  // namespace
}  // namespace hitwatch::metrics
