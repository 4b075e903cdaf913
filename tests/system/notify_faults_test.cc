// All that may go wrong between an alert and who is told of it, at once: nothing is lost, nothing
// comes in the wrong order. `./dev bench notify` does the same at length, and with Alertmanager.
#include <gtest/gtest.h>

#include "tests/system/fault_run.h"

namespace hitwatch::test {
namespace {

using std::chrono::milliseconds;

TEST(NotifyFaults, EveryChangeArrivesInOrderWhateverFailsAndHoweverOftenTheDaemonIsKilled) {
  const FaultPlan plan{.groups = 6,
                       .changes = 4,
                       .kills = 8,
                       .phases = {{Answering::kAccepts, milliseconds(1000)},
                                  {Answering::kFails, milliseconds(2000)},
                                  {Answering::kBusy, milliseconds(2000)},
                                  {Answering::kRefuses, milliseconds(1500)},
                                  {Answering::kHangs, milliseconds(2000)},
                                  {Answering::kResets, milliseconds(2000)},
                                  {Answering::kAway, milliseconds(3000)},
                                  {Answering::kAccepts, milliseconds(1000)}},
                       .patience = std::chrono::seconds(70)};
  const FaultOutcome outcome =
      run_with_faults(plan, &Notifier::hitwatch, [](const Notifier& notifier) {
        run_to_end({hitwatch_binary(), "notify", "resend", "--all", "--url",
                    "http://127.0.0.1:" + std::to_string(notifier.port())});
      });
  EXPECT_EQ(outcome.kills, plan.kills);
  EXPECT_EQ(outcome.lost, 0);
  EXPECT_EQ(outcome.told_after_resend, outcome.refused);
  EXPECT_EQ(outcome.out_of_order, 0);
  EXPECT_EQ(outcome.repeated_under_another_id, 0);
  EXPECT_LE(outcome.repeated, 1);  // killed between an answer and its being written down
}

}  // namespace
}  // namespace hitwatch::test
