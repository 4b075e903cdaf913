// An intake of OTLP metrics, and what it has counted.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>

#include "collectors/apps/otlp_intake.h"
#include "tests/apps/otlp_messages.h"

namespace hitwatch::apps {

constexpr auto kDelta = OtlpBuilder::kDelta;
constexpr auto kCumulative = OtlpBuilder::kCumulative;

class OtlpIntakeTest : public testing::Test {
 protected:
  // Takes a request an hour after the start, which is long after every point.
  OtlpIntake::Outcome take(const OtlpBuilder& builder, double now = 3000) {
    const auto outcome = intake_.take(builder.bytes(), otlp_time(now));
    EXPECT_TRUE(outcome) << "not decoded";
    return outcome.value_or(OtlpIntake::Outcome{});
  }
  std::map<std::string, double> series() const {
    std::string text;
    store_.write(text, metrics::Format::kText, lookups::Buckets::kClassic);
    std::map<std::string, double> values;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      const std::size_t space = line.rfind(' ');
      values[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
    return values;
  }
  double value(const std::string& name) const {
    const auto all = series();
    const auto found = all.find(name);
    return found == all.end() ? -1 : found->second;
  }
  double hits() const { return value(R"(cache_hits_total{layer="redis",source="otlp"})"); }
  double misses() const { return value(R"(cache_misses_total{layer="redis",source="otlp"})"); }
  double up_to(const std::string& le) const {
    return value(R"(cache_latency_seconds_bucket{layer="redis",source="otlp",le=")" + le + "\"}");
  }
  double timed() const {
    return value(R"(cache_latency_seconds_count{layer="redis",source="otlp"})");
  }
  double time_sum() const {
    return value(R"(cache_latency_seconds_sum{layer="redis",source="otlp"})");
  }
  std::uint64_t refused(OtlpRefusal refusal) const {
    return intake_.counters().refused[static_cast<std::size_t>(refusal)];
  }
  // Sends one point of a cumulative counter.
  OtlpIntake::Outcome total(double value, double start, double time) {
    OtlpBuilder builder;
    builder.sum("cache.hits", value, {}, start, time, kCumulative);
    return take(builder);
  }
  OtlpIntake::Outcome delta(double value, double start, double time) {
    OtlpBuilder builder;
    builder.sum("cache.hits", value, {}, start, time);
    return take(builder);
  }

  lookups::Store store_{{{.pattern = keys::Pattern::parse("catalog:{tenant}:*").value(),
                          .type = "catalog",
                          .tenant_required = false}},
                        {},
                        lookups::Clock::now()};
  OtlpIntake intake_{store_, kOtlpEpoch};
};

}  // namespace hitwatch::apps
