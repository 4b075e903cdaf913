// Templates of alerts as rules use them. What they can do is tested in tests/templates.
#include "rules/alerting/templating.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/alerting/scripted_query.h"

namespace hitwatch::alerting {
namespace {

using testing::HasSubstr;

const metrics::Labels kLabels{{"__name__", "up"}, {"instance", "a"}};

TEST(Templates, KnowTheSampleAndTheOutside) {
  const ExpandFunc expand = template_expander(
      {.external_labels = {{"dc", "eu1"}}, .external_url = "http://h", .query = {}});
  EXPECT_EQ(expand("A", "{{ $labels.instance }} {{ $value }}", kLabels, 1.5, 0), "a 1.5");
  EXPECT_EQ(expand("A", "{{ $externalLabels.dc }} {{ externalURL }}", kLabels, 1, 0),
            "eu1 http://h");
  EXPECT_EQ(expand("A", "{{ $labels }}", kLabels, 1, 0), "map[__name__:up instance:a]");
}

TEST(Templates, QueryAtTheTimeOfTheEvaluation) {
  ScriptedQuery query;
  query.vectors["y"] = {{{{"b", "2"}}, 7}};
  const ExpandFunc expand = template_expander(
      {.external_labels = {}, .external_url = {}, .query = query.surroundings().query});
  EXPECT_EQ(expand("A", R"({{ query "y" | first | value }} {{ query "y" | first | label "b" }})",
                   kLabels, 1, 15'000),
            "7 2");
  EXPECT_EQ(query.asked[0].second, 15'000);
  query.errors["y"] = "too much";
  EXPECT_THAT(expand("A", R"({{ query "y" }})", kLabels, 1, 0), HasSubstr("too much"));
  EXPECT_THAT(expand("A", R"({{ query "y +" }})", kLabels, 1, 0), HasSubstr("1:4: "));
}

TEST(Templates, ThatFailSaySo) {
  const ExpandFunc expand = template_expander({});
  EXPECT_THAT(expand("A", "{{ .Nope }}", kLabels, 1, 0),
              HasSubstr("<error expanding template: error executing template __alert_A"));
}

}  // namespace
}  // namespace hitwatch::alerting
