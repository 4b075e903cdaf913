// For how long the addresses of a name hold, and what stands in for them.
#include "agent/net/address_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::net {
namespace {

using namespace std::chrono_literals;

const AddressCache::Time kNow{1000h};

Addresses address(const char* text) { return {{boost::asio::ip::make_address(text), 0}}; }

struct AddressCacheTest : testing::Test {
  AddressCache cache;
};

TEST_F(AddressCacheTest, AnAnswerIsFreshForItsTtl) {
  EXPECT_TRUE(cache.usable("a", kNow) == nullptr);
  cache.found("a", address("10.0.0.1"), kNow);
  cache.holds_for("a", 60s);
  ASSERT_NE(cache.usable("a", kNow + 59s), nullptr);
  EXPECT_EQ(*cache.usable("a", kNow + 59s), address("10.0.0.1"));
  EXPECT_EQ(cache.usable("a", kNow + 60s), nullptr);
  EXPECT_EQ(cache.usable("b", kNow), nullptr);
}

TEST_F(AddressCacheTest, TheTtlIsBoundedAndHasADefault) {
  cache.found("a", address("10.0.0.1"), kNow);
  EXPECT_NE(cache.usable("a", kNow + 29s), nullptr);
  EXPECT_EQ(cache.usable("a", kNow + 30s), nullptr);
  cache.holds_for("a", 0s);
  EXPECT_NE(cache.usable("a", kNow + 999ms), nullptr);
  EXPECT_EQ(cache.usable("a", kNow + 1s), nullptr);
  cache.holds_for("a", 24h);
  EXPECT_NE(cache.usable("a", kNow + 299s), nullptr);
  EXPECT_EQ(cache.usable("a", kNow + 300s), nullptr);
}

TEST_F(AddressCacheTest, TheLastGoodAnswerStandsInForAnHour) {
  EXPECT_FALSE(cache.found("a", address("10.0.0.1"), kNow));
  EXPECT_TRUE(cache.failed("a", kNow + 30s));
  EXPECT_FALSE(cache.failed("a", kNow + 35s)) << "no news";
  EXPECT_NE(cache.usable("a", kNow + 39s), nullptr) << "the next lookup is due after 40 s";
  EXPECT_EQ(cache.usable("a", kNow + 40s), nullptr);
  EXPECT_NE(cache.last_good("a", kNow + 59min), nullptr);
  EXPECT_EQ(cache.last_good("a", kNow + 60min), nullptr);
  EXPECT_TRUE(cache.found("a", address("10.0.0.2"), kNow + 61min)) << "it resolves again";
  EXPECT_EQ(*cache.usable("a", kNow + 61min), address("10.0.0.2"));
}

TEST_F(AddressCacheTest, ATtlThatComesAfterAFailureDoesNotCount) {
  cache.found("a", address("10.0.0.1"), kNow);
  cache.failed("a", kNow + 30s);
  cache.holds_for("a", 300s);
  EXPECT_EQ(cache.usable("a", kNow + 35s), nullptr);
}

TEST_F(AddressCacheTest, NamesAreBounded) {
  for (std::size_t i = 0; i < AddressCache::kMostHosts; ++i) {
    cache.found("old" + std::to_string(i), address("10.0.0.1"), kNow);
  }
  cache.found("fresh", address("10.0.0.2"), kNow + 1h);
  EXPECT_NE(cache.usable("fresh", kNow + 1h), nullptr);
  EXPECT_EQ(cache.last_good("old1", kNow + 1min), nullptr);
}

}  // namespace
}  // namespace hitwatch::net
