#include "tests/tap/allocations.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

class Counter final : public ExchangeSink {
 public:
  void exchange(const Exchange& exchange) override { told += exchange.lookups.hits + 1; }
  std::uint64_t told = 0;
};

TEST(Allocations, NoneInTheSteadyState) {
  packets::BufferPool pool(1U << 20);
  Counter counter;
  Surroundings surroundings{.sink = counter, .pool = pool};
  std::vector<std::unique_ptr<Conversation>> conversations;
  for (int i = 0; i < 10; ++i) {
    conversations.push_back(
        std::make_unique<Conversation>(surroundings, packets::Endpoint{}, packets::Endpoint{}));
    conversations.back()->begins();
  }
  std::string pipeline;
  std::string replies;
  for (int i = 0; i < 500; ++i) {
    pipeline += words("HMGET key:" + std::to_string(i) + " a b");
    replies += "*2\r\n$1\r\nx\r\n$-1\r\n";
  }
  const std::vector<std::pair<std::string, std::string>> turns{
      {words("GET a"), "$1\r\nx\r\n"},
      {words("MGET a b c d"), "*4\r\n$-1\r\n$-1\r\n$1\r\nx\r\n$-1\r\n"},
      {words("MULTI") + words("SET a b") + words("EXEC"), "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n"},
      {words("UNKNOWN.COMMAND a b"), "-ERR unknown command\r\n"},
      {pipeline, replies}};
  packets::Time time = 1;
  const auto once = [&] {
    for (const auto& [request, reply] : turns) {
      for (const auto& conversation : conversations) {
        conversation->bytes({.side = packets::Side::kClient, .bytes = request, .time = ++time});
      }
      for (const auto& conversation : conversations) {
        conversation->bytes({.side = packets::Side::kServer, .bytes = reply, .time = ++time});
      }
    }
  };
  once();
  const std::uint64_t before = tap::test::allocations();
  for (int i = 0; i < 5; ++i) once();
  EXPECT_EQ(tap::test::allocations() - before, 0U);
  EXPECT_EQ(counter.told % 6, 0U);
  EXPECT_GT(counter.told, 30'000U);
}

}  // namespace
}  // namespace hitwatch::resp::test
