// An alert as those who are told of it see it: Alertmanager's data model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/metrics/labels.h"

namespace hitwatch::notify {

// Times are milliseconds since 1970.
struct Alert {
  metrics::Labels labels;  // sorted by name, each once, none empty; `alertname` among them
  metrics::Labels annotations;
  std::int64_t starts_at = 0;           // when it fired
  std::optional<std::int64_t> ends_at;  // when it was, or will count as, resolved
  std::string generator_url;
  std::int64_t updated_at = 0;  // when we last heard of it

  bool resolved(std::int64_t now) const { return ends_at && *ends_at <= now; }
  bool operator==(const Alert&) const = default;
};

// Sorts by name and drops labels without a value.
void normalize(metrics::Labels& labels);
// Adds those that are not there, and normalizes.
void complete(metrics::Labels& labels, const metrics::Labels& more);

// What identifies an alert: FNV-1a (64 bits) over name, 0xff, value, 0xff of its sorted labels, in
// 16 hexadecimal digits, as Alertmanager writes it.
std::string fingerprint(const metrics::Labels& labels);

// The value of a label, "" if there is none.
std::string_view label_value(const metrics::Labels& labels, std::string_view name);

}  // namespace hitwatch::notify
