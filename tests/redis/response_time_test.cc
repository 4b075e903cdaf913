// How long to wait for an answer, by how long answers took.
#include "collectors/redis/response_time.h"

#include <gtest/gtest.h>

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;

TEST(ResponseTimeTest, BeforeAnythingWasMeasuredItIsASecond) {
  const ResponseTime time;
  EXPECT_EQ(time.usual(), 1s);
  EXPECT_EQ(time.limit(), 1s);
}

TEST(ResponseTimeTest, TheFirstMeasurementCountsThreefold) {
  ResponseTime time;
  time.measured(200ms);  // and 4 × 100 ms: RFC 6298, 2.2
  EXPECT_EQ(time.usual(), 600ms);
}

TEST(ResponseTimeTest, FurtherOnesAreSmoothed) {
  ResponseTime time;
  time.measured(400ms);
  time.measured(800ms);
  // 7/8 × 400 + 1/8 × 800, and 4 × (3/4 × 200 + 1/4 × 400): 2.3
  EXPECT_EQ(time.usual(), 450ms + 4 * 250ms);
}

TEST(ResponseTimeTest, HasALeastAndAMost) {
  ResponseTime quick;
  for (int i = 0; i < 10; ++i) quick.measured(1ms);
  EXPECT_EQ(quick.usual(), 250ms);
  ResponseTime slow;
  slow.measured(10min);
  EXPECT_EQ(slow.usual(), 60s);
}

TEST(ResponseTimeTest, DoublesWithEachTimeoutUntilItIsMeasured) {
  ResponseTime time;
  for (int i = 0; i < 10; ++i) time.measured(1ms);
  time.timed_out();
  EXPECT_EQ(time.limit(), 500ms);
  time.timed_out();
  EXPECT_EQ(time.limit(), 1s);
  EXPECT_EQ(time.usual(), 250ms);
  for (int i = 0; i < 100; ++i) time.timed_out();
  EXPECT_EQ(time.limit(), 60s);
  time.measured(1ms);
  EXPECT_EQ(time.limit(), 250ms);
}

}  // namespace
}  // namespace hitwatch::redis
