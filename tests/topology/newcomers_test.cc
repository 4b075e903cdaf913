// How many new servers a source may add.
#include "collectors/topology/newcomers.h"

#include <gtest/gtest.h>

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;

TEST(NewcomersTest, SoManyAtOnceAndThenSoManyAMinute) {
  Newcomers newcomers(1000);
  const auto now = Newcomers::Clock::now() + 1h;
  EXPECT_EQ(newcomers.left(now), 1000U);
  newcomers.take(900);
  EXPECT_EQ(newcomers.left(now), 100U);
  newcomers.take(101);
  EXPECT_EQ(newcomers.left(now), 0U);
  EXPECT_EQ(newcomers.left(now + 3s), 10U);
  EXPECT_EQ(newcomers.left(now + 60s), 200U);
  EXPECT_EQ(newcomers.left(now + 1h), 1000U) << "never more than at once";
}

}  // namespace
}  // namespace hitwatch::topology
