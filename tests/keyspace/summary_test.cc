// From what was seen to what is said.
#include "collectors/keyspace/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/keyspace/any_rule.h"
#include "tests/keyspace/zipf_keys.h"

namespace hitwatch::keyspace {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The views must outlive the page.
Seen key(std::string_view type, std::string_view tenant, double bytes = 100) {
  Seen seen;
  seen.name = "k";
  seen.match.rule = &any_rule();
  seen.match.type = type;
  seen.match.tenant = tenant;
  seen.bytes = bytes;
  return seen;
}
Seen with_ttl(Seen seen, std::optional<double> ttl) {
  seen.has_ttl_reading = true;
  seen.ttl_seconds = ttl;
  return seen;
}

void add(Tally& tally, const Seen& seen, int times) {
  const std::vector<Seen> page(static_cast<std::size_t>(times), seen);
  tally.add_page(page);
}

Report report_of(const Tally& tally, const DatabaseFacts& facts) {
  Report report;
  report.complete = true;
  report.keys = static_cast<std::uint64_t>(facts.keys);
  summarize(tally, facts, report);
  return report;
}

const Group& find(const Report& report, std::string_view type, std::string_view tenant) {
  const auto found = std::ranges::find_if(report.groups, [&](const Group& group) {
    return group.type == type && group.tenant == tenant;
  });
  EXPECT_NE(found, report.groups.end()) << type << ":" << tenant;
  return *found;
}

void expect_exact(const std::optional<Estimate>& estimate, double value) {
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->value, value);
  EXPECT_EQ(estimate->low, value);
  EXPECT_EQ(estimate->high, value);
}

TEST(Summary, OfEveryKeyIsExact) {
  Tally tally(2, 100);
  add(tally, with_ttl(key("a", "x", 10), 60), 3);
  add(tally, with_ttl(key("a", "x", 20), std::nullopt), 2);
  add(tally, key("b", "y", 7), 4);
  const Report report =
      report_of(tally, {.keys = 9, .expires = 6, .method = Method::kFull, .every_key = true});
  const Group& x = find(report, "a", "x");
  EXPECT_EQ(x.database, 2);
  EXPECT_EQ(x.sampled, 5U);
  expect_exact(x.keys, 5);
  expect_exact(x.memory_usage_bytes, 70);
  // All its TTLs were read.
  expect_exact(x.keys_without_ttl, 2);
  expect_exact(x.mean_ttl_seconds, 60);
  // Of these none was, but the server's total leaves one of four.
  const Group& y = find(report, "b", "y");
  expect_exact(y.keys, 4);
  EXPECT_NEAR(y.keys_without_ttl->value, 1, 1e-6);
  EXPECT_EQ(y.keys_without_ttl->low, 0);
  EXPECT_EQ(y.keys_without_ttl->high, 4);
  EXPECT_FALSE(y.mean_ttl_seconds);
  ASSERT_THAT(report.databases, SizeIs(1));
  EXPECT_EQ(report.databases[0].keys, 9U);
  expect_exact(report.databases[0].unclassified, 0);
}

