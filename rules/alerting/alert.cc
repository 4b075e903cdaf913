// A step looks at every alert once before it changes anything, and says how it stands: has it a
// sample, is it held or kept without one, or is it gone. The limit counts on that, and so can clear
// the alerts as they were. Then each is taken on by its standing.
#include "rules/alerting/alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "agent/net/duration.h"
#include "rules/alerting/rule.h"

namespace hitwatch::alerting {
namespace {

constexpr std::string_view kNoDataAlert = "NoData";

enum class Standing : std::uint8_t {
  kPresent,  // has a sample
  kHeld,     // restored, its data is not there yet
  kNoData,   // kept because its target is down
  kLasting,  // kept by keep_firing_for
  kGone
};

class Stepper {
 public:
  Stepper(const StepRule& rule, AlertTable alerts, std::int64_t time, std::int64_t sample_time,
          std::int64_t first, const InputsOf& inputs)
      : rule_(rule), time_(time), sample_time_(sample_time), first_(first), inputs_(inputs) {
    out_.alerts = std::move(alerts);
  }

  Step run(const std::vector<ActiveSample>& active) {
    std::map<std::string, const ActiveSample*> samples;
    for (const ActiveSample& sample : active) samples.emplace(label_key(sample.labels), &sample);
    std::map<std::string, Standing> standings;
    std::size_t count = samples.size();
    for (const auto& [key, alert] : out_.alerts) {
      if (alert.no_data) continue;
      const Standing standing = samples.contains(key) ? Standing::kPresent : without_sample(alert);
      standings.emplace(key, standing);
      if (standing != Standing::kPresent && standing != Standing::kGone) ++count;
    }
    if (rule_.limit > 0 && count > rule_.limit) return exceed(count);

    for (const auto& [key, sample] : samples) take(key, *sample);
    for (const auto& [key, standing] : standings) {
      if (standing != Standing::kPresent) advance(key, standing);
    }
    advance_no_data_alerts();
    emit();
    std::ranges::sort(out_.transitions, {}, [](const Transition& transition) {
      return label_key(transition.alert.labels);
    });
    out_.changed.assign(changed_.begin(), changed_.end());
    return std::move(out_);
  }

 private:
  Inputs inputs_of(const Alert& alert) const {
    return inputs_ ? inputs_(alert.labels) : Inputs::kSeen;
  }

  // Whether a restored alert waits for its data.
  bool is_held(const Alert& alert, Inputs inputs) const {
    if (!alert.followed_until) return false;
    const std::int64_t since = time_ - first_;
    return since < rule_.settle || (inputs == Inputs::kNotYetSeen && since < rule_.grace);
  }

  Standing without_sample(const Alert& alert) const {
    if (alert.state == AlertState::kInactive) return Standing::kGone;
    const Inputs inputs = inputs_of(alert);
    if (is_held(alert, inputs)) return Standing::kHeld;
    if (alert.state != AlertState::kFiring) return Standing::kGone;
    if (inputs == Inputs::kTargetDown && rule_.no_data != NoData::kResolve) {
      return Standing::kNoData;
    }
    if (rule_.keep_firing_for > 0 &&
        time_ - alert.keep_firing_since.value_or(time_) < rule_.keep_firing_for) {
      return Standing::kLasting;
    }
    return Standing::kGone;
  }

  Step exceed(std::size_t count) {
    Step step;
    step.error = fmt::format("exceeded limit of {} with {} alerts", rule_.limit, count);
    step.transitions = end_all(out_.alerts, time_,
                               fmt::format("the rule returned {} alerts, its limit is {}; all were "
                                           "cleared",
                                           count, rule_.limit));
    for (const auto& [key, alert] : out_.alerts) step.removed.push_back(key);
    return step;
  }

  void change(const std::string& key, AlertState from, std::string reason) {
    const Alert& alert = out_.alerts.at(key);
    changed_.insert(key);
    out_.transitions.push_back(Transition{from, alert.state, time_, std::move(reason), alert});
  }

