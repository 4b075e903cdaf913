// What was seen of keys, added up: within bounds, whatever the keys are like.
#include "collectors/keyspace/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>

namespace hitwatch::keyspace {
namespace {

using testing::SizeIs;

// Reads names as reports of `{type}:{tenant}:*` do.
class TallyTest : public testing::Test {
 protected:
  Seen seen(std::string text, std::optional<double> bytes = 100) {
    const std::string& name = names_.emplace_back(std::move(text));
    Seen key;
    key.name = name;
    key.match = matcher_.match(name);
    key.bytes = bytes;
    return key;
  }
  Seen read(std::string name, std::optional<double> ttl, double bytes = 100) {
    Seen key = seen(std::move(name), bytes);
    key.has_ttl_reading = true;
    key.ttl_seconds = ttl;
    return key;
  }
  void add(Tally& tally, const std::vector<std::string>& names) {
    std::vector<Seen> page;
    for (const std::string& name : names) page.push_back(seen(name));
    tally.add_page(page);
  }

  std::deque<std::string> names_;  // that what is seen points into
  keys::Matcher matcher_{
      std::vector<keys::Rule>{{*keys::Pattern::parse("need:{tenant}:*"), "need", true},
                              {*keys::Pattern::parse("{type}:{tenant}:*"), "", false}}};
};

const GroupSums* find(const Tally& tally, std::string_view type, std::string_view tenant) {
  const auto found = std::ranges::find_if(tally.groups(), [&](const GroupSums& group) {
    return group.type == type && group.tenant == tenant;
  });
  return found == tally.groups().end() ? nullptr : &*found;
}

TEST_F(TallyTest, AddsUpByTypeAndTenant) {
  Tally tally(3, 100);
  const std::vector<Seen> page = {seen("a:x:1", 10), seen("a:x:2", 30), seen("a:y:1"), seen("none"),
                                  seen("a:y:2", std::nullopt)};
  tally.add_page(page);
  EXPECT_EQ(tally.database(), 3);
  EXPECT_EQ(tally.sampled(), 5);
  EXPECT_EQ(tally.unclassified(), 1);
  EXPECT_EQ(tally.unreadable(), 1);
  EXPECT_EQ(find(tally, "a", "x")->keys, 2);
  EXPECT_EQ(find(tally, "a", "x")->bytes.mean(), 20);
  EXPECT_EQ(find(tally, "a", "y")->bytes.count, 1);
  EXPECT_EQ(find(tally, "unclassified", "")->keys, 1);
  ASSERT_THAT(tally.types(), SizeIs(2));
  EXPECT_EQ(tally.types()[0].keys, 4);
}

TEST_F(TallyTest, SumsOfPagesAreThoseOfAPlainCount) {
  std::mt19937_64 random(4);
  Tally tally(0, 100);
  std::map<std::string, double> squared;
  std::map<std::string, double> weighted;
  double pages_squared = 0;
  for (int i = 0; i < 50; ++i) {
    std::vector<std::string> names;
    std::map<std::string, double> in_page;
    for (std::size_t n = random() % 20; n > 0; --n) {
      const std::string tenant(1, static_cast<char>('a' + random() % 5));
      names.push_back("type:" + tenant + ":" + std::to_string(n));
      ++in_page[tenant];
    }
    add(tally, names);
    const auto all = static_cast<double>(names.size());
    for (const auto& [tenant, keys] : in_page) {
      squared[tenant] += keys * keys;
      weighted[tenant] += keys * all;
    }
    pages_squared += all * all;
  }
  EXPECT_EQ(tally.pages_squared(), pages_squared);
  for (const auto& [tenant, sum] : squared) {
    EXPECT_EQ(find(tally, "type", tenant)->squared_by_page, sum);
    EXPECT_EQ(find(tally, "type", tenant)->weighted_by_page, weighted[tenant]);
  }
}

TEST_F(TallyTest, TenantsPastTheBoundAreOneOfTheirType) {
  Tally tally(0, 2);
  add(tally, {"a:x:1", "a:y:1", "a:z:1", "a:v:1", "b:x:1", "a:x:2"});
  ASSERT_THAT(tally.groups(), SizeIs(4));
  EXPECT_EQ(find(tally, "a", "x")->keys, 2);
  EXPECT_EQ(find(tally, "a", "overflow")->keys, 2);
  EXPECT_EQ(find(tally, "b", "overflow")->keys, 1);
  EXPECT_EQ(tally.sampled(), 6);
}

TEST_F(TallyTest, GroupsAreBoundedWhateverTheyAreCalled) {
  for (const std::string tenant : {"acme", "overflow"}) {
    Tally tally(0, 10);
    for (int i = 0; i < 3000; ++i) add(tally, {"t" + std::to_string(i) + ":" + tenant + ":1"});
    EXPECT_LE(tally.groups().size(), 10U + Tally::kMostTypes + 2) << tenant;
    double keys = 0;
    for (const GroupSums& group : tally.groups()) keys += group.keys;
    EXPECT_EQ(keys, 3000);
    EXPECT_GT(find(tally, "overflow", "overflow")->keys, 1000);
  }
}

TEST_F(TallyTest, TypesPastTheBoundAreNotTakenForAnother) {
  Tally tally(0, 100'000);
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "t" + std::to_string(i) + ":x:1";
    const std::vector<Seen> page = {read(name, 60)};
    tally.add_page(page);
  }
  EXPECT_THAT(tally.types(), SizeIs(Tally::kMostTypes));
  EXPECT_THAT(tally.type_ttls(), SizeIs(Tally::kMostTypes));
  for (const auto& [type, ttls] : tally.type_ttls()) {
    EXPECT_EQ(ttls.type, type);
    EXPECT_EQ(ttls.sum_seconds, type == "overflow" ? 60 * 1001 : 60) << type;
  }
  EXPECT_THAT(tally.groups(), SizeIs(2000));
}

TEST_F(TallyTest, TtlsAreCountedInTheirBuckets) {
  Tally tally(7, 100);
  const double bound = ttl_bounds().front();
  const std::vector<Seen> page = {read("a:x:1", bound), read("a:x:2", bound + 0.001),
                                  read("a:x:3", 1e12), read("a:x:4", std::nullopt), seen("a:x:5")};
  tally.add_page(page);
  const TypeTtls& ttls = tally.type_ttls().at("a");
  EXPECT_EQ(ttls.database, 7);
  ASSERT_THAT(ttls.counts, SizeIs(ttl_bounds().size() + 1));
  EXPECT_EQ(ttls.counts[0], 1U);
  EXPECT_EQ(ttls.counts[1], 1U);
  EXPECT_EQ(ttls.counts.back(), 1U);
  EXPECT_EQ(tally.ttl_readings(), 4);
  EXPECT_EQ(find(tally, "a", "x")->without_ttl, 1);
  EXPECT_EQ(find(tally, "a", "x")->ttls.count, 3);
}

TEST_F(TallyTest, KeysWithoutTheirTenantAreCountedAndShownOnce) {
  Tally tally(0, 100);
  add(tally, {"need::1", "need::1", "need::2", "need:acme:1"});
  EXPECT_EQ(tally.without_tenant().at("need"), 3);
  ASSERT_THAT(tally.tenantless_examples(), SizeIs(2));
}

TEST_F(TallyTest, SpellingsAreBounded) {
  Tally tally(0, 10);
  for (std::size_t i = 0; i < Tally::kMostSpellings + 100; ++i) {
    add(tally, {std::to_string(i) + ":x"});
  }
  EXPECT_THAT(tally.spellings(), SizeIs(Tally::kMostSpellings));
  Tally none(0, 10);
  add(none, {":x", "none", std::string(100, 'a') + ":x", ""});
  EXPECT_THAT(none.spellings(), SizeIs(0));
}

TEST_F(TallyTest, BiggestKeysAreThoseOfAFullSort) {
  std::mt19937_64 random(5);
  Tally tally(0, 10);
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t bytes = random() % 100'000;
    sizes.push_back(bytes);
    const std::string name = "k" + std::to_string(i);
    // Every key comes twice.
    const std::vector<Seen> page = {seen(name, bytes), seen(name, bytes)};
    tally.add_page(page);
  }
  std::ranges::sort(sizes, std::greater());
  const auto biggest = tally.biggest();
  ASSERT_THAT(biggest, SizeIs(Tally::kBiggest));
  std::set<std::string> names;
  for (std::size_t i = 0; i < biggest.size(); ++i) {
    EXPECT_EQ(biggest[i].bytes, sizes[i]);
    names.insert(biggest[i].name);
  }
  EXPECT_THAT(names, SizeIs(Tally::kBiggest));
}

TEST_F(TallyTest, ExamplesWithoutTtlAreTheBiggestOfThem) {
  Tally tally(0, 10);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "k" + std::to_string(i);
    const Seen key = read(name, std::nullopt, (i * 37) % 100);
    const std::vector<Seen> page = {key, key};
    tally.add_page(page);
  }
  const auto& examples = tally.without_ttl_examples();
  ASSERT_THAT(examples, SizeIs(Tally::kExamples));
  for (std::size_t i = 0; i < examples.size(); ++i) EXPECT_EQ(examples[i].bytes, 99 - i);
}

