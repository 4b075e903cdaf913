// Who inhibits whom.
#include "agent/notify/inhibition.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hitwatch::notify {
namespace {

using metrics::Labels;
using testing::ElementsAre;
using testing::IsEmpty;

Matchers equals(const std::string& name, const std::string& value) {
  return {*Matcher::make(Matcher::Kind::kEqual, name, value)};
}

InhibitRule rule(Matchers source, Matchers target, std::vector<std::string> equal = {}) {
  return {.name = "",
          .source = std::move(source),
          .target = std::move(target),
          .equal = std::move(equal)};
}

// Critical alerts inhibit warnings of the same instance.
std::vector<InhibitRule> by_severity() {
  return {rule(equals("severity", "critical"), equals("severity", "warning"), {"instance"})};
}

TEST(Inhibition, ASourceInhibitsATargetWithEqualLabels) {
  Inhibition inhibition(by_severity());
  inhibition.note("f1", {{"instance", "a"}, {"severity", "critical"}}, true);
  EXPECT_THAT(inhibition.inhibiting({{"instance", "a"}, {"severity", "warning"}}),
              ElementsAre("f1"));
  EXPECT_THAT(inhibition.inhibiting({{"instance", "b"}, {"severity", "warning"}}), IsEmpty());
  EXPECT_THAT(inhibition.inhibiting({{"instance", "a"}, {"severity", "info"}}), IsEmpty());
  EXPECT_THAT(inhibition.inhibiting({{"severity", "warning"}}), IsEmpty());
}

TEST(Inhibition, OnlyWhileTheSourceFires) {
  Inhibition inhibition(by_severity());
  const Labels source = {{"instance", "a"}, {"severity", "critical"}};
  const Labels target = {{"instance", "a"}, {"severity", "warning"}};
  inhibition.note("f1", source, false);
  EXPECT_THAT(inhibition.inhibiting(target), IsEmpty());
  inhibition.note("f1", source, true);
  inhibition.note("f1", source, true);
  EXPECT_THAT(inhibition.inhibiting(target), ElementsAre("f1"));
  EXPECT_TRUE(inhibition.note("f1", source, false)) << "its targets may be told of now";
  EXPECT_FALSE(inhibition.note("f1", source, false));
  EXPECT_THAT(inhibition.inhibiting(target), IsEmpty());
  EXPECT_FALSE(inhibition.note("f1", source, true));
  EXPECT_FALSE(inhibition.note("f2", {{"severity", "info"}}, true));
  EXPECT_FALSE(inhibition.note("f2", {{"severity", "info"}}, false));
  EXPECT_TRUE(inhibition.note("f1", {}, false));
  EXPECT_THAT(inhibition.inhibiting(target), IsEmpty());
}

TEST(Inhibition, ANotherSourceTakesOver) {
  Inhibition inhibition(by_severity());
  inhibition.note("f1", {{"instance", "a"}, {"severity", "critical"}}, true);
  inhibition.note("f2", {{"instance", "a"}, {"job", "x"}, {"severity", "critical"}}, true);
  const Labels target = {{"instance", "a"}, {"severity", "warning"}};
  EXPECT_THAT(inhibition.inhibiting(target), ElementsAre("f1"));
  inhibition.note("f1", {}, false);
  EXPECT_THAT(inhibition.inhibiting(target), ElementsAre("f2"));
}

TEST(Inhibition, AnEqualLabelMayBeMissingOnBothSides) {
  Inhibition inhibition(by_severity());
  inhibition.note("f1", {{"severity", "critical"}}, true);
  EXPECT_THAT(inhibition.inhibiting({{"severity", "warning"}}), ElementsAre("f1"));
  EXPECT_THAT(inhibition.inhibiting({{"instance", ""}, {"severity", "warning"}}),
              ElementsAre("f1"));
  EXPECT_THAT(inhibition.inhibiting({{"instance", "a"}, {"severity", "warning"}}), IsEmpty());
}

TEST(Inhibition, WithoutEqualLabelsAnySourceWillDo) {
  Inhibition inhibition({rule(equals("alertname", "Down"), equals("severity", "warning"))});
  inhibition.note("f1", {{"alertname", "Down"}, {"instance", "a"}}, true);
  EXPECT_THAT(inhibition.inhibiting({{"instance", "b"}, {"severity", "warning"}}),
              ElementsAre("f1"));
}

TEST(Inhibition, AnAlertOnBothSidesIsNotInhibitedByAnotherSuch) {
  Inhibition inhibition({rule(equals("alertname", "Down"), equals("alertname", "Down"))});
  inhibition.note("f1", {{"alertname", "Down"}, {"instance", "a"}}, true);
  inhibition.note("f2", {{"alertname", "Down"}, {"instance", "b"}}, true);
  EXPECT_THAT(inhibition.inhibiting({{"alertname", "Down"}, {"instance", "a"}}), IsEmpty());
  EXPECT_THAT(inhibition.inhibiting({{"alertname", "Down"}, {"instance", "b"}}), IsEmpty());
}

TEST(Inhibition, AnAlertOnBothSidesIsInhibitedByOneThatIsOnlyASource) {
  Inhibition inhibition({rule(equals("source", "yes"), equals("target", "yes"))});
  const Labels both = {{"source", "yes"}, {"target", "yes"}};
  inhibition.note("f1", both, true);
  EXPECT_THAT(inhibition.inhibiting(both), IsEmpty());
  EXPECT_THAT(inhibition.inhibiting({{"target", "yes"}}), ElementsAre("f1"));
  inhibition.note("f2", {{"source", "yes"}}, true);
  EXPECT_THAT(inhibition.inhibiting(both), ElementsAre("f2"));
}

TEST(Inhibition, EachRuleAddsOneAtMost) {
  std::vector<InhibitRule> rules = by_severity();
  rules.push_back(rule(equals("alertname", "Down"), equals("severity", "warning")));
  rules.push_back(rule(equals("severity", "critical"), equals("severity", "warning")));
  Inhibition inhibition(rules);
  inhibition.note("f3", {{"instance", "a"}, {"severity", "critical"}}, true);
  inhibition.note("f1", {{"alertname", "Down"}}, true);
  inhibition.note("f2", {{"alertname", "Down"}, {"n", "2"}}, true);
  EXPECT_THAT(inhibition.inhibiting({{"instance", "a"}, {"severity", "warning"}}),
              ElementsAre("f1", "f3"));
}

TEST(Inhibition, ValuesOfEqualLabelsAreNotMixedUp) {
  Inhibition inhibition(
      {rule(equals("severity", "critical"), equals("severity", "warning"), {"a", "b"})});
  inhibition.note("f1", {{"a", "1;1:2"}, {"severity", "critical"}}, true);
  EXPECT_THAT(inhibition.inhibiting({{"a", "1"}, {"b", "2"}, {"severity", "warning"}}), IsEmpty());
}

// The plain way: every source is looked at.
std::vector<std::string> inhibiting_slowly(
    const std::vector<InhibitRule>& rules,
    const std::vector<std::pair<std::string, Labels>>& firing, const Labels& labels) {
  std::set<std::string> found;
  for (const InhibitRule& rule : rules) {
    if (!match(rule.target, labels)) continue;
    std::optional<std::string> only, both;
    for (const auto& [name, source] : firing) {
      const bool equal = std::ranges::all_of(rule.equal, [&](const std::string& label) {
        return label_value(source, label) == label_value(labels, label);
      });
      if (!equal || !match(rule.source, source)) continue;
      std::optional<std::string>& first = match(rule.target, source) ? both : only;
      if (!first || name < *first) first = name;
    }
    if (only) {
      found.insert(*only);
    } else if (both && !match(rule.source, labels)) {
      found.insert(*both);
    }
  }
  return {found.begin(), found.end()};
}

TEST(Inhibition, AgreesWithThePlainWay) {
  std::mt19937 random(7);
  const auto pick = [&](int most) {
    return std::to_string(random() % static_cast<unsigned>(most));
  };
  const auto some_labels = [&] {
    Labels labels;
    for (const std::string name : {"a", "b", "s", "t"}) {
      if (random() % 3 != 0) labels.push_back({name, pick(3)});
    }
    return labels;
  };
  const std::vector<InhibitRule> rules = {
      rule(equals("s", "1"), equals("t", "1"), {"a"}),
      rule(equals("s", "2"), equals("t", "1"), {"a", "b"}),
      rule({*Matcher::make(Matcher::Kind::kMatches, "s", "0|1")},
           {*Matcher::make(Matcher::Kind::kNotEqual, "t", "2")}, {"b"}),
      rule(equals("s", "1"), equals("s", "1"))};
  Inhibition inhibition(rules);
  std::vector<std::pair<std::string, Labels>> firing;
  for (int round = 0; round < 2000; ++round) {
    if (firing.size() > 8 || (!firing.empty() && random() % 3 == 0)) {
      const auto gone = firing.begin() + static_cast<long>(random() % firing.size());
      inhibition.note(gone->first, {}, false);
      firing.erase(gone);
    } else {
      firing.emplace_back(fmt::format("{:05}", random() % 100'000), some_labels());
      inhibition.note(firing.back().first, firing.back().second, true);
    }
    const Labels asked = some_labels();
    ASSERT_EQ(inhibition.inhibiting(asked), inhibiting_slowly(rules, firing, asked)) << round;
  }
}

TEST(Inhibition, ManySourcesAreNotLookedAtOneByOne) {
  // With a look at each source this would be a thousand million of them.
  Inhibition inhibition(by_severity());
  for (int i = 0; i < 10'000; ++i) {
    inhibition.note(fmt::format("f{}", i),
                    {{"instance", std::to_string(i)}, {"severity", "critical"}}, true);
  }
  std::size_t inhibited = 0;
  for (int i = 0; i < 100'000; ++i) {
    inhibited +=
        inhibition.inhibiting({{"instance", std::to_string(i)}, {"severity", "warning"}}).size();
  }
  EXPECT_EQ(inhibited, 10'000U);
}

}  // namespace
}  // namespace hitwatch::notify
