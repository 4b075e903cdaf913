#include "tests/system/fault_run.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>
#include <thread>
#include <utility>

namespace hitwatch::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A group and the number of a change of its alert.
using Step = std::pair<int, int>;

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string rest = std::to_string(1000 + ms % 1000);
  rest[0] = '.';
  return std::string(text, length) + rest + "Z";
}

// The alert of one group, as its sender tells of it again and again.
class Sender {
 public:
  explicit Sender(int group)
      : alert_{{"labels", {{"alertname", "Change"}, {"group", std::to_string(group)}}}} {}

  void change() {
    ++step_;
    const auto now = std::chrono::system_clock::now();
    const bool fires = step_ % 2 == 1;
    if (fires) alert_["startsAt"] = rfc3339(now);
    alert_["endsAt"] = rfc3339(fires ? now + std::chrono::hours(1) : now);
    alert_["annotations"]["step"] = std::to_string(step_);
  }
  bool has_begun() const { return step_ > 0; }
  const json& alert() const { return alert_; }

 private:
  int step_ = 0;
  json alert_;
};

// Random moments of `duration`, in order; those of the same group at least three seconds apart, so
// that each change is one that a group with an interval of a second can tell of.
std::vector<milliseconds> moments(int count, milliseconds duration, milliseconds apart,
                                  std::mt19937& random) {
  const milliseconds room = std::max(milliseconds(0), duration - apart * (count - 1));
  std::uniform_int_distribution<milliseconds::rep> anywhere(0, room.count());
  std::vector<milliseconds> chosen;
  for (int i = 0; i < count; ++i) chosen.emplace_back(anywhere(random));
  std::ranges::sort(chosen);
  for (int i = 0; i < count; ++i) chosen[static_cast<std::size_t>(i)] += apart * i;
  return chosen;
}

std::vector<std::pair<milliseconds, int>> change_times(const FaultPlan& plan, milliseconds duration,
                                                       std::mt19937& random) {
  std::vector<std::pair<milliseconds, int>> times;
  for (int group = 0; group < plan.groups; ++group) {
    for (const milliseconds at : moments(plan.changes, duration, std::chrono::seconds(3), random)) {
      times.emplace_back(at, group);
    }
  }
  std::ranges::sort(times);
  return times;
}

