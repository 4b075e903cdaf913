// `thresholds`: numbers that rules compare with, by type, tenant and instance.
#include "agent/config/thresholds_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::UnorderedElementsAre;

TEST(ThresholdsSection, OfTypesTenantsAndInstances) {
  const auto config = load_text(
      "thresholds:\n"
      "  hit_ratio: {default: 80%, session: 95%}\n"
      "  get_p99: {default: 10ms}\n"
      "  tenants: {acme: {hit_ratio: {default: 90%}}}\n"
      "  instances: {catalog: {memory: {default: 64MiB}}}\n",
      "h.yaml");
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_THAT(config->thresholds,
              UnorderedElementsAre(Threshold{"hit_ratio", "", "", "", 0.8},
                                   Threshold{"hit_ratio", "session", "", "", 0.95},
                                   Threshold{"get_p99", "", "", "", 0.01},
                                   Threshold{"hit_ratio", "", "acme", "", 0.9},
                                   Threshold{"memory", "", "", "catalog", 67108864}));
}

TEST(ThresholdsSection, NumbersAsPeopleWriteThem) {
  EXPECT_THAT(parse_threshold("80%"), Optional(0.8));
  EXPECT_THAT(parse_threshold("0.5%"), Optional(0.005));
  EXPECT_THAT(parse_threshold("0.8"), Optional(0.8));
  EXPECT_THAT(parse_threshold("-1"), Optional(-1));
  EXPECT_THAT(parse_threshold("1e3"), Optional(1000));
  EXPECT_THAT(parse_threshold("10ms"), Optional(0.01));
  EXPECT_THAT(parse_threshold("1h30m"), Optional(5400));
  EXPECT_THAT(parse_threshold("1KiB"), Optional(1024));
  for (const char* bad : {"", "%", "80 %", "many", "nan", "inf", "1e999", "10 ms"}) {
    EXPECT_EQ(parse_threshold(bad), std::nullopt) << bad;
  }
}

TEST(ThresholdsSection, WhatDoesNotFitIsAFaultWithItsPlace) {
  EXPECT_THAT(
      faults_of("thresholds: {hit_ratio: {default: most}}"),
      ElementsAre("h.yaml:1:35: thresholds.hit_ratio.default: 'most' is no percentage (80%), "
                  "duration (10ms), size (64MiB) or number"));
  EXPECT_THAT(faults_of("thresholds: {hit_ratio: 80%}"),
              ElementsAre(HasSubstr("must say for which type: {default: 80%, session: 95%}")));
  EXPECT_THAT(faults_of("thresholds: {hit-ratio: {default: 80%}}"),
              ElementsAre(HasSubstr("a threshold is named like hit_ratio")));
  EXPECT_THAT(faults_of("thresholds: {tenants: {'': {hit_ratio: {default: 80%}}}}"),
              ElementsAre(HasSubstr("must have a name")));
}

}  // namespace
}  // namespace hitwatch::config
