// Names that change, fail, and come back, as a resolver with a scripted source sees them.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/resolver.h"

namespace hitwatch::net {
namespace {

using namespace std::chrono_literals;

class ResolverCache : public testing::Test {
 protected:
  ~ResolverCache() override { hold_up_.set_value(); }

  // What lookups find from now on; "" for nothing.
  void set(const std::string& address, std::optional<std::chrono::seconds> ttl = {}) {
    const std::scoped_lock lock(mutex_);
    address_ = address;
    ttl_ = ttl;
  }
  std::expected<Addresses, Error> look_up(const std::string& host) {
    ++lookups_;
    if (hangs_) held_up_.wait();
    const std::scoped_lock lock(mutex_);
    if (address_.empty()) return std::unexpected(Error{Reason::kDns, "no " + host});
    return Addresses{{boost::asio::ip::make_address(address_), 0}};
  }
  std::string resolve(const std::string& host = "redis.example") {
    std::optional<std::string> answer;
    resolver_->resolve(host, 6379, [&](const auto& result) {
      answer = result ? result->front().address().to_string() : result.error().text;
    });
    run_until([&] { return answer.has_value(); });
    return answer.value_or("nothing");
  }
  template <typename Condition>
  bool run_until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + 30s;
    context_.restart();
    const auto guard = boost::asio::make_work_guard(context_);
    while (!condition() && std::chrono::steady_clock::now() < limit) context_.run_one_for(10ms);
    return condition();
  }

  std::mutex mutex_;
  std::string address_;
  std::optional<std::chrono::seconds> ttl_;
  std::atomic<int> lookups_ = 0;
  std::atomic<int> ttls_asked_ = 0;
  std::atomic<bool> hangs_ = false;
  std::promise<void> hold_up_;
  std::shared_future<void> held_up_ = hold_up_.get_future();
  std::vector<std::string> notices_;
  boost::asio::io_context context_;
  std::optional<Resolver> resolver_{
      std::in_place, context_.get_executor(),
      Resolver::Source{.addresses = [this](const std::string& host) { return look_up(host); },
                       .ttl =
                           [this](const std::string&) {
                             const std::scoped_lock lock(mutex_);
                             ++ttls_asked_;
                             return ttl_;
                           }},
      [this](const std::string& host, const Error* error) {
        notices_.push_back(host + (error != nullptr ? " fails" : " is back"));
      }};
};

TEST_F(ResolverCache, ANameIsLookedUpOnceForItsTtl) {
  set("10.0.0.1");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(resolve(), "10.0.0.1");
  EXPECT_EQ(lookups_, 1);
  EXPECT_EQ(resolver_->figures().lookups, 1U);
}

TEST_F(ResolverCache, ANameThatFailsAtFirstIsTriedAgainAtOnce) {
  EXPECT_EQ(resolve(), "no redis.example");
  set("10.0.0.1");
  EXPECT_EQ(resolve(), "10.0.0.1");
  EXPECT_TRUE(notices_.empty());
}

TEST_F(ResolverCache, ALookupThatFailsIsAnsweredWithTheLastGoodAddresses) {
  set("10.0.0.1", 1s);
  EXPECT_EQ(resolve(), "10.0.0.1");
  ASSERT_TRUE(run_until([&] { return ttls_asked_ == 1; }));
  set("");
  ASSERT_TRUE(run_until([&] { return resolve() == "10.0.0.1" && lookups_ == 2; }));
  EXPECT_TRUE(run_until([&] { return !notices_.empty(); }));
  EXPECT_EQ(notices_, std::vector<std::string>{"redis.example fails"});
  EXPECT_EQ(resolver_->figures().failed, 1U);
  EXPECT_GE(resolver_->figures().last_good, 1U);
}

TEST_F(ResolverCache, ALookupThatHangsIsAnsweredWithTheLastGoodAddresses) {
  set("10.0.0.1", 1s);
  EXPECT_EQ(resolve(), "10.0.0.1");
  ASSERT_TRUE(run_until([&] { return ttls_asked_ == 1; }));
  hangs_ = true;
  ASSERT_TRUE(run_until([&] { return resolve() == "10.0.0.1" && lookups_ == 2; }));
  EXPECT_GE(resolver_->figures().last_good, 1U);
}

TEST_F(ResolverCache, WhoAsksWhetherANameStillHasAnAddressIsToldOfChanges) {
  const auto first = boost::asio::ip::make_address("10.0.0.1");
  set("10.0.0.1", 1s);
  EXPECT_EQ(resolver_->still_has("127.0.0.1", first), std::nullopt);
  EXPECT_EQ(resolver_->still_has("redis.example", first), std::nullopt);
  ASSERT_TRUE(run_until([&] { return resolver_->still_has("redis.example", first) == true; }));
  set("10.0.0.2", 1s);
  EXPECT_TRUE(run_until([&] { return resolver_->still_has("redis.example", first) == false; }));
  const int looked_up = lookups_;
  EXPECT_EQ(resolve(), "10.0.0.2");
  EXPECT_EQ(lookups_, looked_up);
}

TEST_F(ResolverCache, LookupsUnderWayOutliveTheResolver) {
  hangs_ = true;
  set("10.0.0.1");
  bool called = false;
  resolver_->resolve("redis.example", 6379, [&](const auto&) { called = true; });
  ASSERT_TRUE(run_until([&] { return lookups_ == 1; }));
  resolver_.reset();
  context_.restart();
  context_.poll();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hitwatch::net
