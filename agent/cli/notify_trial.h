// A test alert, sent as the daemon would send it, to see what becomes of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/notify/message.h"
#include "agent/notify/notice_templates.h"
#include "agent/notify/outbox.h"
#include "agent/notify/settings.h"

namespace hitwatch::cli {

// `alertname="HitwatchTest"`
metrics::Labels trial_labels();

struct TrialResult {
  notify::Destination destination;
  std::string shown_url;  // "" if there was no request
  notify::Verdict::Kind kind = notify::Verdict::Kind::kRetry;
  std::optional<std::chrono::milliseconds> retry_after;
  std::string answer;          // or why there is none; without secrets
  std::string template_error;  // "" if all is well
  std::chrono::milliseconds took{0};
};

// A line, and one more if a template failed; safe for a terminal.
std::string trial_text(const TrialResult& result);

struct Trial {
  const notify::Receiver& receiver;
  const notify::Route& route;
  std::shared_ptr<const notify::NoticeTemplates> templates;
  std::string external_url;
};

// Sends the test alert to each integration of the receiver, one after another, and says what came
// of it. Waits for answers as long as the integration allows, 30 s where it says nothing.
void run_trial(const Trial& trial, const std::function<void(const TrialResult&)>& tell);

}  // namespace hitwatch::cli
