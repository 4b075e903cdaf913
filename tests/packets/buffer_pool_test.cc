#include "collectors/tap/packets/buffer_pool.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace hitwatch::packets {
namespace {

TEST(BufferPool, SizesAreRoundedUp) {
  BufferPool pool(1U << 20);
  EXPECT_EQ(pool.take(1).size(), 256U);
  EXPECT_EQ(pool.take(256).size(), 256U);
  EXPECT_EQ(pool.take(257).size(), 512U);
  EXPECT_EQ(pool.take(BufferPool::kLargest).size(), BufferPool::kLargest);
  EXPECT_FALSE(pool.take(BufferPool::kLargest + 1));
}

TEST(BufferPool, WhatIsGivenBackIsTheNext) {
  BufferPool pool(1U << 20);
  const char* data = pool.take(1000).data();
  EXPECT_EQ(pool.take(1000).data(), data);
  EXPECT_EQ(pool.bytes(), 1024U);
}

TEST(BufferPool, GivesNoMoreThanItMay) {
  BufferPool pool(1024);
  const BufferPool::Buffer first = pool.take(512);
  const BufferPool::Buffer second = pool.take(512);
  EXPECT_TRUE(second);
  EXPECT_FALSE(pool.take(1));
}

TEST(BufferPool, WhatIsKeptInOtherSizesMakesRoom) {
  BufferPool pool(1024);
  {
    std::vector<BufferPool::Buffer> small;
    for (int i = 0; i < 4; ++i) small.push_back(pool.take(256));
  }
  EXPECT_TRUE(pool.take(1024));
  EXPECT_EQ(pool.bytes(), 1024U);
}

TEST(BufferPool, ABufferThatMovedGoesBackOnce) {
  BufferPool pool(256);
  {
    BufferPool::Buffer first = pool.take(1);
    BufferPool::Buffer second = std::move(first);
    BufferPool::Buffer third;
    third = std::move(second);
    EXPECT_TRUE(third);
    EXPECT_FALSE(pool.take(1));
  }
  const BufferPool::Buffer again = pool.take(1);
  EXPECT_TRUE(again);
  EXPECT_FALSE(pool.take(1));
}

}  // namespace
}  // namespace hitwatch::packets