  // An alert that has a sample.
  void take(const std::string& key, const ActiveSample& sample) {
    const auto known = out_.alerts.find(key);
    if (known == out_.alerts.end() || known->second.state == AlertState::kInactive) {
      begin(key, sample);
      return;
    }
    Alert& alert = known->second;
    alert.value = sample.value;
    alert.annotations = sample.annotations;
    if (alert.keep_firing_since) {
      alert.keep_firing_since.reset();
      changed_.insert(key);
    }
    if (alert.followed_until) go_on(key, alert);
    if (alert.state == AlertState::kPending && time_ - alert.active_at >= rule_.hold) {
      fire(key, alert, AlertState::kPending);
    } else if (alert.state == AlertState::kFiring && time_ - alert.active_at < rule_.hold) {
      alert.state = AlertState::kPending;
      alert.fired_at.reset();
      change(key, AlertState::kFiring,
             fmt::format("'for' is {} now, and the expression has held for {}",
                         net::format_milliseconds(rule_.hold),
                         net::format_milliseconds(time_ - alert.active_at)));
    }
  }

  // A new alert, or a resolved one that comes back.
  void begin(const std::string& key, const ActiveSample& sample) {
    Alert alert;
    alert.labels = sample.labels;
    alert.annotations = sample.annotations;
    alert.value = sample.value;
    alert.active_at = time_;
    Alert& begun = out_.alerts.insert_or_assign(key, std::move(alert)).first->second;
    if (rule_.hold <= 0) {
      fire(key, begun, AlertState::kInactive);
    } else {
      change(key, AlertState::kInactive, "the expression holds");
    }
  }

  void fire(const std::string& key, Alert& alert, AlertState from) {
    alert.state = AlertState::kFiring;
    alert.fired_at = time_;
    change(key, from,
           rule_.hold <= 0 ? std::string("the expression holds, and the rule has no 'for'")
                           : fmt::format("the expression has held for {}",
                                         net::format_milliseconds(time_ - alert.active_at)));
  }

  // The time in which nobody looked does not count for `for`. One interval would have gone by
  // anyway.
  void go_on(const std::string& key, Alert& alert) {
    const std::int64_t followed = std::max(*alert.followed_until, alert.active_at);
    const std::int64_t gap = time_ - followed - rule_.interval;
    alert.followed_until.reset();
    if (alert.state != AlertState::kPending) return;
    if (gap > 0) alert.active_at += gap;
    changed_.insert(key);
  }

  // An alert without a sample.
  void advance(const std::string& key, Standing standing) {
    Alert& alert = out_.alerts.at(key);
    switch (standing) {
      case Standing::kPresent:
      case Standing::kHeld:
        break;
      case Standing::kNoData:
        alert.followed_until.reset();
        if (rule_.no_data == NoData::kAlert) raise_no_data(alert);
        break;
      case Standing::kLasting:
        alert.followed_until.reset();
        if (!alert.keep_firing_since) {
          alert.keep_firing_since = time_;
          changed_.insert(key);
        }
        break;
      case Standing::kGone:
        leave(key, alert);
        break;
    }
  }

  void leave(const std::string& key, Alert& alert) {
    const AlertState from = alert.state;
    if (from == AlertState::kInactive) {
      if (time_ - alert.resolved_at.value_or(time_) > kResolvedRetention) forget(key);
      return;
    }
    const Inputs inputs = inputs_of(alert);
    alert.followed_until.reset();
    alert.state = AlertState::kInactive;
    alert.resolved_at = time_;
    std::string reason = "the expression no longer holds";
    if (from == AlertState::kPending) {
      reason += fmt::format(", after {} of {}", net::format_milliseconds(time_ - alert.active_at),
                            net::format_milliseconds(rule_.hold));
    } else if (inputs == Inputs::kTargetDown) {
      reason = "its data is missing because the target is down (no_data: resolve)";
    } else if (alert.keep_firing_since) {
      reason += fmt::format(", and did not for {} (keep_firing_for)",
                            net::format_milliseconds(time_ - *alert.keep_firing_since));
    }
    change(key, from, std::move(reason));
    if (from == AlertState::kPending) forget(key);
  }

