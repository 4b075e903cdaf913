// What a receiver hears of alerts that change while it fails in every way and the one who tells it
// is killed again and again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/notifier.h"
#include "tests/system/unsteady_receiver.h"

namespace hitwatch::test {

struct FaultPlan {
  struct Phase {
    Answering answering;
    std::chrono::milliseconds duration;
  };
  int groups = 20;   // of one alert each
  int changes = 10;  // of each alert: it fires, is resolved, fires, …
  int kills = 100;
  std::vector<Phase> phases;  // kills and changes are spread over them at random
  // How long nothing more may come at the end before what is missing counts as lost.
  std::chrono::seconds patience{90};
  std::uint32_t seed = 1;
};

// A change of an alert is told when a message with it was answered with 200.
struct FaultOutcome {
  int changes = 0;
  int told = 0;
  int refused = 0;            // answered with 400 and not told afterwards
  int lost = 0;               // neither
  int told_after_resend = 0;  // of those refused, once what was given up was sent again
  int messages = 0;           // answered with 200
  int repeated = 0;           // of these, with nothing new
  int repeated_under_another_id = 0;
  int out_of_order = 0;  // with a state older than one that its group was told of before
  int kills = 0;
  std::size_t requests = 0;
};

// `start` gets the URL of the receiver. What was given up is sent again by `resend`, where there is
// such a thing.
FaultOutcome run_with_faults(
    const FaultPlan& plan,
    const std::function<std::unique_ptr<Notifier>(const std::string& webhook)>& start,
    const std::function<void(const Notifier&)>& resend);

}  // namespace hitwatch::test
