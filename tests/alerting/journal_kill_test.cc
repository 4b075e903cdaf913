// kill -9 at any moment: no transition is lost and none is made twice.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <random>

#include "rules/alerting/journal.h"
#include "tests/alerting/journal_steps.h"
#include "tests/repetitions.h"

namespace hitwatch::alerting {
namespace {

constexpr int kKills = repetitions(200, 5);
constexpr std::int64_t kInterval = 15 * kSecond;

StepRule the_rule() {
  return {.name = "Down",
          .hold = 2 * kInterval,
          .keep_firing_for = 2 * kInterval,
          .interval = kInterval};
}

// Whether the expression holds for an instance at a slot: at random, a few slots long.
bool holds(int instance, std::int64_t slot) {
  std::mt19937 random(static_cast<unsigned>((slot / 5) * 16 + instance));
  random.discard(3);
  return random() % 3 == 0;
}

std::vector<ActiveSample> active_at(std::int64_t slot) {
  std::vector<ActiveSample> active;
  for (int instance = 0; instance < 4; ++instance) {
    if (holds(instance, slot))
      active.push_back(sample(std::string(1, static_cast<char>('a' + instance))));
  }
  return active;
}

// Evaluates from `slot` on, until it is killed or has done all before `end`. `slot` is the one that
// is being evaluated: the clock, which goes on whoever is killed.
void evaluate(const std::string& file, std::atomic<std::int64_t>& slot, std::int64_t end) {
  Journal journal(file);
  auto opened = journal.open(kNow);
  if (!opened) ::_exit(2);
  AlertTable alerts = std::move(opened->survivors.alerts["rule"]);
  const auto followed = opened->survivors.followed_until.find("group");
  for (auto& [key, alert] : alerts) {
    if (alert.state != AlertState::kInactive &&
        followed != opened->survivors.followed_until.end()) {
      alert.followed_until = followed->second;
    }
  }
  const std::int64_t first = slot * kInterval;
  for (; slot < end; ++slot) {
    const std::int64_t time = slot * kInterval;
    Step done = step(the_rule(), std::move(alerts), active_at(slot), time, time, first, nullptr);
    alerts = done.alerts;
    if (!journal.commit(outcome_of(done, time))) ::_exit(3);
  }
  ::_exit(0);
}

std::string text(const Transition& transition) {
  return std::to_string(transition.time) + " " + describe(transition.alert.labels) + " " +
         texts({transition})[0];
}

TEST(JournalKill, NoTransitionIsLostOrMadeTwice) {
  const JournalFolder folder;
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& slot = *new (shared) std::atomic<std::int64_t>(0);
  std::mt19937 random(11);
  constexpr std::int64_t kEndless = 1'000'000;
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) evaluate(folder.file(), slot, kEndless);
    // Some while they open the file, the others somewhere in an evaluation after some more.
    const std::int64_t until = slot + static_cast<std::int64_t>(random() % 4);
    for (int waited = 0; slot < until && waited < 100'000; ++waited) ::usleep(100);
    ::usleep(random() % 4'000);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  }
  const std::int64_t end = slot + 10;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) evaluate(folder.file(), slot, end);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);

  std::vector<std::string> expected;
  Steps undisturbed;
  undisturbed.rule = the_rule();
  for (std::int64_t i = 0; i < end; ++i) {
    for (const Transition& transition : undisturbed.at(i * kInterval, active_at(i)).transitions) {
      expected.push_back(text(transition));
    }
  }
  Journal journal(folder.file());
  ASSERT_TRUE(journal.open(kNow));
  std::vector<std::string> stored;
  for (const NumberedTransition& numbered : journal.untold()) {
    stored.push_back(text(numbered.transition.transition));
  }
  EXPECT_GT(end, 50) << "children live long enough to evaluate, however slow the machine is";
  EXPECT_EQ(stored, expected);
  ::munmap(shared, 4096);
}

}  // namespace
}  // namespace hitwatch::alerting
