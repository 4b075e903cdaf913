// The state machine against a slow description of what users are promised: the whole past of a
// series is looked at anew for each moment.
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "rules/alerting/alert.h"
#include "tests/alerting/alert_steps.h"
#include "tests/repetitions.h"

namespace hitwatch::alerting {
namespace {

struct Past {
  std::vector<std::int64_t> times;
  std::vector<bool> holds;
};

// An alert's life begins at `begin`, where the expression holds. When does it fire, if it does?
std::optional<std::size_t> fires(const Past& past, std::size_t begin, std::int64_t hold) {
  for (std::size_t i = begin; i < past.times.size() && past.holds[i]; ++i) {
    if (past.times[i] - past.times[begin] >= hold) return i;
  }
  return std::nullopt;
}

// When is one that fires at `fired` resolved: the first moment at which the expression has not held
// for `keep`, looked at from the first moment at which it did not.
std::optional<std::size_t> resolves(const Past& past, std::size_t fired, std::int64_t keep) {
  for (std::size_t i = fired; i < past.times.size(); ++i) {
    std::size_t gap = i;
    while (gap > fired && !past.holds[gap - 1]) --gap;
    if (!past.holds[i] && past.times[i] - past.times[gap] >= keep) return i;
  }
  return std::nullopt;
}

// The state at the end of the past.
std::string expected(const Past& past, std::int64_t hold, std::int64_t keep) {
  const std::size_t now = past.times.size() - 1;
  std::size_t i = 0;
  std::optional<std::int64_t> resolved;
  while (i <= now) {
    if (!past.holds[i]) {
      ++i;
      continue;
    }
    const auto fired = fires(past, i, hold);
    if (!fired) {
      while (i <= now && past.holds[i]) ++i;
      if (i > now) return "pending";
      // A pending alert takes the place of the resolved one it comes back from.
      resolved.reset();
      continue;
    }
    const auto end = resolves(past, *fired, keep);
    if (!end) return "firing";
    resolved = past.times[*end];
    i = *end + 1;
  }
  return resolved && past.times[now] - *resolved <= kResolvedRetention ? "inactive" : "none";
}

TEST(AlertAgainstItsDescription, RandomSeries) {
  std::mt19937 random(7);
  for (int round = 0; round < repetitions(400); ++round) {
    Steps steps;
    steps.rule.hold = static_cast<std::int64_t>(random() % 5) * 20 * kSecond;
    steps.rule.keep_firing_for = static_cast<std::int64_t>(random() % 4) * 25 * kSecond;
    const unsigned likely = 1 + random() % 9;
    Past past;
    std::int64_t time = 0;
    for (int i = 0; i < 120; ++i) {
      time += static_cast<std::int64_t>(1 + random() % 30) * kSecond;
      if (random() % 40 == 0) time += 10 * kMinute;
      past.times.push_back(time);
      past.holds.push_back(random() % 10 < likely);
      steps.at(time, past.holds.back() ? std::vector{sample("a")} : std::vector<ActiveSample>{});
      ASSERT_EQ(steps.state(), expected(past, steps.rule.hold, steps.rule.keep_firing_for))
          << "round " << round << ", evaluation " << i;
    }
  }
}

}  // namespace
}  // namespace hitwatch::alerting
