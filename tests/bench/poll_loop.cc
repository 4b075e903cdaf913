// Polls a server so many times in one process, for callgrind to count: `poll_loop PORT POLLS
// [record]`. Prints how many allocations a poll took.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "agent/log/log.h"
#include "collectors/redis/poller.h"

namespace {

std::atomic<std::uint64_t> allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int argc, char** argv) {
  using namespace hitwatch;
  using namespace std::chrono_literals;
  if (argc < 3) return 2;
  const int polls = std::atoi(argv[2]);

  boost::asio::io_context loop{1};
  net::Resolver resolver(loop.get_executor());
  net::TlsContexts tls;
  metrics::FamilyRegistry registry;
  const redis::Families families(registry, "redis");
  log::Log log(log::Level::kError, log::Format::kLogfmt);
  redis::Target target;
  target.url = net::parse_redis_url("redis://127.0.0.1:" + std::string(argv[1])).value();
  redis::PollOptions options;
  options.on_scrape = true;
#ifndef HITWATCH_WITHOUT_RECORDS
  redis::EventLedger events;
  options.record = argc > 3 && std::string_view(argv[3]) == "record";
  const auto poller = std::make_shared<redis::Poller>(
      loop.get_executor(), resolver, tls, families, log, target, options,
      [](const redis::PollResult&) {}, nullptr, &events);
#else
  const auto poller =
      std::make_shared<redis::Poller>(loop.get_executor(), resolver, tls, families, log, target,
                                      options, [](const redis::PollResult&) {});
#endif
  int left = polls;
  std::uint64_t warm = 0;
  const std::function<void()> next = [&] {
    if (left == polls - 10) warm = allocations;
    if (--left < 0) {
      poller->stop();
      return;
    }
    poller->poll(redis::Poller::Clock::now() + 60s, next);
  };
  next();
  loop.run();
  std::printf("allocations a poll: %.2f\n",
              static_cast<double>(allocations - warm) / (polls > 10 ? polls - 10 : 1));
  return 0;
}
