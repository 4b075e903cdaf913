#include "collectors/redis/standing_answers.h"

#include <algorithm>
#include <string_view>

#include "collectors/redis/collect.h"

namespace hitwatch::redis {
namespace {

double calls_of(const CommandTable& counts, std::string_view command) {
  const CommandTotals* totals = counts.find(command);
  return totals == nullptr ? 0 : totals->calls;
}

bool monitors_no_latency(const StandingAnswers::Settings& settings) {
  return std::ranges::any_of(settings, [](const auto& setting) {
    return setting.first == StandingAnswers::kMonitorThreshold && setting.second == "0";
  });
}

}  // namespace

bool StandingAnswers::follow(const CommandTable& counts, const Question& question, Time now) {
  if (!kept_) return false;
  counted_ = kept_->question == question && calls_of(counts, "config|get") > kept_->gets;
  const bool stands = counted_ && calls_of(counts, "config|set") == kept_->sets &&
                      calls_of(counts, "config|resetstat") == kept_->resets &&
                      now >= kept_->asked && now - kept_->asked < kLongest;
  if (stands) return true;
  kept_.reset();
  no_latency_events_ = false;
  return false;
}

void StandingAnswers::keep(Settings settings, Question question, const CommandTable& counts,
                           Time now) {
  kept_ = {.settings = std::move(settings),
           .question = std::move(question),
           .sets = calls_of(counts, "config|set"),
           .resets = calls_of(counts, "config|resetstat"),
           .gets = calls_of(counts, "config|get"),
           .asked = now};
}

void StandingAnswers::settle() {
  settings_of_.reset();
  if (kept_ && counted_) settings_of_ = kept_->question;
  has_no_latency_events_ =
      settings_of_ && no_latency_events_ && monitors_no_latency(kept_->settings);
}

}  // namespace hitwatch::redis
