// Whether 95 % intervals are that: samples of a made-up keyspace, whose truth is known, are
// summarized many times over, and how often the intervals hold the truth is counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "collectors/keyspace/summary.h"
#include "tests/keyspace/any_rule.h"
#include "tests/keyspace/zipf_keys.h"

namespace hitwatch::keyspace {
namespace {

struct Key {
  std::size_t group;
  double bytes;
  std::optional<double> ttl;
};

struct Truth {
  double keys = 0;
  double bytes = 0;
  double without_ttl = 0;
};

// Tenants of Zipf size, five types, sizes with a long tail.
struct World {
  std::vector<std::string> types{"catalog", "session", "booking", "quote", "config"};
  std::vector<std::string> tenants;
  std::vector<Key> keys;
  std::vector<Truth> truths;  // by group: type + 5 x tenant
  double bytes = 0;
  double expires = 0;

  World(std::size_t number, std::size_t tenant_count, double sigma, std::mt19937_64& random) {
    std::vector<double> weights;
    for (std::size_t i = 0; i < tenant_count; ++i) {
      tenants.push_back("t" + std::to_string(i));
      weights.push_back(1.0 / static_cast<double>(i + 1));
    }
    std::discrete_distribution<std::size_t> tenant(weights.begin(), weights.end());
    std::discrete_distribution<std::size_t> type({50, 25, 15, 7, 3});
    truths.resize(tenant_count * types.size());
    for (std::size_t i = 0; i < number; ++i) {
      const std::size_t t = type(random);
      Key key{.group = t + types.size() * tenant(random),
              .bytes = std::lognormal_distribution<double>(5 + static_cast<double>(t) / 2,
                                                           sigma)(random) +
                       80,
              .ttl = {}};
      // Of the type with the most keys every fifth tenant never lets one expire.
      const bool never = t == 4 || (t == 0 && (key.group / types.size()) % 5 == 1);
      if (!never && std::bernoulli_distribution(t == 0 ? 0.6 : 0.95)(random)) {
        key.ttl = std::exponential_distribution<double>(1.0 / 3600)(random);
        ++expires;
      }
      Truth& truth = truths[key.group];
      ++truth.keys;
      truth.bytes += key.bytes;
      if (!key.ttl) ++truth.without_ttl;
      bytes += key.bytes;
      keys.push_back(key);
    }
  }

  Seen seen(const Key& key) const {
    Seen seen;
    seen.name = "k";
    seen.match.rule = &any_rule();
    seen.match.type = types[key.group % types.size()];
    seen.match.tenant = tenants[key.group / types.size()];
    seen.bytes = key.bytes;
    return seen;
  }
};

Report sample(const World& world, std::size_t size, std::size_t page, std::size_t ttls,
              std::mt19937_64& random) {
  Tally tally(0, 50'000);
  std::uniform_int_distribution<std::size_t> any(0, world.keys.size() - 1);
  for (std::size_t done = 0; done < size; done += page) {
    std::vector<Seen> seen;
    for (std::size_t i = 0; i < page; ++i) {
      const Key& key = world.keys[any(random)];
      seen.push_back(world.seen(key));
      if ((done + i) % (size / ttls) == 0) {
        seen.back().has_ttl_reading = true;
        seen.back().ttl_seconds = key.ttl;
      }
    }
    tally.add_page(seen);
  }
  Report report;
  report.complete = true;
  report.keys = world.keys.size();
  report.used_memory_dataset = static_cast<std::uint64_t>(world.bytes);
  summarize(tally,
            {.keys = static_cast<double>(world.keys.size()),
             .expires = world.expires,
             .method = Method::kRandomCursors,
             .with_replacement = true},
            report);
  calibrate(true, report);
  arrange(report);
  return report;
}

struct Case {
  std::size_t keys;
  std::size_t tenants;
  double sigma;
  std::size_t size;
  std::size_t ttls;
};

class CoverageTest : public testing::TestWithParam<Case> {};

TEST_P(CoverageTest, IntervalsHoldTheTruthAsOftenAsTheySay) {
  const Case& param = GetParam();
  std::mt19937_64 random(20);
  const World world(param.keys, param.tenants, param.sigma, random);
  std::map<std::string, Coverage> coverage;
  std::map<std::string, Coverage> coverage_of_big;
  for (int round = 0; round < 20; ++round) {
    const Report report = sample(world, param.size, 20, param.ttls, random);
    EXPECT_NEAR(report.calibration, 1, 0.25);
    std::vector<bool> found(world.truths.size());
    for (const Group& group : report.groups) {
      const auto type = static_cast<std::size_t>(std::ranges::find(world.types, group.type) -
                                                 world.types.begin());
      const std::size_t index = type + world.types.size() * std::stoul(group.tenant.substr(1));
      found[index] = true;
      const Truth& truth = world.truths[index];
      const auto add = [&](const std::string& figure, const std::optional<Estimate>& estimate,
                           double expected) {
        ASSERT_TRUE(estimate) << figure;
        coverage["all"].add(*estimate, expected);
        coverage[figure].add(*estimate, expected);
        if (group.sampled >= 30) coverage_of_big[figure].add(*estimate, expected);
      };
      add("keys", group.keys, truth.keys);
      add("memory_usage", group.memory_usage_bytes, truth.bytes);
      add("size", group.size_bytes, truth.bytes);
      add("without_ttl", group.keys_without_ttl, truth.without_ttl);
    }
    // A group that no sample met says: none, at most 3 in so many.
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] || world.truths[i].keys == 0) continue;
      const auto bound = 3.0 * static_cast<double>(param.keys) / static_cast<double>(param.size);
      coverage["all"].add({0, 0, bound}, world.truths[i].keys);
      coverage["unseen"].add({0, 0, bound}, world.truths[i].keys);
    }
  }
  EXPECT_GE(coverage["all"].share(), 0.90);
  EXPECT_LE(coverage["all"].share(), 0.99);
  for (const char* figure : {"keys", "memory_usage", "size", "without_ttl"}) {
    EXPECT_GE(coverage[figure].share(), 0.90) << figure;
    EXPECT_GE(coverage_of_big[figure].share(), 0.90) << figure;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Worlds, CoverageTest,
    testing::Values(Case{200'000, 1000, 1, 10'000, 10'000}, Case{200'000, 1000, 1, 10'000, 1000},
                    Case{200'000, 1000, 1, 10'000, 100}, Case{200'000, 1000, 1.5, 10'000, 500},
                    Case{50'000, 50, 1, 2'000, 100}, Case{20'000, 5, 0.5, 1'000, 1000}));

}  // namespace
}  // namespace hitwatch::keyspace
