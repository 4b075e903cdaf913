// hitwatch_tap_*: what the wire tap captured, and how it agrees with what servers say.
#pragma once

#include <vector>

#include "agent/metrics/description.h"
#include "agent/tap_service.h"
#include "agent/targets.h"

namespace hitwatch {

// None where the tap is not wanted. `targets` are all, for the label `instance`.
std::vector<prometheus::MetricFamily> tap_metrics(const TapService& tap,
                                                  const WatchedTargets& targets);

std::vector<metrics::Description> tap_descriptions();

}  // namespace hitwatch
