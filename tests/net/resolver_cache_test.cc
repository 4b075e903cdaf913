// Names that change, fail, and come back, as a resolver with a scripted source sees them.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/resolver.h"

namespace hitwatch::net {
namespace {

using namespace std::chrono_literals;

// What lookups find. Their threads may outlive a test.
struct Names {
  std::expected<Addresses, Error> look_up(const std::string& host) {
    ++lookups;
    if (hangs) held_up.wait();
    const std::scoped_lock lock(mutex);
    if (address.empty()) return std::unexpected(Error{Reason::kDns, "no " + host});
    return Addresses{{boost::asio::ip::make_address(address), 0}};
  }
  std::optional<std::chrono::seconds> tell_ttl() {
    const std::scoped_lock lock(mutex);
    ++ttls_asked;
    return ttl;
  }

  std::mutex mutex;
  std::string address;  // "": nothing
  std::optional<std::chrono::seconds> ttl;
  std::atomic<int> lookups = 0;
  std::atomic<int> ttls_asked = 0;
  std::atomic<bool> hangs = false;
  std::promise<void> hold_up;
  std::shared_future<void> held_up = hold_up.get_future();
};

class ResolverCache : public testing::Test {
 protected:
  ~ResolverCache() override { names_->hold_up.set_value(); }

  void set(const std::string& address, std::optional<std::chrono::seconds> ttl = {}) {
    const std::scoped_lock lock(names_->mutex);
    names_->address = address;
    names_->ttl = ttl;
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

  const std::shared_ptr<Names> names_ = std::make_shared<Names>();
  std::vector<std::string> notices_;
  boost::asio::io_context context_;
  std::optional<Resolver> resolver_{
      std::in_place, context_.get_executor(),
      Resolver::Source{
          .addresses = [names = names_](const std::string& host) { return names->look_up(host); },
          .ttl = [names = names_](const std::string&) { return names->tell_ttl(); }},
      [this](const std::string& host, const Error* error) {
        notices_.push_back(host + (error != nullptr ? " fails" : " is back"));
      }};
};

TEST_F(ResolverCache, ANameIsLookedUpOnceForItsTtl) {
  set("10.0.0.1");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(resolve(), "10.0.0.1");
  EXPECT_EQ(names_->lookups, 1);
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
  ASSERT_TRUE(run_until([&] { return names_->ttls_asked == 1; }));
  set("");
  ASSERT_TRUE(run_until([&] { return resolve() == "10.0.0.1" && names_->lookups == 2; }));
  EXPECT_TRUE(run_until([&] { return !notices_.empty(); }));
  EXPECT_EQ(notices_, std::vector<std::string>{"redis.example fails"});
  EXPECT_EQ(resolver_->figures().failed, 1U);
  EXPECT_GE(resolver_->figures().last_good, 1U);
}

TEST_F(ResolverCache, ALookupThatHangsIsAnsweredWithTheLastGoodAddresses) {
  set("10.0.0.1", 1s);
  EXPECT_EQ(resolve(), "10.0.0.1");
  ASSERT_TRUE(run_until([&] { return names_->ttls_asked == 1; }));
  names_->hangs = true;
  ASSERT_TRUE(run_until([&] { return resolve() == "10.0.0.1" && names_->lookups == 2; }));
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
  const int looked_up = names_->lookups;
  EXPECT_EQ(resolve(), "10.0.0.2");
  EXPECT_EQ(names_->lookups, looked_up);
}

TEST_F(ResolverCache, LookupsUnderWayOutliveTheResolver) {
  names_->hangs = true;
  set("10.0.0.1");
  bool called = false;
  resolver_->resolve("redis.example", 6379, [&](const auto&) { called = true; });
  ASSERT_TRUE(run_until([&] { return names_->lookups == 1; }));
  resolver_.reset();
  context_.restart();
  context_.poll();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hitwatch::net
