// Which traces are wanted, and how many spans may wait.
#include "agent/trace/tracer.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/repetitions.h"
#include "tests/trace/spans.h"

namespace hitwatch::trace {
namespace {

constexpr std::size_t kNoBound = 1U << 30;

Settings switched_on(SamplerSettings sampler = {}) {
  Settings settings;
  settings.endpoint = "http://localhost:4318/v1/traces";
  settings.sampler = sampler;
  return settings;
}

class TracerTest : public testing::Test {
 protected:
  // The share of random traces that are wanted.
  double share(Worth worth) const {
    constexpr int kTraces = repetitions(100'000);
    int wanted = 0;
    for (int i = 0; i < kTraces; ++i) wanted += tracer_.samples(new_trace_id(), worth) ? 1 : 0;
    return static_cast<double>(wanted) / kTraces;
  }

  SpanQueue queue_;
  Tracer tracer_{queue_};
};

TEST_F(TracerTest, WantsNothingUntilThereIsAnEndpoint) {
  EXPECT_FALSE(tracer_.enabled());
  EXPECT_FALSE(tracer_.samples(new_trace_id(), Worth::kNotable));
  tracer_.record(slow_command());
  EXPECT_EQ(queue_.size(), 0U);
  EXPECT_EQ(queue_.dropped(), 0U) << "what is off loses nothing";
  tracer_.configure(switched_on());
  EXPECT_TRUE(tracer_.enabled());
  tracer_.record(slow_command());
  EXPECT_EQ(queue_.size(), 1U);
  tracer_.configure({});
  tracer_.record(slow_command());
  EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(TracerTest, WantsAllThatIsNotableAndAShareOfTheRest) {
  tracer_.configure(switched_on());
  EXPECT_EQ(share(Worth::kNotable), 1);
  EXPECT_NEAR(share(Worth::kRoutine), 0.01, 0.007);
}

TEST_F(TracerTest, WantsTheRatioWhateverItIsAbout) {
  for (const double ratio : {0.0, 0.1, 0.5, 1.0}) {
    tracer_.configure(switched_on({.kind = SamplerKind::kRatio, .ratio = ratio}));
    EXPECT_NEAR(share(Worth::kRoutine), ratio, 0.035);
    EXPECT_NEAR(share(Worth::kNotable), ratio, 0.035);
  }
}

TEST_F(TracerTest, TheTracesOfAShareAreThoseOfTheGreatestRandomness) {
  struct Case {
    double ratio;
    const char* trace;  // of which the last 14 digits count
    bool wanted;
  };
  // The thresholds of rejection are 80000000000000, c0000000000000 and fd70a3d70a3d70….
  for (const auto& [ratio, trace, wanted] : {
           Case{0.5, "4bf92f3577b34da6a380000000000000", true},
           Case{0.5, "4bf92f3577b34da6a37fffffffffffff", false},
           Case{0.25, "ffffffffffffffffffc0000000000000", true},
           Case{0.25, "ffffffffffffffffffbfffffffffffff", false},
           Case{0.01, "000000000000000000fd70a3d70a3d80", true},
           Case{0.01, "000000000000000000fd70a3d70a3d60", false},
           Case{1, "10000000000000000000000000000000", true},
           Case{0, "ffffffffffffffffffffffffffffffff", false},
       }) {
    tracer_.configure(switched_on({.kind = SamplerKind::kRatio, .ratio = ratio}));
    EXPECT_EQ(tracer_.samples(parse_trace_id(trace).value(), Worth::kRoutine), wanted)
        << ratio << ' ' << trace;
  }
}

TEST_F(TracerTest, ALargerRatioWantsWhatASmallerOneWants) {
  SpanQueue other_queue;
  Tracer more(other_queue);
  tracer_.configure(switched_on({.kind = SamplerKind::kRatio, .ratio = 0.2}));
  more.configure(switched_on({.kind = SamplerKind::kRatio, .ratio = 0.3}));
  for (int i = 0; i < 10'000; ++i) {
    const TraceId trace = new_trace_id();
    if (tracer_.samples(trace, Worth::kRoutine)) {
      ASSERT_TRUE(more.samples(trace, Worth::kRoutine)) << to_hex(trace);
    }
  }
}

TEST_F(TracerTest, AlwaysIsAlwaysAndNeverIsNever) {
  tracer_.configure(switched_on({.kind = SamplerKind::kAlwaysOn}));
  EXPECT_EQ(share(Worth::kRoutine), 1);
  tracer_.configure(switched_on({.kind = SamplerKind::kAlwaysOff}));
  EXPECT_EQ(share(Worth::kNotable), 0);
}

TEST_F(TracerTest, ACallersDecisionCountsIfTheSamplerAsksForIt) {
  Context wanted{new_trace_id(), new_span_id(), true};
  Context unwanted = wanted;
  unwanted.sampled = false;
  for (const auto kind : {SamplerKind::kAlwaysOn, SamplerKind::kAlwaysOff}) {
    tracer_.configure(switched_on({.kind = kind, .parent_based = true}));
    EXPECT_TRUE(tracer_.samples_below(wanted, Worth::kRoutine));
    EXPECT_FALSE(tracer_.samples_below(unwanted, Worth::kNotable));
    tracer_.configure(switched_on({.kind = kind, .parent_based = false}));
    EXPECT_EQ(tracer_.samples_below(wanted, Worth::kRoutine), kind == SamplerKind::kAlwaysOn);
    EXPECT_EQ(tracer_.samples_below(unwanted, Worth::kRoutine), kind == SamplerKind::kAlwaysOn);
  }
}

TEST(SpanQueueTest, KeepsTheFirstOnesPastItsBound) {
  SpanQueue queue;
  queue.set_bound(3);
  std::vector<Span> spans;
  for (int i = 0; i < 5; ++i) spans.push_back(slow_command(std::to_string(i)));
  const std::vector<Span> pushed = spans;
  queue.push(std::move(spans));
  queue.push(slow_command());
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.dropped(), 3U);
  const auto taken = queue.take(2, kNoBound);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].context, pushed[0].context);
  EXPECT_EQ(taken[1].context, pushed[1].context);
  EXPECT_EQ(queue.take(9, kNoBound).size(), 1U);
  queue.push(slow_command());
  EXPECT_EQ(queue.size(), 1U) << "there is room again";
}

TEST(SpanQueueTest, WhatFindsNoRoomIsGivenUp) {
  SpanQueue queue;
  queue.set_bound(1);
  int settled = 0;
  const auto told = [&] {
    Span span = slow_command();
    span.settled = [&] { ++settled; };
    return span;
  };
  queue.push(told());
  EXPECT_EQ(settled, 0);
  queue.push(told());
  EXPECT_EQ(settled, 1);
  std::vector<Span> more;
  more.push_back(told());
  more.push_back(told());
  queue.push(std::move(more));
  EXPECT_EQ(settled, 3);
}

TEST(SpanQueueTest, IsBoundedInMemoryToo) {
  SpanQueue queue;
  queue.set_bound(100);
  for (int i = 0; i < 100; ++i)
    queue.push(slow_command(std::string(10 * SpanQueue::kMeanBytes, 'x')));
  EXPECT_LE(queue.size(), 10U);
  EXPECT_GE(queue.size(), 5U);
  EXPECT_EQ(queue.size() + queue.dropped(), 100U);
  const std::size_t before = queue.size();
  EXPECT_EQ(queue.take(100, 2 * SpanQueue::kMeanBytes).size(), 1U) << "one at least";
  queue.push(slow_command(std::string(5 * SpanQueue::kMeanBytes, 'x')));
  EXPECT_EQ(queue.size(), before) << "what was taken makes room";
}

TEST(SpanQueueTest, WakesForTheFirstSpanAndForABatch) {
  SpanQueue queue;
  int woken = 0;
  queue.set_bound(100);
  queue.set_wake(3, [&] { ++woken; });
  queue.push(slow_command());
  EXPECT_EQ(woken, 1);
  queue.push(slow_command());
  EXPECT_EQ(woken, 1);
  queue.push(slow_command());
  EXPECT_EQ(woken, 2);
  queue.push(std::vector<Span>(5, slow_command()));
  EXPECT_EQ(woken, 2);
  static_cast<void>(queue.take(100, kNoBound));
  queue.push(std::vector<Span>(5, slow_command()));
  EXPECT_EQ(woken, 3);
}

TEST(SpanQueueTest, LosesNothingBetweenThreads) {
  SpanQueue queue;
  queue.set_bound(1'000'000);
  constexpr int kEach = 2000;
  std::size_t taken = 0;
  {
    const auto push = [&] {
      for (int i = 0; i < kEach; ++i) queue.push(slow_command());
    };
    std::jthread one(push), another(push);
    for (int i = 0; i < 100; ++i) taken += queue.take(100, kNoBound).size();
  }
  taken += queue.take(1'000'000, kNoBound).size();
  EXPECT_EQ(taken, 2U * kEach);
}

}  // namespace
}  // namespace hitwatch::trace
