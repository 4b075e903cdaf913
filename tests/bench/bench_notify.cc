// Who is told of changes of alerts, and how fast: the daemon beside Debian's Alertmanager.
//
// First the same script with each: 200 changes in 20 groups while the receiver fails in every way
// and the one who tells it is killed a hundred times. Then, with a receiver in good health, 10,000
// alerts in 1,000 groups at once.
//
//   bench_notify [faults|burst]
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/system/fault_run.h"

namespace hitwatch::bench {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::Answering;
using test::FaultOutcome;
using test::Notifier;

constexpr int kGroups = 1000;
constexpr int kAlertsPerGroup = 10;
constexpr std::size_t kAlertsPerRequest = 250;  // whole groups; Prometheus sends 256

const test::FaultPlan kPlan = {.groups = 20,
                               .changes = 10,
                               .kills = 100,
                               .phases = {{Answering::kAccepts, seconds(10)},
                                          {Answering::kFails, seconds(10)},
                                          {Answering::kAccepts, seconds(5)},
                                          {Answering::kBusy, seconds(10)},
                                          {Answering::kAccepts, seconds(5)},
                                          {Answering::kRefuses, seconds(4)},
                                          {Answering::kAccepts, seconds(5)},
                                          {Answering::kHangs, seconds(10)},
                                          {Answering::kAccepts, seconds(5)},
                                          {Answering::kResets, seconds(10)},
                                          {Answering::kAccepts, seconds(5)},
                                          {Answering::kAway, seconds(60)},
                                          {Answering::kAccepts, seconds(10)}}};

void resend_all(const Notifier& notifier) {
  test::run_to_end({test::hitwatch_binary(), "notify", "resend", "--all", "--url",
                    "http://127.0.0.1:" + std::to_string(notifier.port())});
}

void faults() {
  const FaultOutcome ours = test::run_with_faults(kPlan, &Notifier::hitwatch, &resend_all);
  const FaultOutcome theirs = test::run_with_faults(kPlan, &Notifier::alertmanager, nullptr);
  fmt::print("\n## {} changes in {} groups, {} kills\n\n", ours.changes, kPlan.groups, ours.kills);
  fmt::print("| | hitwatch | Alertmanager |\n|---|---|---|\n");
  const auto row = [&](std::string_view name, auto figure) {
    fmt::print("| {} | {} | {} |\n", name, figure(ours), figure(theirs));
  };
  row("told without help", [](const FaultOutcome& run) { return run.told; });
  row("refused with 400", [](const FaultOutcome& run) { return run.refused; });
  row("of these told after `notify resend --all`",
      [](const FaultOutcome& run) { return run.told_after_resend; });
  row("never told", [](const FaultOutcome& run) { return run.lost; });
  row("messages accepted", [](const FaultOutcome& run) { return run.messages; });
  row("of these with nothing new", [](const FaultOutcome& run) {
    return fmt::format("{} ({:.1f} %)", run.repeated, 100.0 * run.repeated / run.messages);
  });
  row("of these under another id",
      [](const FaultOutcome& run) { return run.repeated_under_another_id; });
  row("messages older than one before", [](const FaultOutcome& run) { return run.out_of_order; });
}

std::vector<std::string> many_alerts() {
  std::vector<std::string> requests;
  json alerts = json::array();
  for (int i = 0; i < kGroups * kAlertsPerGroup; ++i) {
    alerts.push_back({{"labels",
                       {{"alertname", "Many"},
                        {"group", fmt::format("g{}", i / kAlertsPerGroup)},
                        {"instance", fmt::format("cache-{}", i)}}},
                      {"annotations", {{"summary", "One of many that fire at once"}}}});
    if (alerts.size() < kAlertsPerRequest) continue;
    requests.push_back(alerts.dump());
    alerts.clear();
  }
  if (!alerts.empty()) requests.push_back(alerts.dump());
  return requests;
}

struct Burst {
  double seconds = 0;  // from the first alert sent to the last one told
  std::size_t told = 0;
  std::size_t messages = 0;
  double cpu_seconds = 0;
  double memory_mib = 0;  // most
};

Burst burst(const std::function<std::unique_ptr<Notifier>(const std::string&)>& start) {
  test::UnsteadyReceiver receiver;
  const std::unique_ptr<Notifier> notifier = start(receiver.url());
  const std::vector<std::string> requests = many_alerts();
  const auto began = steady_clock::now();
  for (const std::string& alerts : requests) {
    if (!notifier->post(alerts)) throw std::runtime_error(notifier->process().output());
  }
  std::size_t messages = 0;
  auto last = began;
  while (steady_clock::now() - std::max(last, began) < seconds(10)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (receiver.count() == messages) continue;
    messages = receiver.count();
    last = steady_clock::now();
  }
  std::set<std::string> told;
  auto arrived = began;
  for (const test::ReceivedRequest& request : receiver.requests()) {
    const std::size_t before = told.size();
    const json body = json::parse(request.body);
    for (const json& alert : body["alerts"]) told.insert(alert["labels"].value("instance", ""));
    if (told.size() > before) arrived = request.arrived;
  }
  const pid_t process = notifier->process().pid();
  return {.seconds = std::chrono::duration<double>(arrived - began).count(),
          .told = told.size(),
          .messages = messages,
          .cpu_seconds = cpu_ms(process) / 1000,
          .memory_mib = static_cast<double>(status_figure(process, "VmHWM")) / 1024};
}

void bursts() {
  const Burst ours = burst(&Notifier::hitwatch);
  const Burst theirs = burst(&Notifier::alertmanager);
  fmt::print("\n## {} alerts in {} groups at once\n\n", kGroups * kAlertsPerGroup, kGroups);
  fmt::print("| | all told after | told | messages | CPU | memory (most) |\n");
  fmt::print("|---|---|---|---|---|---|\n");
  const auto row = [](std::string_view name, const Burst& run) {
    fmt::print("| {} | {:.2f} s | {} | {} | {:.2f} s | {:.0f} MiB |\n", name, run.seconds, run.told,
               run.messages, run.cpu_seconds, run.memory_mib);
  };
  row("hitwatch", ours);
  row("Alertmanager", theirs);
}

}  // namespace
}  // namespace hitwatch::bench

int main(int count, char** arguments) {
  const std::string_view part = count > 1 ? arguments[1] : "";
  try {
    if (part != "faults") hitwatch::bench::bursts();
    if (part != "burst") hitwatch::bench::faults();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_notify: {}\n", error.what());
    return 1;
  }
}
