#include "collectors/tap/big_values.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::tap {
namespace {

TEST(BigValues, AKeyIsThereOnceWithItsLargestValue) {
  BigValues values;
  values.take("a", "GET", 500);
  values.take("b", "SET", 700);
  values.take("a", "SET", 900);
  values.take("a", "GET", 100);
  const auto largest = values.largest();
  ASSERT_EQ(largest.size(), 2U);
  EXPECT_EQ(largest[0].key, "a");
  EXPECT_EQ(largest[0].operation, "SET");
  EXPECT_EQ(largest[0].bytes, 900U);
  EXPECT_EQ(largest[1].key, "b");
}

TEST(BigValues, TheLargestOfManyStayInWhateverOrderTheyCome) {
  BigValues values;
  constexpr std::uint64_t kKeys = 1000;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::uint64_t bytes = 1 + i * 7919 % kKeys;  // each of 1 to kKeys once
    values.take("key-" + std::to_string(bytes), "GET", bytes);
  }
  const auto largest = values.largest();
  ASSERT_EQ(largest.size(), kMaxBigValues);
  for (std::size_t i = 0; i < kMaxBigValues; ++i) {
    EXPECT_EQ(largest[i].bytes, kKeys - i);
    EXPECT_EQ(largest[i].key, "key-" + std::to_string(kKeys - i));
  }
}

TEST(BigValues, KeysWithoutValuesAreNone) {
  BigValues values;
  values.take("a", "DEL", 0);
  EXPECT_TRUE(values.largest().empty());
}

TEST(BigValues, OfALongKeyTheBeginningIsKept) {
  BigValues values;
  values.take(std::string(5000, 'k'), "GET", 1);
  EXPECT_EQ(values.largest().front().key.size(), 1024U);
}

}  // namespace
}  // namespace hitwatch::tap