TEST(Summary, OfASampleScalesToAllKeys) {
  Tally tally(0, 100);
  for (int page = 0; page < 50; ++page) {
    std::vector<Seen> seen(15, key("a", "x", 10));
    seen.resize(20, key("a", "y", 30));
    tally.add_page(seen);
  }
  const Report report = report_of(
      tally, {.keys = 100'000, .method = Method::kRandomCursors, .with_replacement = true});
  const Group& x = find(report, "a", "x");
  EXPECT_DOUBLE_EQ(x.keys.value, 75'000);
  EXPECT_LT(x.keys.low, 74'000);
  EXPECT_GT(x.keys.high, 76'000);
  EXPECT_DOUBLE_EQ(x.memory_usage_bytes->value, 750'000);
  EXPECT_DOUBLE_EQ(find(report, "a", "y").memory_usage_bytes->value, 750'000);
}

TEST(Summary, OfADatabaseThatShrankSumsToWhatIsLeft) {
  Tally tally(0, 100);
  add(tally, key("a", "x"), 600);
  add(tally, key("a", "y"), 400);
  const Report report =
      report_of(tally, {.keys = 100, .method = Method::kRandomCursors, .with_replacement = true});
  EXPECT_DOUBLE_EQ(find(report, "a", "x").keys.value, 60);
  EXPECT_LE(find(report, "a", "x").keys.high, 100);
}

TEST(Summary, MostOfAPopulationLeavesLittleInDoubt) {
  Tally tally(0, 100);
  for (int page = 0; page < 90; ++page) {
    std::vector<Seen> seen(5, key("a", "x"));
    seen.resize(10, key("a", "y"));
    tally.add_page(seen);
  }
  const auto width = [&](bool with_replacement) {
    const Report report = report_of(
        tally,
        {.keys = 1000, .method = Method::kRollingScan, .with_replacement = with_replacement});
    return find(report, "a", "x").keys.high - find(report, "a", "x").keys.low;
  };
  EXPECT_LT(width(false), width(true) / 2);
}

TEST(Summary, KeysWithoutTtlAddUpToTheServersOwnFigure) {
  std::mt19937_64 random(10);
  Tally tally(0, 100);
  for (int page = 0; page < 100; ++page) {
    std::vector<Seen> seen;
    for (int i = 0; i < 20; ++i) {
      static const std::vector<std::string> tenants = {"p", "q", "r", "s"};
      const std::size_t tenant = random() % 4;
      Seen one = key("a", tenants[tenant]);
      if (random() % 4 == 0) {
        one = with_ttl(one, random() % 4 < tenant ? std::optional<double>(60) : std::nullopt);
      }
      seen.push_back(one);
    }
    tally.add_page(seen);
  }
  const Report report = report_of(tally, {.keys = 100'000,
                                          .expires = 41'000,
                                          .method = Method::kRandomCursors,
                                          .with_replacement = true});
  double without = 0;
  double most = 1e9;
  for (const char* tenant : {"p", "q", "r", "s"}) {
    const Group& group = find(report, "a", tenant);
    without += group.keys_without_ttl->value;
    EXPECT_LT(group.keys_without_ttl->value, most) << tenant;
    EXPECT_LE(group.keys_without_ttl->high, group.keys.high);
    most = group.keys_without_ttl->value;
  }
  EXPECT_NEAR(without, 59'000, 1);
}

TEST(Summary, WhereAllKeysHaveATtlNoneIsWithout) {
  Tally tally(0, 100);
  add(tally, key("a", "x"), 10);
  const DatabaseFacts sample{
      .keys = 1000, .expires = 1000, .method = Method::kRandomCursors, .with_replacement = true};
  expect_exact(find(report_of(tally, sample), "a", "x").keys_without_ttl, 0);
  DatabaseFacts none = sample;
  none.expires = 0;
  const Report report = report_of(tally, none);
  EXPECT_EQ(find(report, "a", "x").keys_without_ttl->value, find(report, "a", "x").keys.value);
  none.expires = 500;
  EXPECT_FALSE(find(report_of(tally, none), "a", "x").keys_without_ttl);
}

TEST(Summary, WithoutAnyKeyHasNoGroups) {
  const Tally tally(0, 100);
  const Report report = report_of(tally, {.keys = 500, .method = Method::kNone});
  EXPECT_THAT(report.groups, IsEmpty());
  EXPECT_EQ(report.databases[0].unclassified.high, 500);
}

TEST(Summary, CertainKeysAreAddedAsTheyAre) {
  Tally tally(0, 100);
  tally.add_certain(key("a", "x", 1e6));
  tally.add_certain(key("whale", "y", 1e7));
  add(tally, key("a", "x"), 100);
  const Report report =
      report_of(tally, {.keys = 1002, .method = Method::kRandomCursors, .with_replacement = true});
  EXPECT_DOUBLE_EQ(find(report, "a", "x").keys.value, 1001);
  EXPECT_DOUBLE_EQ(find(report, "a", "x").memory_usage_bytes->value, 1e6 + 100'000);
  EXPECT_EQ(find(report, "a", "x").sampled, 101U);
  EXPECT_EQ(find(report, "whale", "y").keys.value, 1);
  expect_exact(find(report, "whale", "y").memory_usage_bytes, 1e7);
}

TEST(Summary, SizesThatWereRefusedAreNone) {
  Tally tally(0, 100);
  Seen unread = key("a", "x");
  unread.bytes.reset();
  add(tally, unread, 10);
  const Report report = report_of(tally, {.keys = 10, .method = Method::kFull, .every_key = true});
  EXPECT_FALSE(find(report, "a", "x").memory_usage_bytes);
}

TEST(Summary, SizesThatWereReadInPartAreEstimatesOfAFullScanToo) {
  Tally tally(0, 100);
  add(tally, key("a", "x", 10), 50);
  add(tally, key("a", "x", 20), 30);
  Seen unread = key("a", "x");
  unread.bytes.reset();
  add(tally, unread, 20);
  const Report report = report_of(tally, {.keys = 100, .method = Method::kFull, .every_key = true});
  const Estimate bytes = *find(report, "a", "x").memory_usage_bytes;
  EXPECT_DOUBLE_EQ(bytes.value, 1375);
  EXPECT_LT(bytes.low, bytes.value);
  EXPECT_GT(bytes.high, bytes.value);
}

// A world in which a page is one tenant's: hash tables by slot, and tenants that keep to one.
struct SlotWorld {
  struct Slot {
    std::size_t tenant;
    std::vector<std::pair<double, bool>> keys;  // bytes, and whether with a TTL
  };
  std::vector<std::string> tenants;
  std::vector<Slot> slots;
  std::vector<double> weights;
  ZipfTruths truths;
  std::map<std::string, double> bytes;
  double keys = 0;
  double expires = 0;

  explicit SlotWorld(std::mt19937_64& random) {
    for (int i = 0; i < 50; ++i) tenants.push_back("t" + std::to_string(i));
    for (int i = 0; i < 1000; ++i) {
      // Of Zipf size: many slots of the first, few of the last.
      const std::uniform_real_distribution<double>::param_type logs(0, std::log(50.999));
      const auto tenant = static_cast<std::size_t>(
          std::exp(std::uniform_real_distribution<double>(logs)(random)) - 1);
      Slot& slot = slots.emplace_back(tenant);
      for (std::size_t n = 50 + random() % 100; n > 0; --n) add_key(slot, random);
      weights.push_back(static_cast<double>(slot.keys.size()));
    }
  }

  void add_key(Slot& slot, std::mt19937_64& random) {
    const double size = 80 + std::lognormal_distribution<double>(5, 1)(random);
    const bool ttl = random() % 50 >= slot.tenant;
    slot.keys.emplace_back(size, ttl);
    ZipfTruth& truth = truths[{"a", tenants[slot.tenant]}];
    ++truth.keys;
    truth.without_ttl += ttl ? 0 : 1;
    bytes[tenants[slot.tenant]] += size;
    ++keys;
    expires += ttl ? 1 : 0;
  }

  Tally sample(std::size_t pages, std::mt19937_64& random) const {
    Tally tally(0, 100);
    std::discrete_distribution<std::size_t> any_slot(weights.begin(), weights.end());
    for (std::size_t page = 0; page < pages; ++page) {
      const Slot& slot = slots[any_slot(random)];
      std::vector<Seen> seen;
      for (int i = 0; i < 20; ++i) {
        const auto& [size, ttl] = slot.keys[random() % slot.keys.size()];
        seen.push_back(key("a", tenants[slot.tenant], size));
        if (i == 0) {
          seen.back() = with_ttl(seen.back(), ttl ? std::optional<double>(60) : std::nullopt);
        }
      }
      tally.add_page(seen);
    }
    return tally;
  }

  DatabaseFacts facts() const {
    return {.keys = keys,
            .expires = expires,
            .method = Method::kRandomCursors,
            .with_replacement = true};
  }
};

TEST(Summary, PagesOfOneTenantWidenItsIntervals) {
  std::mt19937_64 random(11);
  const SlotWorld world(random);
  std::map<std::string, Coverage> coverage;
  for (int round = 0; round < 60; ++round) {
    const Report report = report_of(world.sample(300, random), world.facts());
    for (const Group& group : report.groups) {
      const ZipfTruth& truth = world.truths.at({"a", group.tenant});
      if (group.sampled < 100) continue;
      coverage["keys"].add(group.keys, truth.keys);
      coverage["memory"].add(*group.memory_usage_bytes, world.bytes.at(group.tenant));
      coverage["without_ttl"].add(*group.keys_without_ttl, truth.without_ttl);
      // As if keys had been drawn one by one.
      coverage["naive"].add(estimate_count(static_cast<double>(group.sampled), 6000, world.keys, 1),
                            truth.keys);
    }
  }
  for (const char* figure : {"keys", "memory", "without_ttl"}) {
    EXPECT_GT(coverage[figure].all, 300);
    EXPECT_GE(coverage[figure].share(), 0.9) << figure;
  }
  EXPECT_LT(coverage["naive"].share(), 0.6);
}

TEST(Summary, PagesOfOneTenantWidenTheBoundOfUnseenOnes) {
  std::mt19937_64 random(12);
  const SlotWorld world(random);
  Coverage coverage;
  for (int round = 0; round < 60; ++round) {
    const Tally tally = world.sample(50, random);
    Report report = report_of(tally, world.facts());
    std::set<std::string> seen;
    for (const Group& group : report.groups) seen.insert(group.tenant);
    std::vector<std::pair<std::string, std::string>> unseen;
    for (const auto& [group, truth] : world.truths) {
      if (!seen.contains(group.second)) unseen.push_back(group);
    }
    add_unseen(unseen, tally, world.facts(), report);
    for (const auto& group : unseen) {
      const Estimate& keys = find(report, "a", group.second).keys;
      EXPECT_EQ(keys.value, 0);
      coverage.add(keys, world.truths.at(group).keys);
    }
  }
  EXPECT_GE(coverage.share(), 0.95);
}

TEST(Unseen, GroupsAreThreeInTheSampleAtMost) {
  Tally tally(4, 100);
  for (int page = 0; page < 100; ++page) {
    std::vector<Seen> seen(5, key("a", "x"));
    seen.resize(10, key("a", "y"));
    tally.add_page(seen);
  }
  const DatabaseFacts facts{
      .keys = 1e6, .method = Method::kRandomCursors, .with_replacement = true};
  Report report = report_of(tally, facts);
  add_unseen({{"a", "z"}}, tally, facts, report);
  const Group& group = find(report, "a", "z");
  EXPECT_EQ(group.database, 4);
  EXPECT_EQ(group.sampled, 0U);
  EXPECT_EQ(group.keys.value, 0);
  EXPECT_DOUBLE_EQ(group.keys.high, 3000);
  ASSERT_TRUE(group.memory_usage_bytes);
  EXPECT_EQ(group.memory_usage_bytes->value, 0);
  EXPECT_GT(group.memory_usage_bytes->high, 3000);
}

TEST(Unseen, GroupsDoNotExistWhereEveryKeyWasRead) {
  Tally tally(0, 100);
  add(tally, key("a", "x"), 10);
  const DatabaseFacts facts{.keys = 10, .method = Method::kFull, .every_key = true};
  Report report = report_of(tally, facts);
  add_unseen({{"a", "z"}}, tally, facts, report);
  EXPECT_THAT(report.groups, SizeIs(1));
}

// Two groups, of 300 and 100 bytes a key.
Report measured(double keys = 10'000) {
  Tally tally(0, 100);
  for (int page = 0; page < 50; ++page) {
    std::vector<Seen> seen(5, key("a", "x", 300));
    seen.resize(10, key("a", "y", 100));
    tally.add_page(seen);
  }
  return report_of(tally,
                   {.keys = keys, .method = Method::kRandomCursors, .with_replacement = true});
}

TEST(Calibrate, SizesSumToTheServersFigure) {
  for (const std::uint64_t dataset : {500'000U, 1'800'000U, 2'150'000U}) {
    Report report = measured();
    report.used_memory_dataset = dataset;
    calibrate(true, report);
    const auto known = static_cast<double>(dataset);
    EXPECT_NEAR(report.calibration, known / 2e6, 1e-9);
    EXPECT_NEAR(report.memory_usage_bytes->value, 2e6, 1e-6);
    EXPECT_NEAR(find(report, "a", "x").size_bytes->value, known * 3 / 4, 1e-6);
    EXPECT_NEAR(find(report, "a", "y").size_bytes->value, known / 4, 1e-6);
    EXPECT_LE(find(report, "a", "x").size_bytes->high, known);
    EXPECT_THAT(report.notes, IsEmpty());
  }
}

// More than the keys take may be anything, a big key of some group or of none.
TEST(Calibrate, WhatNoSampledKeyAccountsForWidensIntervalsInstead) {
  Report report = measured();
  report.used_memory_dataset = 4'000'000;
  calibrate(true, report);
  EXPECT_NEAR(report.calibration, 1.1, 1e-9);
  EXPECT_GE(find(report, "a", "x").size_bytes->high, 1.8e6 + 1.65e6);
  ASSERT_THAT(report.notes, SizeIs(1));
  EXPECT_THAT(report.notes[0], HasSubstr("45 % of used_memory_dataset are not found"));
}

TEST(Calibrate, LeavesSizesWhereKeysAreMissing) {
  Report part = measured();
  part.used_memory_dataset = 2'000'000;
  calibrate(false, part);
  EXPECT_EQ(part.calibration, 1);
  EXPECT_THAT(part.notes.at(0), HasSubstr("not all databases"));
  Report unread = measured();
  unread.used_memory_dataset = 2'400'000;
  unread.sampled = 500;
  unread.unreadable = 51;
  calibrate(true, unread);
  EXPECT_EQ(unread.calibration, 1);
  EXPECT_THAT(unread.notes.at(0), HasSubstr("could not be measured"));
}

TEST(Calibrate, SaysNothingWhereNobodyWouldExpectIt) {
  Report full = measured();
  full.used_memory_dataset = 2'400'000;
  full.full = true;
  Report unknown = measured();
  Report empty;
  for (Report* report : {&full, &unknown, &empty}) {
    calibrate(true, *report);
    EXPECT_EQ(report->calibration, 1);
    EXPECT_THAT(report->notes, IsEmpty());
    for (const Group& group : report->groups) EXPECT_TRUE(group.size_bytes);
  }
}

TEST(Duplicates, AreSpellingsOfOneWord) {
  Tally tally(0, 100);
  const std::vector<std::string> names = {"session:1", "session:2", "Sessions:1", "user-id:1",
                                          "user_id.1", "pass:1",    "pas:1",      "a:1",
                                          "as:1",      "-:1",       "_:1",        "cart:1"};
  std::vector<Seen> page;
  for (const std::string& name : names) {
    Seen seen;
    seen.name = name;
    page.push_back(seen);
  }
  tally.add_page(page);
  Report report = report_of(tally, {.keys = 12, .method = Method::kFull, .every_key = true});
  arrange(report);
  ASSERT_THAT(report.duplicates, SizeIs(2));
  EXPECT_EQ(report.duplicates[0].spellings[0].text, "session:");
  EXPECT_EQ(report.duplicates[0].spellings[0].keys.value, 2);
  EXPECT_EQ(report.duplicates[0].spellings[1].text, "Sessions:");
  EXPECT_EQ(report.duplicates[1].spellings[0].text, "user-id:");
}

TEST(Arrange, SortsByDatabaseThenSizeThenKeysThenName) {
  Report report;
  const auto group = [&](int database, const char* tenant, std::optional<double> bytes,
                         double keys) {
    Group& made = report.groups.emplace_back();
    made.database = database;
    made.tenant = tenant;
    if (bytes) made.size_bytes = Estimate::exact(*bytes);
    made.keys = Estimate::exact(keys);
  };
  group(1, "f", 100, 1);
  group(0, "e", std::nullopt, 7);
  group(0, "d", std::nullopt, 9);
  group(0, "c", 5, 1);
  group(0, "b", 5, 1);
  group(0, "a", 50, 1);
  arrange(report);
  std::string order;
  for (const Group& sorted : report.groups) order += sorted.tenant;
  EXPECT_EQ(order, "abcdef");
}

TEST(Arrange, CutsExamplesToTheBiggest) {
  Report report;
  for (std::uint64_t i = 0; i < 500; ++i) {
    KeyExample example;
    example.bytes = i * 7919 % 500;
    report.biggest.push_back(example);
    report.without_ttl_examples.push_back(example);
    report.unclassified_examples.push_back(example);
    report.tenantless_examples.push_back(example);
  }
  arrange(report);
  ASSERT_THAT(report.biggest, SizeIs(Tally::kBiggest));
  EXPECT_EQ(report.biggest.front().bytes, 499U);
  EXPECT_EQ(report.biggest.back().bytes, 400U);
  ASSERT_THAT(report.without_ttl_examples, SizeIs(Tally::kExamples));
  EXPECT_EQ(report.without_ttl_examples.back().bytes, 480U);
  EXPECT_THAT(report.unclassified_examples, SizeIs(Tally::kExamples));
  EXPECT_THAT(report.tenantless_examples, SizeIs(Tally::kExamples));
}

}  // namespace
}  // namespace hitwatch::keyspace
