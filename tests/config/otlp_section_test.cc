// `apps.otlp`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using apps::OtlpMeaning;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string otlp(const std::string& keys) { return "apps: {otlp: {" + keys + "}}"; }
std::string entry(const std::string& keys) { return otlp("mapping: [{" + keys + "}]"); }

OtlpMeaning meaning_of(const std::string& keys) {
  const auto config = load_text(entry(keys), "h.yaml");
  if (!config) {
    ADD_FAILURE() << to_string(config.error());
    return {};
  }
  return config->apps.otlp.mapping.at(0);
}

class OtlpSection : public TestFolder {};

TEST_F(OtlpSection, IsShutByDefault) {
  const auto config = load_text("apps: {otlp: {}}", "h.yaml").value();
  EXPECT_FALSE(config.apps.otlp.enabled);
  EXPECT_THAT(config.apps.otlp.mapping, IsEmpty());
}

TEST_F(OtlpSection, IsOpenWithATokenOrWithout) {
  EXPECT_THAT(faults_of(otlp("enabled: true")), IsEmpty());
  const auto config = load_text(otlp("enabled: true, token: abc"), "h.yaml").value();
  EXPECT_EQ(config.apps.otlp.token.literal, "abc");
}

TEST_F(OtlpSection, AnEntryKeepsItsDefaults) {
  OtlpMeaning expected;
  expected.metric = "shop.hits";
  expected.kind = OtlpMeaning::Kind::kHit;
  EXPECT_EQ(meaning_of("metric: shop.hits, as: hit"), expected);
}

TEST_F(OtlpSection, AFieldIsAnAttributeAListOrAText) {
  const OtlpMeaning meaning = meaning_of(
      "metric: m, as: latency, unit: ms, tenant: tenant.id, type: {text: catalog}, operation: [a, "
      "b], layer: {attribute: l, text: local}, key: {attribute: [k, key]}");
  EXPECT_EQ(meaning.tenant, (apps::OtlpField{{"tenant.id"}, ""}));
  EXPECT_EQ(meaning.type, (apps::OtlpField{{}, "catalog"}));
  EXPECT_EQ(meaning.operation, (apps::OtlpField{{"a", "b"}, ""}));
  EXPECT_EQ(meaning.layer, (apps::OtlpField{{"l"}, "local"}));
  EXPECT_EQ(meaning.key, (apps::OtlpField{{"k", "key"}, ""}));
  EXPECT_EQ(meaning.unit, 1e-3);
}

TEST_F(OtlpSection, ResultsHaveValues) {
  const OtlpMeaning meaning = meaning_of(
      "metric: m, as: result, result_attribute: found, hit: [true, 1], miss: false, ignore: skip");
  EXPECT_EQ(meaning.result.attributes, std::vector<std::string>{"found"});
  EXPECT_THAT(meaning.hit, ElementsAre("true", "1"));
  EXPECT_THAT(meaning.miss, ElementsAre("false"));
  EXPECT_THAT(meaning.error, ElementsAre("error"));
  EXPECT_THAT(meaning.ignore, ElementsAre("skip"));
}

TEST_F(OtlpSection, FaultsHaveTheirPlaces) {
  EXPECT_THAT(
      faults_of(entry("as: hit")),
      ElementsAre("h.yaml:1:25: apps.otlp.mapping[0]: has no metric: give the name of one"));
  EXPECT_THAT(faults_of(entry("metric: a")),
              ElementsAre("h.yaml:1:25: apps.otlp.mapping[0]: has no 'as': give one of hit, miss, "
                          "error, latency, result"));
  EXPECT_THAT(faults_of(entry("metric: a, as: hits")),
              ElementsAre("h.yaml:1:41: apps.otlp.mapping[0].as: 'hits' is none of hit, miss, "
                          "error, latency, result"));
  EXPECT_THAT(faults_of(entry("metric: a, as: hit, unit: h")),
              ElementsAre("h.yaml:1:52: apps.otlp.mapping[0].unit: 'h' is none of s, ms, us, ns"));
  EXPECT_THAT(faults_of(entry("metric: a, as: hit, miss: [x]")),
              ElementsAre("h.yaml:1:46: apps.otlp.mapping[0].miss: only with 'as: result'"));
  EXPECT_THAT(faults_of(entry("metric: a, as: hit, tenant: []")),
              ElementsAre("h.yaml:1:54: apps.otlp.mapping[0].tenant: is an empty list"));
  EXPECT_THAT(faults_of(entry("metric: a, as: hit, tenant: ['']")),
              ElementsAre("h.yaml:1:55: apps.otlp.mapping[0].tenant[0]: is empty"));
  EXPECT_THAT(faults_of(entry("metric: '', as: hit")),
              ElementsAre(HasSubstr("must be the name of a metric")));
  EXPECT_THAT(faults_of(entry("metric: a, as: hit, tennant: b")),
              ElementsAre(HasSubstr("unknown key, did you mean 'tenant'?")));
  EXPECT_THAT(faults_of(entry("metric: a, as: hit, type: {txt: b}")),
              ElementsAre(HasSubstr("unknown key, did you mean 'text'?")));
}

TEST_F(OtlpSection, AMetricAndAResultMeanOneThing) {
  EXPECT_THAT(faults_of(otlp("mapping: [{metric: a, as: hit}, {metric: a, as: miss}]")),
              ElementsAre(HasSubstr("apps.otlp.mapping[1].metric: the same as "
                                    "apps.otlp.mapping[0].metric")));
  EXPECT_THAT(faults_of(entry("metric: a, as: result, hit: [yes, x], miss: [x]")),
              ElementsAre(HasSubstr("apps.otlp.mapping[0].miss: 'x' is both hit and miss")));
  EXPECT_THAT(faults_of(entry("metric: a, as: result, hit: [miss]")),
              ElementsAre(HasSubstr("apps.otlp.mapping[0].hit: 'miss' is both hit and miss")));
}

}  // namespace
}  // namespace hitwatch::config