TEST_F(TallyTest, LongNamesAreCutInExamples) {
  Tally tally(0, 10);
  add(tally, {std::string(60'000, 'k')});
  EXPECT_EQ(tally.biggest().at(0).name.size(), Tally::kLongestExample);
  EXPECT_EQ(tally.unclassified_examples().at(0).name.size(), Tally::kLongestExample);
}

TEST_F(TallyTest, UnclassifiedExamplesAreOfDifferentShapes) {
  Tally tally(0, 10);
  for (int i = 100; i < 200; ++i) add(tally, {"job-" + std::to_string(i)});
  add(tally, {"other", "", std::string("a\0b\xff", 4)});
  EXPECT_THAT(tally.unclassified_examples(), SizeIs(4));
  for (int i = 1; i < 100; ++i) add(tally, {std::string(static_cast<std::size_t>(i), '-')});
  EXPECT_THAT(tally.unclassified_examples(), SizeIs(Tally::kExamples));
}

TEST_F(TallyTest, LabelsOfStrangersArePrintableAndShort) {
  Tally tally(0, 10);
  add(tally, {"a:\xff\n:1", "a:" + std::string(1000, 'x') + ":1"});
  for (const GroupSums& group : tally.groups()) {
    EXPECT_LE(group.tenant.size(), 128U);
    EXPECT_TRUE(std::ranges::all_of(group.tenant, [](char c) { return c >= ' ' && c < 127; }));
  }
}

TEST_F(TallyTest, CertainKeysStandApartFromTheSample) {
  Tally tally(0, 10);
  tally.add_certain(seen("a:x:whale", 1e6));
  add(tally, {"a:x:1"});
  EXPECT_EQ(tally.sampled(), 1);
  EXPECT_EQ(tally.certain(), 1);
  const GroupSums* group = find(tally, "a", "x");
  EXPECT_EQ(group->keys, 1);
  EXPECT_EQ(group->certain_keys, 1);
  EXPECT_EQ(group->certain_bytes, 1e6);
  EXPECT_EQ(tally.biggest().at(0).name, "a:x:whale");
}

TEST_F(TallyTest, AKeyThatCountsAloneIsOutOfTheMean) {
  Tally tally(0, 100);
  const std::vector<Seen> page = {seen("a:x:1", 10), seen("a:x:2", 30), seen("a:x:big", 1000),
                                  seen("a:x:big", 1000)};
  tally.add_page(page);
  ASSERT_TRUE(tally.biggest_expanded());
  EXPECT_EQ(tally.biggest_expanded()->bytes, 1000);
  EXPECT_EQ(tally.biggest_expanded()->times, 2);
  tally.count_alone();
  EXPECT_EQ(tally.biggest_expanded()->bytes, 30);
  const GroupSums* group = find(tally, "a", "x");
  EXPECT_EQ(group->keys, 4);
  EXPECT_EQ(group->bytes.count, 2);
  EXPECT_EQ(group->bytes.mean(), 20);
  EXPECT_EQ(group->certain_bytes, 1000);
  EXPECT_EQ(tally.biggest().front().bytes, 1000U);
}

TEST_F(TallyTest, TenantsThatAreNotKeptAreOneGroupOfTheirType) {
  Tally tally(0, 100);
  add(tally, {"a:x:1", "a:y:1", "a:z:1", "b:z:1", "none"});
  tally.fold_tenants({"x"});
  EXPECT_EQ(find(tally, "a", "x")->keys, 1);
  EXPECT_EQ(find(tally, "a", "overflow")->keys, 2);
  EXPECT_EQ(find(tally, "a", "overflow")->bytes.sum, 200);
  EXPECT_EQ(find(tally, "b", "overflow")->keys, 1);
  EXPECT_EQ(find(tally, "unclassified", "")->keys, 1);
  EXPECT_THAT(tally.groups(), SizeIs(4));
}

TEST_F(TallyTest, WhatOverflowsKeepsItsTypeEvenWhenThereIsNoRoomForFurtherTypes) {
  Tally tally(0, 2);
  add(tally, {"a:1:x", "a:2:x", "a:3:x"});
  for (int i = 0; i < 2000; ++i) add(tally, {"type" + std::to_string(i) + ":1:x"});
  const double before = find(tally, "a", "overflow")->keys;
  add(tally, {"a:4:x"});
  EXPECT_EQ(find(tally, "a", "overflow")->keys, before + 1);
}

}  // namespace
}  // namespace hitwatch::keyspace
