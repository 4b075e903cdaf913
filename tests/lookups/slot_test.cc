#include "collectors/lookups/slot.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace hitwatch::lookups {
namespace {

struct Plain {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t errors = 0;
  std::array<std::uint64_t, kFineBuckets> counts{};
  bool operator==(const Plain&) const = default;
};
using PlainSlot = std::map<std::uint32_t, Plain>;

std::uint64_t any_size(std::mt19937_64& random) { return random() >> (random() % 64); }

PlainSlot made_up(std::mt19937_64& random) {
  PlainSlot slot;
  for (int i = 0; i < 30; ++i) {
    Plain& plain = slot[static_cast<std::uint32_t>(random() % 100'000)];
    plain = {.hits = any_size(random) >> 4, .misses = random() % 3, .errors = random() % 2};
    for (std::uint64_t k = random() % 40; k > 0; --k) {
      plain.counts[random() % kFineBuckets] = any_size(random) >> 4;
    }
  }
  return slot;
}

std::string written(const PlainSlot& slot) {
  SlotWriter writer;
  for (const auto& [row, plain] : slot) {
    std::vector<BucketCount> pairs;
    for (std::size_t i = 0; i < kFineBuckets; ++i) {
      if (plain.counts[i] > 0) pairs.push_back({static_cast<std::uint8_t>(i), plain.counts[i]});
    }
    writer.add({row, plain.hits, plain.misses, plain.errors}, pairs);
  }
  return writer.take();
}

PlainSlot read_again(std::string_view bytes) {
  PlainSlot slot;
  SlotReader reader(bytes);
  while (!reader.at_end()) {
    const SlotSeries series = reader.series();
    Plain& plain = slot[series.row];
    plain = {.hits = series.hits, .misses = series.misses, .errors = series.errors};
    reader.take_buckets(plain.counts);
  }
  return slot;
}

TEST(Slot, ReadsBackWhatWasWritten) {
  std::mt19937_64 random(11);
  EXPECT_TRUE(read_again(written({})).empty());
  for (int i = 0; i < 200; ++i) {
    const PlainSlot slot = made_up(random);
    ASSERT_EQ(read_again(written(slot)), slot);
  }
}

TEST(Slot, MergingAddsUp) {
  std::mt19937_64 random(12);
  for (int i = 0; i < 50; ++i) {
    PlainSlot sum;
    std::vector<std::string> slots;
    for (int k = 0; k < 4; ++k) {
      const PlainSlot slot = made_up(random);
      slots.push_back(written(slot));
      for (const auto& [row, plain] : slot) {
        Plain& total = sum[row];
        total.hits += plain.hits;
        total.misses += plain.misses;
        total.errors += plain.errors;
        for (std::size_t b = 0; b < kFineBuckets; ++b) total.counts[b] += plain.counts[b];
      }
    }
    const std::vector<std::string_view> views(slots.begin(), slots.end());
    ASSERT_EQ(read_again(merge_slots(views)), sum);
  }
}

TEST(Slot, AQuietSeriesTakesFewBytes) {
  SlotWriter writer;
  const std::vector<BucketCount> pairs{{20, 3}, {21, 5}, {23, 1}};
  writer.add({.row = 0, .hits = 8, .misses = 1}, pairs);
  EXPECT_EQ(writer.take().size(), 9U);  // five numbers; an escape for the first bucket, three pairs
}

}  // namespace
}  // namespace hitwatch::lookups