// Sends what changes, and all alerts again every five seconds, as Prometheus does every minute.
void send_changes(const Notifier& notifier, std::vector<Sender>& senders,
                  const std::vector<std::pair<milliseconds, int>>& times,
                  steady_clock::time_point start, const std::atomic<bool>& dead) {
  auto repeat = start + std::chrono::seconds(5);
  for (const auto& [at, group] : times) {
    while (steady_clock::now() < start + at) {
      std::this_thread::sleep_for(milliseconds(10));
      if (steady_clock::now() < repeat) continue;
      repeat += std::chrono::seconds(5);
      json all = json::array();
      for (const Sender& sender : senders) {
        if (sender.has_begun()) all.push_back(sender.alert());
      }
      notifier.post(all.dump());
    }
    Sender& sender = senders[static_cast<std::size_t>(group)];
    sender.change();
    const std::string alerts = json::array({sender.alert()}).dump();
    while (!notifier.post(alerts)) {
      if (dead) return;
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
}

std::set<Step> steps_of(const ReceivedRequest& request) {
  std::set<Step> steps;
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return steps;
  for (const json& alert : body["alerts"]) {
    steps.insert({std::stoi(alert["labels"].value("group", "-1")),
                  std::stoi(alert["annotations"].value("step", "-1"))});
  }
  return steps;
}

std::set<Step> steps_answered(const std::vector<ReceivedRequest>& requests, int status) {
  std::set<Step> steps;
  for (const ReceivedRequest& request : requests) {
    if (request.status == status) steps.merge(steps_of(request));
  }
  return steps;
}

// Until all have been told, or nobody has been told anything for as long as `plan` waits.
void wait_for_the_rest(const FaultPlan& plan, const UnsteadyReceiver& receiver) {
  const auto all = static_cast<std::size_t>(plan.groups * plan.changes);
  std::size_t seen = 0;
  auto last = steady_clock::now();
  while (steady_clock::now() - last < plan.patience) {
    std::this_thread::sleep_for(milliseconds(200));
    const std::vector<ReceivedRequest> requests = receiver.requests();
    if (requests.size() > seen) last = steady_clock::now();
    seen = requests.size();
    std::set<Step> heard = steps_answered(requests, 200);
    heard.merge(steps_answered(requests, 400));
    if (heard.size() == all && steady_clock::now() - last > std::chrono::seconds(3)) return;
  }
}

void judge_messages(const std::vector<ReceivedRequest>& requests, FaultOutcome& outcome) {
  std::map<Step, std::set<std::string>> told;  // under which ids
  std::map<int, int> latest;                   // of each group
  for (const ReceivedRequest& request : requests) {
    if (request.status != 200) continue;
    ++outcome.messages;
    const auto found = request.headers.find("webhook-id");
    const std::string id = found == request.headers.end() ? "" : found->second;
    bool anything_new = false;
    bool same_id = true;
    bool late = false;
    for (const auto& [group, step] : steps_of(request)) {
      std::set<std::string>& ids = told[{group, step}];
      anything_new |= ids.empty();
      same_id &= !id.empty() && ids.contains(id);
      ids.insert(id);
      late |= step < latest[group];
      latest[group] = std::max(latest[group], step);
    }
    outcome.repeated += anything_new ? 0 : 1;
    outcome.repeated_under_another_id += anything_new || same_id ? 0 : 1;
    outcome.out_of_order += late ? 1 : 0;
  }
  outcome.told = static_cast<int>(told.size());
}

}  // namespace

FaultOutcome run_with_faults(
    const FaultPlan& plan,
    const std::function<std::unique_ptr<Notifier>(const std::string& webhook)>& start,
    const std::function<void(const Notifier&)>& resend) {
  std::mt19937 random(plan.seed);
  UnsteadyReceiver receiver;
  const std::unique_ptr<Notifier> notifier = start(receiver.url());
  std::vector<Sender> senders;
  for (int group = 0; group < plan.groups; ++group) senders.emplace_back(group);
  const auto duration = std::accumulate(
      plan.phases.begin(), plan.phases.end(), milliseconds(0),
      [](milliseconds sum, const FaultPlan::Phase& phase) { return sum + phase.duration; });
  const auto changes = change_times(plan, duration, random);
  const auto kills = moments(plan.kills, duration, milliseconds(0), random);
  const auto began = steady_clock::now();

  std::atomic<bool> dead = false;  // it does not start any more
  std::thread sending([&] { send_changes(*notifier, senders, changes, began, dead); });
  FaultOutcome outcome;
  std::exception_ptr problem;
  std::thread killing([&] {
    try {
      for (const milliseconds at : kills) {
        std::this_thread::sleep_until(began + at);
        notifier->kill_and_start();
        ++outcome.kills;
      }
    } catch (...) {
      problem = std::current_exception();
      dead = true;
    }
  });
  auto until = began;
  for (const FaultPlan::Phase& phase : plan.phases) {
    if (dead) break;
    receiver.answer(phase.answering);
    until += phase.duration;
    std::this_thread::sleep_until(until);
  }
  receiver.answer(Answering::kAccepts);
  sending.join();
  killing.join();
  if (problem) std::rethrow_exception(problem);
  wait_for_the_rest(plan, receiver);

  const std::vector<ReceivedRequest> requests = receiver.requests();
  outcome.changes = plan.groups * plan.changes;
  outcome.requests = requests.size();
  judge_messages(requests, outcome);
  const std::set<Step> told = steps_answered(requests, 200);
  for (const Step& step : steps_answered(requests, 400)) {
    outcome.refused += told.contains(step) ? 0 : 1;
  }
  outcome.lost = outcome.changes - outcome.told - outcome.refused;
  if (resend) {
    resend(*notifier);
    const auto all_told = [&] {
      return steps_answered(receiver.requests(), 200).size() >=
             static_cast<std::size_t>(outcome.told + outcome.refused);
    };
    eventually(all_told, std::chrono::seconds(30));
    outcome.told_after_resend =
        static_cast<int>(steps_answered(receiver.requests(), 200).size()) - outcome.told;
  }
  return outcome;
}

}  // namespace hitwatch::test
