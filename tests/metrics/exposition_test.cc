#include "agent/metrics/exposition.h"

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace hitwatch::metrics {
namespace {

using std::chrono::steady_clock;

class ExpositionTest : public testing::Test {
 protected:
  ExpositionTest() { builder_.begin(); }

  std::string write(Format format, std::string_view labels = "", std::string_view role = "",
                    std::string_view place = "") {
    const auto snapshot = builder_.finish();
    const TargetSamples target{snapshot.get(), labels, role, place};
    std::string out;
    write_targets(out, format, {&target, 1}, nullptr, steady_clock::now());
    write_end(out, format);
    return out;
  }

  FamilyRegistry registry_;
  SnapshotBuilder builder_;
};

TEST_F(ExpositionTest, WritesHelpTypeAndSamples) {
  builder_.add(registry_.get("redis_up", Type::kGauge, "Whether\nit \\ answers."), 1);
  EXPECT_EQ(write(Format::kText),
            "# HELP redis_up Whether\\nit \\\\ answers.\n# TYPE redis_up gauge\nredis_up 1\n");
}

TEST_F(ExpositionTest, PutsTheTargetsLabelsFirst) {
  builder_.add(registry_.get("m", Type::kGauge, "h"), 1, {{"db", "db0"}});
  EXPECT_EQ(write(Format::kText, R"(instance="a:1",env="x")", R"(instance_role="master")"),
            "# HELP m h\n# TYPE m gauge\n"
            "m{instance=\"a:1\",env=\"x\",instance_role=\"master\",db=\"db0\"} 1\n");
}

TEST_F(ExpositionTest, KeepsTheRoleOffSeriesThatMustNotHaveIt) {
  builder_.add(registry_.get("m", Type::kGauge, "h"), 1, {}, Suffix::kNone, false);
  EXPECT_EQ(write(Format::kText, "", R"(instance_role="master")"),
            "# HELP m h\n# TYPE m gauge\nm 1\n");
}

TEST_F(ExpositionTest, TheRoleThatAServerHasInItsInstallationLeavesALabelOfThatNameAlone) {
  builder_.add(registry_.get("m", Type::kGauge, "h"), 1, {{"db", "db0"}});
  builder_.add(registry_.get("n", Type::kGauge, "h"), 2, {{"role", "slave"}});
  EXPECT_EQ(write(Format::kText, R"(instance="a:1")", "", R"(role="replica")"),
            "# HELP m h\n# TYPE m gauge\nm{instance=\"a:1\",role=\"replica\",db=\"db0\"} 1\n"
            "# HELP n h\n# TYPE n gauge\nn{instance=\"a:1\",role=\"slave\"} 2\n");
}

TEST_F(ExpositionTest, OpenMetricsNamesCounterFamiliesWithoutTotal) {
  builder_.add(registry_.get("a_total", Type::kCounter, "say \"h\""), 1);
  builder_.add(registry_.get("errors", Type::kCounter, "h"), 2);
  builder_.add(registry_.get("x", Type::kUnknown, "h"), 3);
  EXPECT_EQ(write(Format::kOpenMetrics),
            "# HELP a say \\\"h\\\"\n# TYPE a counter\na_total 1\n"
            "# HELP errors h\n# TYPE errors unknown\nerrors 2\n"
            "# HELP x h\n# TYPE x unknown\nx 3\n# EOF\n");
}

TEST_F(ExpositionTest, OpenMetricsBoundsAreCanonicalFloats) {
  const Family* family = registry_.get("h", Type::kHistogram, "h");
  for (const char* bound : {"8", "0.5", "+Inf"}) {
    builder_.add(family, 1, {{"cmd", "get"}, {"le", bound}}, Suffix::kBucket);
  }
  builder_.add(family, 1, {{"cmd", "get"}}, Suffix::kCount);
  EXPECT_EQ(write(Format::kOpenMetrics),
            "# HELP h h\n# TYPE h histogram\n"
            "h_bucket{cmd=\"get\",le=\"8.0\"} 1\nh_bucket{cmd=\"get\",le=\"0.5\"} 1\n"
            "h_bucket{cmd=\"get\",le=\"+Inf\"} 1\nh_count{cmd=\"get\"} 1\n# EOF\n");
}

TEST_F(ExpositionTest, OpenMetricsTakesSummariesOverPercentilesApart) {
  const Family* family = registry_.get("s", Type::kSummary, "h");
  builder_.add(family, 7, {{"cmd", "get"}, {"quantile", "50"}});
  builder_.add(family, 9, {{"cmd", "get"}}, Suffix::kSum);
  builder_.add(family, 2, {{"cmd", "get"}}, Suffix::kCount);
  EXPECT_EQ(write(Format::kOpenMetrics),
            "# HELP s h\n# TYPE s unknown\ns{cmd=\"get\",quantile=\"50\"} 7\n"
            "# HELP s_sum h\n# TYPE s_sum unknown\ns_sum{cmd=\"get\"} 9\n"
            "# HELP s_count h\n# TYPE s_count unknown\ns_count{cmd=\"get\"} 2\n# EOF\n");
}

TEST_F(ExpositionTest, WritesEachFamilyOnceForAllTargets) {
  SnapshotBuilder other;
  const Family* a = registry_.get("a", Type::kGauge, "h");
  const Family* b = registry_.get("b", Type::kGauge, "h");
  const Family* c = registry_.get("c", Type::kGauge, "h");
  builder_.add(a, 1);
  builder_.add(c, 2);
  other.begin();
  other.add(b, 3);
  other.add(c, 4);
  const auto one = builder_.finish();
  const auto two = other.finish();
  const TargetSamples targets[] = {{one.get(), R"(instance="1")", ""},
                                   {two.get(), R"(instance="2")", ""}};
  std::string out;
  write_targets(out, Format::kText, targets, nullptr, steady_clock::now());
  EXPECT_EQ(out,
            "# HELP a h\n# TYPE a gauge\na{instance=\"1\"} 1\n"
            "# HELP b h\n# TYPE b gauge\nb{instance=\"2\"} 3\n"
            "# HELP c h\n# TYPE c gauge\nc{instance=\"1\"} 2\nc{instance=\"2\"} 4\n");
}

TEST_F(ExpositionTest, SaysHowOldTheFiguresAre) {
  const Family* age = registry_.get("age", Type::kGauge, "h");
  const steady_clock::time_point now = steady_clock::now();
  const auto polled = builder_.finish();
  polled->data_from = now - std::chrono::milliseconds(2500);
  SnapshotBuilder other;
  other.begin();
  const auto never = other.finish();
  const TargetSamples targets[] = {{polled.get(), R"(i="1")", ""}, {never.get(), R"(i="2")", ""}};
  std::string out;
  write_targets(out, Format::kText, targets, age, now);
  EXPECT_EQ(out, "# HELP age h\n# TYPE age gauge\nage{i=\"1\"} 2.5\n");
}

TEST(Values, ReadBackAsTheSameDouble) {
  for (const double value : {0.0, 1.0, -1.0, 0.1, 1e15, 123456789012345678.0, 1e300, 5e-324,
                             -2.5e-7, std::numeric_limits<double>::max()}) {
    std::string text;
    append_value(text, value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(Values, AreSpelledAsPrometheusSpellsThem) {
  const auto spelled = [](double value) {
    std::string text;
    append_value(text, value);
    return text;
  };
  EXPECT_EQ(spelled(1234567), "1234567");
  EXPECT_EQ(spelled(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(spelled(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(spelled(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(Negotiation, FollowsTheAcceptHeader) {
  // What Prometheus 2.42 sends.
  EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0,"
                      "application/openmetrics-text;version=0.0.1;q=0.75,"
                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            Format::kOpenMetrics);
  EXPECT_EQ(negotiate(""), Format::kText);
  EXPECT_EQ(negotiate("*/*"), Format::kText);
  EXPECT_EQ(negotiate("text/plain, application/openmetrics-text;q=0.5"), Format::kText);
  EXPECT_EQ(negotiate("application/openmetrics-text;q=0"), Format::kText);
  EXPECT_EQ(negotiate("application/openmetrics-text; version=2.0.0"), Format::kText);
  EXPECT_EQ(negotiate("Application/OpenMetrics-Text ; Q=1"), Format::kOpenMetrics);
  EXPECT_EQ(negotiate(";;,,=;q"), Format::kText);
}

// In another order of lines, which both formats leave open.
std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

TEST(PrometheusCppFamilies, AreWrittenAsItsOwnSerializerDoes) {
  prometheus::Registry registry;
  prometheus::BuildCounter()
      .Name("c_total")
      .Help("h")
      .Register(registry)
      .Add({{"a", "x\"y"}})
      .Increment(3);
  prometheus::BuildHistogram()
      .Name("h")
      .Help("h")
      .Register(registry)
      .Add({}, prometheus::Histogram::BucketBoundaries{0.5, 2})
      .Observe(1);
  const auto families = registry.Collect();
  std::string ours;
  write_families(ours, Format::kText, families);
  EXPECT_EQ(sorted_lines(ours), sorted_lines(prometheus::TextSerializer().Serialize(families)));
}

}  // namespace
}  // namespace hitwatch::metrics
