// What the daemon says of its notifications, as metric families. Immutable once published.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/notify/outbox.h"

namespace hitwatch::notify {

struct PeerFigures {
  std::string address;
  std::uint64_t sent = 0;    // alerts
  std::uint64_t failed = 0;  // requests
};

struct Figures {
  std::vector<Outbox::Counters> destinations;
  std::vector<PeerFigures> alertmanagers;
  std::size_t alerts = 0;
  std::size_t changes_waiting = 0;
  std::size_t silences_active = 0;
  std::uint64_t alerts_dropped = 0;
  std::uint64_t alerts_truncated = 0;
  std::uint64_t changes_collapsed = 0;
  std::uint64_t template_failures = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t writes = 0;
  bool behind = false;
  std::uint64_t set_asides = 0;  // files
  std::int64_t time = 0;         // when these were taken, milliseconds since 1970
};

std::vector<prometheus::MetricFamily> notification_metrics(const Figures& figures);
// Of all of these.
std::vector<metrics::Description> notification_descriptions();

}  // namespace hitwatch::notify
