// Matching and grouping by hash tables against plain loops, over random vectors.
#include "rules/promql/matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "rules/promql/flat_index.h"
#include "rules/promql/natural_order.h"
#include "rules/promql/xxhash.h"

namespace hitwatch::promql {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Made {
  Labels labels;
  double value;
};

class RandomVectors {
 public:
  explicit RandomVectors(unsigned seed) : random_(seed) {}

  // Distinct label sets over three names with few values, or without them.
  std::vector<Made> make(std::size_t most) {
    std::vector<Made> made;
    for (std::size_t i = 0; i < most; ++i) {
      Labels labels;
      for (const char* name : {"__name__", "a", "b", "c"}) {
        if (const int value = below(4); value > 0) labels.emplace_back(name, std::to_string(value));
      }
      if (std::ranges::find(made, labels, &Made::labels) == made.end()) {
        made.push_back({labels, static_cast<double>(below(10))});
      }
    }
    return made;
  }
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

 private:
  std::mt19937 random_;
};

Labels reduced(const Labels& labels, bool on, const std::vector<std::string>& names) {
  Labels kept;
  for (const auto& label : labels) {
    const bool named = std::ranges::find(names, label.first) != names.end();
    if (on ? named : !named && label.first != "__name__") kept.push_back(label);
  }
  return kept;
}

class Matched : public ::testing::TestWithParam<unsigned> {
 protected:
  Vector vector_of(Query& query, const std::vector<Made>& made) {
    Vector out;
    for (const Made& one : made) {
      std::vector<window::LabelPair> pairs;
      for (const auto& [name, value] : one.labels) {
        pairs.push_back({query.symbols().intern(name), query.symbols().intern(value)});
      }
      out.push_back({query.labels().make_of_unordered(pairs), one.value, false});
    }
    return out;
  }
  static Labels labels_of(const Element& element) {
    Labels labels;
    for (const window::LabelPair& pair : element.labels->pairs()) {
      labels.emplace_back(*pair.name, *pair.value);
    }
    return labels;
  }

  window::Window window_;
  QueryOptions options_;
};

TEST_P(Matched, SetOperatorsKeepWhatAPlainLoopKeeps) {
  RandomVectors random(GetParam());
  const std::vector<Made> left = random.make(30);
  const std::vector<Made> right = random.make(30);
  Binary binary;
  binary.matching.on = random.below(2) == 1;
  if (random.below(2) == 1) binary.matching.labels.emplace_back("a");
  if (random.below(2) == 1) binary.matching.labels.emplace_back("c");
  const auto key = [&](const Made& made) {
    return reduced(made.labels, binary.matching.on, binary.matching.labels);
  };
  for (const BinaryOp op : {BinaryOp::kAnd, BinaryOp::kOr, BinaryOp::kUnless}) {
    binary.op = op;
    Query query("", window_, {0, 0, 0}, options_);
    VectorMatching matching(query, binary);
    Vector out;
    ASSERT_TRUE(matching.apply(vector_of(query, left), vector_of(query, right), out));

    std::vector<Labels> expected;
    const auto in = [&](const std::vector<Made>& side, const Labels& wanted) {
      return std::ranges::any_of(side, [&](const Made& made) { return key(made) == wanted; });
    };
    for (const Made& made : left) {
      const bool partner = in(right, key(made));
      if (op == BinaryOp::kOr || partner == (op == BinaryOp::kAnd)) {
        expected.push_back(made.labels);
      }
    }
    for (const Made& made : right) {
      if (op == BinaryOp::kOr && !in(left, key(made))) expected.push_back(made.labels);
    }
    std::vector<Labels> got;
    for (const Element& element : out) got.push_back(labels_of(element));
    EXPECT_EQ(got, expected);
  }
}

TEST_P(Matched, OneToOneFindsThePartnersOfAPlainLoop) {
  RandomVectors random(GetParam());
  const std::vector<Made> left = random.make(12);
  const std::vector<Made> right = random.make(12);
  Binary binary;
  binary.op = BinaryOp::kSub;
  binary.matching.on = true;
  binary.matching.labels = {"a", "b"};
  Query query("", window_, {0, 0, 0}, options_);
  VectorMatching matching(query, binary);
  Vector out;
  const bool worked = matching.apply(vector_of(query, left), vector_of(query, right), out);

  const auto key = [&](const Made& made) {
    return reduced(made.labels, true, binary.matching.labels);
  };
  bool unique = true;
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) unique = unique && key(right[i]) != key(right[k]);
  }
  std::vector<std::pair<Labels, double>> expected;
  for (const Made& made : left) {
    for (const Made& other : right) {
      if (key(made) != key(other)) continue;
      const auto same = [&](const auto& pair) { return pair.first == key(made); };
      unique = unique && std::ranges::none_of(expected, same);
      expected.emplace_back(key(made), made.value - other.value);
    }
  }
  ASSERT_EQ(worked, unique || left.empty() || right.empty());
  if (!worked) return;
  std::vector<std::pair<Labels, double>> got;
  for (const Element& element : out) got.emplace_back(labels_of(element), element.value);
  EXPECT_EQ(got, expected);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Matched, ::testing::Range(0U, 100U));

TEST(FlatIndex, FindsEverythingItHoldsWhileItGrows) {
  std::vector<int> values;
  FlatIndex index;
  const auto insert = [&](int value) {
    const auto place = static_cast<std::uint32_t>(values.size());
    const std::uint32_t known = index.insert(mix(0, static_cast<std::uint64_t>(value % 100)), place,
                                             [&](std::uint32_t at) { return values[at] == value; });
    if (known == FlatIndex::kNone) values.push_back(value);
    return known;
  };
  for (int value = 0; value < 2000; ++value) EXPECT_EQ(insert(value), FlatIndex::kNone);
  for (int value = 0; value < 2000; ++value) {
    EXPECT_EQ(insert(value), static_cast<std::uint32_t>(value));
  }
  EXPECT_EQ(index.size(), 2000U);
}

TEST(NaturalOrder, NumbersInTextsCountAsNumbers) {
  EXPECT_LT(compare_naturally("redis-9", "redis-10"), 0);
  EXPECT_GT(compare_naturally("1.11.3", "1.2.3"), 0);
  EXPECT_LT(compare_naturally("", "a"), 0);
  EXPECT_EQ(compare_naturally("a1b", "a1b"), 0);
  EXPECT_LT(compare_naturally("9", "99999999999999999999999999"), 0);
  EXPECT_LT(compare_naturally("a2", "b1"), 0);
}

TEST(Xxhash, AgreesWithItsPublishedValues) {
  EXPECT_EQ(xxhash64(""), 0xef46db3751d8e999ULL);
  EXPECT_EQ(xxhash64("a"), 0xd24ec4f1a98c6e5bULL);
  EXPECT_EQ(xxhash64("Nobody inspects the spammish repetition"), 0xfbcea83c8a378bf1ULL);
}

}  // namespace
}  // namespace hitwatch::promql
