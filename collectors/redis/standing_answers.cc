#include "collectors/redis/standing_answers.h"

#include <algorithm>
#include <string_view>

#include "collectors/redis/collect.h"

namespace hitwatch::redis {
namespace {

CommandTotals totals_in(const CommandTable& counts, std::string_view command) {
  const CommandTotals* totals = counts.find(command);
  return totals == nullptr ? CommandTotals() : *totals;
}

double calls_of(const CommandTable& counts, std::string_view command) {
  return totals_in(counts, command).calls;
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
  const double infos = calls_of(counts, "info");
  const bool same_counts = infos > std::exchange(kept_->infos, infos) &&
                           totals_in(counts, "config|resetstat") == kept_->resets;
  const bool stands = counted_ && same_counts && calls_of(counts, "config|set") == kept_->sets &&
                      now >= kept_->asked && now - kept_->asked < kLongest;
  if (!stands) forget();
  return stands;
}

void StandingAnswers::forget() {
  kept_.reset();
  no_latency_events_ = false;
}

void StandingAnswers::keep(Settings settings, Question question, const CommandTable& counts,
                           Time now) {
  kept_ = {.settings = std::move(settings),
           .question = std::move(question),
           .sets = calls_of(counts, "config|set"),
           .gets = calls_of(counts, "config|get"),
           .resets = totals_in(counts, "config|resetstat"),
           .infos = calls_of(counts, "info"),
           .asked = now};
}

void StandingAnswers::settle() {
  settings_of_.reset();
  if (kept_ && counted_) settings_of_ = kept_->question;
  has_no_latency_events_ =
      settings_of_ && no_latency_events_ && monitors_no_latency(kept_->settings);
}

}  // namespace hitwatch::redis
