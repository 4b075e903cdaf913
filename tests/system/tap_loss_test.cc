// What a capture with holes makes of real traffic: less is counted, nothing wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "collectors/tap/connections.h"
#include "collectors/tap/packets/packet_ring.h"
#include "tests/repetitions.h"
#include "tests/system/harness.h"
#include "tests/system/own_network.h"

namespace hitwatch::test {
namespace {

using packets::Frame;
using packets::PacketRing;
using packets::PortFilter;

// A frame with bytes of its own.
struct KeptFrame {
  Frame frame;
  std::string bytes;
};

// What was told of one key, and of whom and when; how often.
using Told =
    std::map<std::tuple<std::string, packets::Time, std::string, std::string, unsigned, unsigned>,
             int>;

class Listener final : public resp::ExchangeSink {
 public:
  void exchange(const resp::Exchange& exchange) override {
    for (const resp::KeyUse& use : exchange.keys) {
      ++told[{to_string(exchange.peer->client), exchange.time, std::string(exchange.name),
              std::string(use.key), use.hits, use.misses}];
      if (use.key.starts_with("present:")) wrong += use.misses;
      if (use.key.starts_with("absent:")) wrong += use.hits;
    }
    ++exchanges;
  }

  Told told;
  std::uint64_t exchanges = 0;
  std::uint64_t wrong = 0;
};

class TapLoss : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(kMayCapture); }

  // Everything that is said while `talk` runs.
  std::vector<KeptFrame> capture(const std::function<void()>& talk) {
    auto ring = PacketRing::open({.interface = "lo"}, filter_);
    EXPECT_TRUE(ring) << ring.error();
    EXPECT_TRUE((*ring)->bind());
    std::vector<KeptFrame> kept;
    const auto keep = [&] {
      bool found = false;
      while (auto block = (*ring)->take()) {
        Frame frame;
        while (block->next(frame)) kept.push_back({frame, std::string(frame.bytes)});
        found = true;
      }
      return found;
    };
    std::atomic<bool> done = false;
    std::jthread talking([&] {
      talk();
      done = true;
    });
    while (!done) {
      if (!keep()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    // The last block is handed out a moment later.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    keep();
    EXPECT_EQ((*ring)->statistics().dropped, 0);
    for (KeptFrame& frame : kept) frame.frame.bytes = frame.bytes;
    return kept;
  }

  // What is told of the frames that `keeps` lets pass.
  Listener listen(const std::vector<KeptFrame>& frames, const std::function<bool()>& keeps) {
    Listener listener;
    packets::BufferPool pool(16U << 20);
    resp::Surroundings surroundings{.sink = listener, .pool = pool};
    tap::Connections connections(1024, surroundings);
    for (const KeptFrame& frame : frames) {
      if (!keeps()) continue;
      const auto segment = packets::read_frame(frame.frame);
      if (segment) connections.take(*segment, {}, filter_);
    }
    return listener;
  }

  void expect_only_less(const std::vector<KeptFrame>& frames) {
    const Listener all = listen(frames, [] { return true; });
    EXPECT_EQ(all.wrong, 0);
    ASSERT_GT(all.exchanges, 200);
    std::uint64_t told = 0;
    const int times_removed = repetitions(10, 5);
    for (int seed = 1; seed <= times_removed; ++seed) {
      std::mt19937 random(static_cast<unsigned>(seed));
      const Listener some = listen(frames, [&] { return random() % 100 != 0; });
      EXPECT_EQ(some.wrong, 0);
      EXPECT_LE(some.exchanges, all.exchanges);
      told += some.exchanges;
      for (const auto& [what, times] : some.told) {
        const auto there = all.told.find(what);
        ASSERT_TRUE(there != all.told.end() && times <= there->second)
            << "seed " << seed << ": " << std::get<2>(what) << " " << std::get<3>(what);
      }
    }
    // Coverage falls; it does not end.
    EXPECT_GT(told, all.exchanges * static_cast<std::uint64_t>(times_removed) / 25);
  }

  RedisServer server_;
  PortFilter filter_{.ports = {static_cast<std::uint16_t>(server_.port())}};
};

TEST_F(TapLoss, ClientsThatWaitForEachReply) {
  server_.command({"SET", "present:1", "v"});
  expect_only_less(capture([&] {
    for (const char* key : {"present:1", "absent:1"}) {
      run_to_end({"redis-cli", "-p", std::to_string(server_.port()), "-r", "150", "-i", "0.006",
                  "GET", key});
    }
  }));
}

TEST_F(TapLoss, PipelinesOfManyConnections) {
  for (int i = 0; i < 100; i += 2) {
    server_.command(
        {"SET", "key:" + std::string(12 - std::to_string(i).size(), '0') + std::to_string(i), "v"});
  }
  expect_only_less(capture([&] {
    run_to_end({"redis-benchmark", "-p", std::to_string(server_.port()), "-q", "-c", "10", "-n",
                "60000", "-P", "16", "-r", "100", "-t", "get"});
    run_to_end({"redis-benchmark", "-p", std::to_string(server_.port()), "-q", "-c", "5", "-n",
                "10000", "-r", "100", "-t", "get"});
  }));
}

TEST_F(TapLoss, LibrariesOfApplications) {
  expect_only_less(capture([&] {
    for (const char* protocol : {"2", "3"}) {
      run_to_end({"node", HITWATCH_TAP_CLIENTS, HITWATCH_NODE_MODULES, "node-redis",
                  std::to_string(server_.port()), protocol, "1"});
    }
  }));
}

}  // namespace
}  // namespace hitwatch::test
