// The body of POST /api/v2/alerts: alerts that began, go on or ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/api_body.h"

namespace hitwatch::notify {

struct PostedAlerts {
  static constexpr std::size_t kMostAlerts = 10'000;
  // Of one alert.
  static constexpr std::size_t kMostLabels = 256;
  static constexpr std::size_t kMostLabelBytes = 16 << 10;       // names and values
  static constexpr std::size_t kMostAnnotationBytes = 64 << 10;  // names and values
  static constexpr std::size_t kMostUrlBytes = 16 << 10;

  std::vector<Alert> alerts;         // those that are acceptable, in order
  std::vector<std::string> refused;  // a sentence for each of the others
};

// Alertmanager's defaults: without a beginning an alert begins now, or at its end if it has one;
// without an end it ends `resolve_timeout` from now. Labels without a value are dropped.
//
// A fault of the body's form refuses all of it. An alert whose labels, annotations or times cannot
// be is refused by itself.
std::expected<PostedAlerts, BodyFault> read_posted_alerts(std::string_view body,
                                                          std::chrono::milliseconds resolve_timeout,
                                                          std::int64_t now);

}  // namespace hitwatch::notify