  void forget(const std::string& key) {
    changed_.erase(key);
    out_.alerts.erase(key);
    out_.removed.push_back(key);
  }

  void raise_no_data(const Alert& kept) {
    metrics::Labels labels = merge(kept.labels, {{"alertname", std::string(kNoDataAlert)},
                                                 {"rulename", std::string(rule_.name)}});
    std::string key = label_key(labels);
    no_data_.insert(key);
    const auto known = out_.alerts.find(key);
    if (known != out_.alerts.end() && known->second.state == AlertState::kFiring) return;
    Alert alert;
    alert.state = AlertState::kFiring;
    alert.no_data = true;
    alert.labels = std::move(labels);
    alert.annotations = {{"summary", fmt::format("{} fires, and its data is missing because the "
                                                 "target is down",
                                                 rule_.name)}};
    alert.value = kept.value;
    alert.active_at = time_;
    alert.fired_at = time_;
    out_.alerts.insert_or_assign(key, std::move(alert));
    change(key, AlertState::kInactive,
           "the target is down, so the data of a firing alert is missing");
  }

  void advance_no_data_alerts() {
    std::vector<std::string> keys;
    for (const auto& [key, alert] : out_.alerts) {
      if (alert.no_data && !no_data_.contains(key)) keys.push_back(key);
    }
    for (const std::string& key : keys) {
      Alert& alert = out_.alerts.at(key);
      if (alert.state == AlertState::kInactive) {
        if (time_ - alert.resolved_at.value_or(time_) > kResolvedRetention) forget(key);
        continue;
      }
      if (is_held(alert, inputs_of(alert))) continue;
      alert.followed_until.reset();
      alert.state = AlertState::kInactive;
      alert.resolved_at = time_;
      change(key, AlertState::kFiring, "data is there again, or the alert that lacked it is over");
    }
  }

  void emit() {
    for (const auto& [key, alert] : out_.alerts) {
      if (alert.state == AlertState::kInactive) continue;
      const metrics::Labels state{{"__name__", "ALERTS"},
                                  {"alertstate", std::string(state_text(alert.state))}};
      out_.samples.push_back(Sample{merge(alert.labels, state), sample_time_, 1});
      // Whole seconds, rounded down.
      const std::int64_t seconds = alert.active_at / 1000 - (alert.active_at % 1000 < 0 ? 1 : 0);
      out_.samples.push_back(Sample{merge(alert.labels, {{"__name__", "ALERTS_FOR_STATE"}}),
                                    sample_time_, static_cast<double>(seconds)});
    }
  }

  const StepRule& rule_;
  std::int64_t time_;
  std::int64_t sample_time_;
  std::int64_t first_;
  const InputsOf& inputs_;
  Step out_;
  std::set<std::string> changed_;
  std::set<std::string> no_data_;  // keys of the alerts NoData that are to fire
};

}  // namespace

std::string_view state_text(AlertState state) {
  switch (state) {
    case AlertState::kInactive:
      return "inactive";
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
  }
  return "inactive";
}

Step step(const StepRule& rule, AlertTable alerts, const std::vector<ActiveSample>& active,
          std::int64_t time, std::int64_t sample_time, std::int64_t first, const InputsOf& inputs) {
  return Stepper(rule, std::move(alerts), time, sample_time, first, inputs).run(active);
}

std::vector<Transition> end_all(const AlertTable& alerts, std::int64_t time,
                                std::string_view reason) {
  std::vector<Transition> ended;
  for (const auto& [key, alert] : alerts) {
    if (alert.state == AlertState::kInactive) continue;
    Alert after = alert;
    after.state = AlertState::kInactive;
    after.resolved_at = time;
    after.followed_until.reset();
    ended.push_back(Transition{alert.state, AlertState::kInactive, time, std::string(reason),
                               std::move(after)});
  }
  return ended;
}

}  // namespace hitwatch::alerting
