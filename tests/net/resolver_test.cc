#include "agent/net/resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>

namespace hitwatch::net {
namespace {

class ResolverTest : public testing::Test {
 protected:
  std::expected<Addresses, Error> resolve(const std::string& host) {
    std::optional<std::expected<Addresses, Error>> answer;
    resolver_.resolve(host, 6379, [&](auto result) {
      thread_ = std::this_thread::get_id();
      answer = std::move(result);
      context_.stop();
    });
    context_.restart();
    const auto guard = boost::asio::make_work_guard(context_);
    context_.run();
    return *answer;
  }
  boost::asio::io_context context_;
  Resolver resolver_{context_.get_executor()};
  std::thread::id thread_;
};

TEST_F(ResolverTest, TakesLiteralAddressesAsTheyAre) {
  for (const char* literal : {"127.0.0.1", "::1"}) {
    const auto found = resolve(literal);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().address().to_string(), literal);
    EXPECT_EQ(found->front().port(), 6379);
  }
}

TEST_F(ResolverTest, AnswersOnItsExecutor) {
  const auto found = resolve("localhost");
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_TRUE(found->front().address().is_loopback());
  EXPECT_EQ(thread_, std::this_thread::get_id());
}

TEST_F(ResolverTest, NamesTheHostThatDoesNotResolve) {
  const auto found = resolve("no-such-host.invalid");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, Reason::kDns);
  EXPECT_NE(found.error().text.find("no-such-host.invalid"), std::string::npos);
}

TEST_F(ResolverTest, AnswersAllWhoAskForOneHostWithTheirOwnPorts) {
  constexpr int kAsking = 200;
  int answered = 0;
  for (int port = 1; port <= kAsking; ++port) {
    resolver_.resolve("localhost", static_cast<std::uint16_t>(port), [&, port](const auto& result) {
      ASSERT_TRUE(result);
      EXPECT_EQ(result->front().port(), port);
      if (++answered == kAsking) context_.stop();
    });
  }
  const auto guard = boost::asio::make_work_guard(context_);
  context_.run();
  EXPECT_EQ(answered, kAsking);
}

TEST_F(ResolverTest, LetsLookupsBeyondItsBoundWait) {
  constexpr int kAsking = Resolver::kMostLookups * 2;
  int answered = 0;
  for (int i = 0; i < kAsking; ++i) {
    // Numbers that getaddrinfo reads as addresses, and Asio does not: no name server is asked.
    resolver_.resolve("127." + std::to_string(i), 1, [&](const auto& result) {
      EXPECT_TRUE(result);
      if (++answered == kAsking) context_.stop();
    });
  }
  const auto guard = boost::asio::make_work_guard(context_);
  context_.run();
  EXPECT_EQ(answered, kAsking);
}

TEST(Resolver, MayGoWhileALookupIsUnderWay) {
  boost::asio::io_context context;
  {
    Resolver resolver(context.get_executor());
    resolver.resolve("localhost", 1, [](const auto&) { FAIL() << "the resolver is gone"; });
  }
  context.run();
}

}  // namespace
}  // namespace hitwatch::net
